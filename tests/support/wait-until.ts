import { setTimeout as sleep } from 'node:timers/promises'

/** Polls until `find` answers something; throws with `describe()` after `timeoutMs`. */
export async function waitUntil<Value>(
  find: () => Value | undefined | Promise<Value | undefined>,
  describe: () => string,
  timeoutMs = 30_000,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await find()
    if (found !== undefined) return found
    if (Date.now() > deadline) throw new Error(`${describe()} (after ${String(timeoutMs)} ms)`)
    await sleep(25)
  }
}
