import type { SuiteResult } from '../contracts/evaluation.ts'

/** Rows, by their ids, that came out otherwise than in the run before. */
export interface RunChanges {
  readonly failing: readonly string[]
  readonly passing: readonly string[]
}

/** What changed since the last run of a suite: rows that fail newly and rows that pass newly. A row that is new is neither. Pure. */
export function compareRuns(before: SuiteResult | undefined, now: SuiteResult): RunChanges {
  const passedBefore = new Map(before?.rows.map(({ id, passed }) => [id, passed]))
  const changed = (to: boolean): readonly string[] =>
    now.rows.filter(({ id, passed }) => passed === to && passedBefore.get(id) === !to).map(({ id }) => id)
  return { failing: changed(false), passing: changed(true) }
}
