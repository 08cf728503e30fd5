import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../src/conversation/clock.ts'

interface Waiter {
  readonly due: number
  readonly wake: (hasPassed: boolean) => void
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  #now: number
  readonly #waiters = new Set<Waiter>()

  constructor(now = Date.UTC(2026, 5, 15, 12)) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  wait(ms: number, signal?: AbortSignal): Promise<boolean> {
    if (signal?.aborted === true) return Promise.resolve(false)
    return new Promise((resolve) => {
      const waiter: Waiter = {
        due: this.#now + ms,
        wake: (hasPassed) => {
          this.#waiters.delete(waiter)
          resolve(hasPassed)
        },
      }
      this.#waiters.add(waiter)
      signal?.addEventListener('abort', () => waiter.wake(false), { once: true })
    })
  }

  /** Lets `ms` pass, stopping at every waiter on the way, and lets all that follows from it happen. */
  async advance(ms: number): Promise<void> {
    const until = this.#now + ms
    await settled()
    for (let next = this.#nextDue(until); next !== undefined; next = this.#nextDue(until)) {
      this.#now = Math.max(this.#now, next.due)
      next.wake(true)
      await settled()
    }
    this.#now = until
    await settled()
  }

  #nextDue(until: number): Waiter | undefined {
    return [...this.#waiters].filter((waiter) => waiter.due <= until).toSorted((one, other) => one.due - other.due)[0]
  }
}

/** Resolves when everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 10; round += 1) await nextTurn()
}
