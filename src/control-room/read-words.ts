import { distance } from 'fastest-levenshtein'

/** Splits an order into words; what stands in quotes is one. The first is the command's name. */
export function readWords(text: string): readonly string[] {
  return [...text.matchAll(/"(?<quoted>[^"]*)"|(?<bare>\S+)/gu)].map(({ groups }) => groups?.['quoted'] ?? groups?.['bare'] ?? '')
}

/** The known word that somebody most likely meant; undefined if none is near. */
export function nearestOf(typed: string, known: Iterable<string>): string | undefined {
  const word = typed.toLowerCase()
  const limit = word.length <= 4 ? 1 : 2
  const near = [...known]
    .map((name) => ({ name, changes: distance(word, name.toLowerCase()) }))
    .filter(({ changes }) => changes <= limit)
    .toSorted((one, other) => one.changes - other.changes)
  return near[0]?.name
}
