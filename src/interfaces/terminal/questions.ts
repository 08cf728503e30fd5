import type { Fault, Result } from '../../contracts/result.ts'
import type { ChatText, OpenChat } from './terminal-ports.ts'

/** Longer than a turn may take; then the person is told instead of left waiting. */
const ANSWER_LIMIT_MS = 150_000

/** How the wait for an answer ended. stopped: by the signal. */
export type AnswerEnd = 'answered' | 'late' | 'stopped'

/** A question that was said: `answered` hands over each part of its final answer, once, in order. Call it once. */
export interface Asked {
  answered(part: (answer: ChatText) => void): Promise<AnswerEnd>
}

/** Finds the answer to each question said here, also where it is heard before the homeserver has confirmed the question. */
export class Questions {
  readonly #room: OpenChat
  readonly #signal: AbortSignal
  readonly #finals: ChatText[] = []
  readonly #looks = new Set<() => void>()

  constructor(room: OpenChat, signal: AbortSignal) {
    this.#room = room
    this.#signal = signal
    room.onText((heard) => {
      if (heard.author !== undefined || !heard.isFinal) return
      this.#finals.push(heard)
      for (const look of this.#looks) look()
    })
  }

  async say(text: string): Promise<Result<Asked, Fault>> {
    const from = this.#finals.length
    const said = await this.#room.say(text)
    return said.ok ? { ok: true, value: { answered: (part) => this.#wait(said.value, from, part) } } : said
  }

  #wait(marks: readonly string[], from: number, part: (answer: ChatText) => void): Promise<AnswerEnd> {
    return new Promise((resolve) => {
      let next = from
      const look = (): void => {
        for (const final of this.#finals.slice(next)) {
          next += 1
          if (!final.answers.some((mark) => marks.includes(mark))) continue
          part(final)
          if (final.isLastPart) return finish('answered')
        }
      }
      const stop = (): void => finish('stopped')
      const timer = setTimeout(() => finish('late'), ANSWER_LIMIT_MS)
      const finish = (end: AnswerEnd): void => {
        clearTimeout(timer)
        this.#looks.delete(look)
        this.#signal.removeEventListener('abort', stop)
        resolve(end)
      }
      this.#looks.add(look)
      this.#signal.addEventListener('abort', stop, { once: true })
      if (this.#signal.aborted) stop()
      else look()
    })
  }
}
