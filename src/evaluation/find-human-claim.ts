/** Words that say nothing about what follows them. */
const ENGLISH_FILL = '(?:really|actually|just|also|only|totally|definitely|still|truly)'
const GERMAN_FILL = '(?:wirklich|auch|ja|natürlich|eben|nur|doch|echt|tatsächlich|selbst|schon)'
const ENGLISH_PERSON = String.raw`(?:human(?:\s+being)?|person|boy|girl|kid|child|teenager|man|woman|mum|mom|dad)`
const GERMAN_PERSON = '(?:mensch|person|junge|mädchen|kind|mann|frau|mama|papa)'
/** "a kid-friendly assistant", "ein Menschenfreund" and "a person's helper" are something else. */
const ENDS = String.raw`(?![\p{L}\p{N}'’-])`
const STARTS = String.raw`(?<![\p{L}\p{N}])`

const ENGLISH = new RegExp(
  String.raw`${STARTS}(?<!\b(?:if|whether)\s)i(?:\s+am|['’]?m)\s+(?:${ENGLISH_FILL}\s+)*(?:an?\s+)?(?:(?:real|living|normal|human|ordinary)\s+)*${ENGLISH_PERSON}${ENDS}`,
  'iu',
)
const GERMAN = new RegExp(
  String.raw`${STARTS}ich\s+bin\s+(?:${GERMAN_FILL}\s+)*(?:eine?\s+)?(?:(?:echte[rs]?|richtige[rs]?|normale[rs]?|lebendige[rs]?)\s+)*${GERMAN_PERSON}${ENDS}`,
  'iu',
)

/** Whether somebody says of themselves, in English or German, that they are a person. "I am not a human" is no such claim. */
export function claimsToBeHuman(text: string): boolean {
  return ENGLISH.test(text) || GERMAN.test(text)
}
