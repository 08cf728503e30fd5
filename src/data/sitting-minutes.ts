/** Questions that follow each other within this time are one sitting. */
const SITTING_GAP_MS = 5 * 60_000
const MINUTE_MS = 60_000

/** Minutes somebody spent asking, whole and at least one a sitting: from the first question of a sitting to a minute after its last. */
export function minutesOf(askedAt: readonly number[]): number {
  let spentMs = 0
  let last: number | undefined
  for (const at of askedAt.toSorted((one, other) => one - other)) {
    spentMs += last !== undefined && at - last <= SITTING_GAP_MS ? at - last : MINUTE_MS
    last = at
  }
  return Math.floor(spentMs / MINUTE_MS)
}
