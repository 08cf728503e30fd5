import type { UserId } from '../contracts/ids.ts'

/** What the assistant is called here: its user id and the names people see. */
export interface AssistantNames {
  readonly userId: UserId
  readonly names: readonly string[]
}

export interface Salutation {
  /** True if the text begins by naming the assistant in a way nobody uses by accident. */
  readonly isAddressed: boolean
  /** The text without that beginning. */
  readonly text: string
}

/**
 * Reads `Assistant: …`, `@assistant …` and a name that stands alone at the beginning of a message. A bare name followed by more words
 * ("Ada is a nice name") addresses nobody by itself; it is stripped only when the message mentions the assistant anyway.
 */
export function readSalutation(text: string, assistant: AssistantNames, isMentioned: boolean): Salutation {
  const trimmed = text.trim()
  const match = salutation(assistant).exec(trimmed)
  if (match === null) return { isAddressed: false, text: trimmed }
  const [whole, at = '', , punctuation = ''] = match
  const rest = trimmed.slice(whole.length).trim()
  const isAddressed = at !== '' || punctuation !== '' || rest === ''
  return isAddressed || isMentioned ? { isAddressed, text: rest } : { isAddressed: false, text: trimmed }
}

function salutation({ userId, names }: AssistantNames): RegExp {
  const localpart = userId.slice(1).split(':')[0] ?? ''
  const server = userId.slice(localpart.length + 1)
  const called = [...new Set([...names, localpart])]
    .filter((name) => name.trim() !== '')
    .toSorted((one, other) => other.length - one.length)
  const alternatives = called.map((name) => RegExp.escape(name.trim()))
  // the name must end there: "assistants" is another word
  return new RegExp(`^(@)?(${alternatives.join('|')})(?:${RegExp.escape(server)})?(?![\\p{L}\\p{N}])\\s*([:,])?`, 'iu')
}
