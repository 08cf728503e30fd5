import type { CallNumbers } from '../contracts/guardrails.ts'

/** From 1, for one attempt of one turn. */
export function createCallNumbers(): CallNumbers {
  let last = 0
  return { next: () => (last += 1) }
}
