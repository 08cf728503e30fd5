import type { SentenceKey } from '../contracts/guardrails.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { CallTotals, ModelOutcome } from './call-model.ts'
import type { Scene } from './scene.ts'
import type { CancelReason } from './turn.ts'
import { closeOpenFence } from './units.ts'

/** What the assistant is going to say. */
export interface Words {
  /** The model's, checked. */
  readonly text: string
  /** The house's own, under it or instead of it. */
  readonly sentences: readonly string[]
  /** For the trace. */
  readonly outcome: string
  readonly totals: CallTotals | undefined
  /** The question; set if question and answer are worth remembering. */
  readonly question: string | undefined
}

export interface Speaker {
  readonly sentences: Sentences
  readonly scene: Pick<Scene, 'member' | 'household'>
}

export interface ModelSaid {
  readonly outcome: Exclude<ModelOutcome, { readonly kind: 'stopped' | 'exhausted' }>
  readonly question: string
  readonly cancelled: CancelReason | undefined
  /** The room has seen the beginning of the answer. */
  readonly isSeen: boolean
}

/** A house sentence in the member's language instead of an answer. */
export function inSentence({ sentences, scene }: Speaker, key: SentenceKey, outcome: string): Words {
  return { text: '', sentences: [sentences.say(key, scene.member.locale)], outcome, totals: undefined, question: undefined }
}

/** What becomes of the model's words; undefined for silence. */
export function wordsOf(speaker: Speaker, said: ModelSaid): Words | undefined {
  const { outcome, question } = said
  const { totals, text } = outcome
  switch (outcome.kind) {
    case 'answered':
      return { text, sentences: notesUnder(speaker, outcome), outcome: 'answered', totals, question }
    case 'refused':
      return { ...inSentence(speaker, outcome.sentence, 'refused'), totals }
    case 'failed':
      if (said.cancelled !== undefined) return wordsOfCancelled(speaker, said.cancelled, said.isSeen ? outcome : { totals, text: '' })
      return { ...inSentence(speaker, outcome.error.sentence, `failed:${outcome.error.code}`), totals }
  }
}

/** A turn that ran out of time says so; one that was stopped leaves standing what the room saw already; all else is silence. */
export function wordsOfCancelled(
  speaker: Speaker,
  reason: CancelReason,
  seen: Pick<ModelOutcome, 'text'> & { readonly totals: CallTotals | undefined },
): Words | undefined {
  const { text, totals } = seen
  if (reason === 'out-of-time') return { ...inSentence(speaker, 'turn.out-of-time', 'out-of-time'), totals }
  if (reason !== 'stopped' || text.trim() === '') return undefined
  return { ...inSentence(speaker, 'answer.stopped', 'stopped'), text, totals }
}

/** The same with a note under it; silence stays silent. */
export function withNote(words: Words | undefined, note: string | undefined): Words | undefined {
  return words === undefined || note === undefined ? words : { ...words, sentences: [...words.sentences, note] }
}

/** The message as it is sent. */
export function markdownOf({ text, sentences }: Pick<Words, 'text' | 'sentences'>): string {
  return [closeOpenFence(text.trim()), ...sentences].filter((part) => part !== '').join('\n\n')
}

function notesUnder({ sentences, scene }: Speaker, { finish, standIn }: ModelOutcome & { kind: 'answered' }): readonly string[] {
  const keys = [
    finish === 'length' ? 'answer.cut' : undefined,
    finish === 'filter' ? 'answer.filtered' : undefined,
    // an answer of the stand-in must say so, also where nobody reported who answered
    (standIn ?? scene.household.standIn) ? 'answer.stand-in' : undefined,
  ]
  return keys.filter((key) => key !== undefined).map((key) => sentences.say(key, scene.member.locale))
}
