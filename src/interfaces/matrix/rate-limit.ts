/** Tokens per second and at once, as a homeserver grants them to one account. */
export interface RateLimit {
  readonly perSecond: number
  readonly burst: number
}

/** Synapse's default `rc_message` for ordinary accounts; edits count too. */
export const SYNAPSE_DEFAULT_RATE: RateLimit = { perSecond: 0.2, burst: 10 }
/** Sends kept back from edits, so that a final never finds the bucket empty because of them. */
const KEPT_FOR_FINALS = 4

/**
 * Our own estimate of what the homeserver would still accept. Edits ask first and step back; finals are sent at once and
 * only counted. A 429 empties the estimate, since the server knows better.
 */
export class SendAllowance {
  readonly #limit: RateLimit | undefined
  readonly #now: () => number
  #tokens: number
  #at: number

  constructor(limit: RateLimit | undefined, now: () => number) {
    this.#limit = limit
    this.#now = now
    this.#tokens = limit?.burst ?? Number.POSITIVE_INFINITY
    this.#at = now()
  }

  /** Milliseconds until a draft or edit may go; 0 means now. */
  waitForEditMs(): number {
    if (this.#limit === undefined) return 0
    this.#refill(this.#limit)
    const missing = KEPT_FOR_FINALS + 1 - this.#tokens
    return missing <= 0 ? 0 : Math.ceil((missing / this.#limit.perSecond) * 1000)
  }

  count(): void {
    if (this.#limit === undefined) return
    this.#refill(this.#limit)
    this.#tokens = Math.max(0, this.#tokens - 1)
  }

  refused(): void {
    this.#tokens = 0
    this.#at = this.#now()
  }

  #refill(limit: RateLimit): void {
    const now = this.#now()
    this.#tokens = Math.min(limit.burst, this.#tokens + ((now - this.#at) / 1000) * limit.perSecond)
    this.#at = now
  }
}
