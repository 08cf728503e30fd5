import { setTimeout as delay } from 'node:timers/promises'

/** Time as the conversation sees it, so that pacing can be tested without waiting. */
export interface Clock {
  /** ms since the epoch. */
  now(): number
  /** Resolves true once `ms` have passed, false as soon as `signal` aborts; never rejects. */
  wait(ms: number, signal?: AbortSignal): Promise<boolean>
}

/** The clock of the machine. Its waits do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  wait: (ms, signal) =>
    delay(ms, true, { ref: false, ...(signal === undefined ? {} : { signal }) }).then(
      () => true,
      () => false,
    ),
}
