import type { EventId, RoomId } from '../../../src/contracts/ids.ts'
import type { Person } from '../../support/person.ts'
import { waitUntil } from '../../support/wait-until.ts'

export interface SaidMessage {
  readonly roomId: RoomId
  readonly eventId: EventId
  /** Stands in the message, in its answer and in no other. */
  readonly token: string
  readonly text: string
  /** What was going on when it was said, for whoever reads a failure. */
  readonly during: string
}

/** What one person said to an assistant whose model echoes, and what came back. */
export class SaidMessages {
  readonly person: Person
  readonly #tag: string
  readonly #said: SaidMessage[] = []
  #unanswered: readonly SaidMessage[] = []
  #count = 0

  /** `tag` must be part of no other tag. */
  constructor(person: Person, tag: string) {
    this.person = person
    this.#tag = tag
  }

  get all(): readonly SaidMessage[] {
    return this.#said
  }

  async say(roomId: RoomId, during: string, words: string, extra: Parameters<Person['say']>[2] = {}): Promise<SaidMessage> {
    this.#count += 1
    const token = `${this.#tag}-${String(this.#count).padStart(4, '0')}`
    const text = `${token}: ${words}`
    const eventId = await this.person.say(roomId, text, extra)
    const message = { roomId, eventId, token, text, during }
    this.#said.push(message)
    this.#unanswered = [...this.#unanswered, message]
    return message
  }

  unanswered(): readonly SaidMessage[] {
    const finals = Map.groupBy(this.#unanswered, ({ roomId }) => roomId)
      .keys()
      .flatMap((roomId) => this.person.answers(roomId))
      .filter(({ isFinal }) => isFinal)
      .toArray()
    this.#unanswered = this.#unanswered.filter(({ token }) => !finals.some(({ text }) => text.includes(token)))
    return this.#unanswered
  }

  untilAnswered(timeoutMs: number, describe: () => string = () => ''): Promise<true> {
    return waitUntil(
      () => (this.unanswered().length === 0 ? true : undefined),
      () =>
        `unanswered: ${this.unanswered().map(tell).join('; ')}; undecryptable: ${String(this.person.undecryptable.size)}; ${describe()}`,
      timeoutMs,
    )
  }

  /** Everything that is not "exactly one final answer with the right text for each message", in words. */
  faults(): readonly string[] {
    const { person } = this
    const rooms = [...new Set(this.#said.map(({ roomId }) => roomId))]
    const answers = rooms.flatMap((roomId) => person.answers(roomId))
    const wrong = this.#said.flatMap((message) => {
      const own = answers.filter(({ text }) => text.includes(message.token))
      if (own.length !== 1) return [`${tell(message)}: ${String(own.length)} answers`]
      const [answer] = own
      return isEchoOf(message.text, answer?.text ?? '') ? [] : [`${tell(message)}: the answer is "${String(answer?.text)}"`]
    })
    const live = answers.filter(({ isFinal }) => !isFinal).map(({ eventId, text }) => `draft ${eventId} stays live: "${text.slice(0, 60)}"`)
    const foreign = answers
      .filter(({ isFinal, text }) => isFinal && !this.#said.some(({ token }) => text.includes(token)))
      .map(({ text }) => `nobody asked for "${text.slice(0, 60)}"`)
    const unreadable = [...person.undecryptable].map((eventId) => `${person.userId} cannot read ${eventId}`)
    return [...wrong, ...live, ...foreign, ...unreadable]
  }
}

/** What the scripted upstream makes of a text. */
export function echoOf(text: string): string {
  return `You said: ${text}`
}

/** Where several people listen, the model reads who speaks. */
function isEchoOf(text: string, answer: string): boolean {
  return answer.replace(/^You said: (?:[A-Za-z]+: )?/, '') === text
}

function tell({ token, during }: SaidMessage): string {
  return `${token} (said during ${during})`
}
