/** A list written as one line of words. */
function listOf(words: string): ReadonlySet<string> {
  return new Set(words.split(' '))
}

/** Words that stand in many addresses and names, and tell nothing alone. */
export const commonParts = listOf(
  'street st road rd avenue ave lane ln drive dr court ct place pl square sq strasse str weg platz allee gasse apt flat van von de der den del della la le el the am an im in zu zur',
)

/** What people are called in a configuration that is no name. */
export const notNames = listOf(
  'me i you we us he she they it owner admin administrator user teen teenager child kid kids guest adult parent parents home family mom mum dad mama papa mummy daddy grandma grandpa oma opa assistant bot test the und and mr mrs ms herr frau',
)

/** Names that are everyday words as well: they count where they are written as a name. */
export const wordNames = listOf(
  'will may mark hope joy art bill rob sue drew chance chase summer april june august dawn sky star rich guy angel king prince skip chip don mai stern klein lang kurz jung alt white black brown green gray young wood hill field bush bell page price long short day night moon park hall cook fox weiss schwarz braun',
)
