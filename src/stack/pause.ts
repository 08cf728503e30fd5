import { setTimeout as sleep } from 'node:timers/promises'

/** Waits; an abort ends the wait early without an error: the caller looks at its signal. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}
