import { setTimeout as sleep } from 'node:timers/promises'

/** Waits for a condition; throws after 15 s. */
export async function waitUntil(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 15_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`)
    await sleep(10)
  }
}
