import { setTimeout as delay } from 'node:timers/promises'
import type { SendOutcome, UploadOutcome } from './encrypted-sender.ts'

type Outcome = SendOutcome | UploadOutcome
type Taken = Exclude<Outcome, { readonly kind: 'limited' }>

/**
 * Sends that the homeserver must take in the end. They do not wait for each other, until it limits the account: then they go
 * one after the other, each as late as it was told, so that twenty rooms that wait do not ask twenty times for one place.
 */
export class LimitedLine {
  readonly #now: () => number
  #limitedUntil = 0
  #waiting = 0
  #line: Promise<unknown> = Promise.resolve()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Repeats `attempt` until its outcome is another one than `limited`; undefined if `signal` ends the waiting. */
  async send(attempt: () => Promise<Outcome>, signal: AbortSignal): Promise<Taken | undefined> {
    if (this.#waiting === 0 && this.#now() >= this.#limitedUntil) {
      const outcome = await this.#try(attempt)
      if (outcome !== 'limited') return outcome
    }
    this.#waiting += 1
    const inLine = this.#line.then(() => this.#untilTaken(attempt, signal))
    this.#line = inLine.catch(() => undefined)
    return inLine.finally(() => {
      this.#waiting -= 1
    })
  }

  async #untilTaken(attempt: () => Promise<Outcome>, signal: AbortSignal): Promise<Taken | undefined> {
    for (;;) {
      await delay(Math.max(0, this.#limitedUntil - this.#now()), undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return undefined
      const outcome = await this.#try(attempt)
      if (outcome !== 'limited') return outcome
    }
  }

  async #try(attempt: () => Promise<Outcome>): Promise<Taken | 'limited'> {
    const outcome = await attempt()
    if (outcome.kind !== 'limited') return outcome
    this.#limitedUntil = Math.max(this.#limitedUntil, this.#now() + outcome.retryAfterMs)
    return 'limited'
  }
}
