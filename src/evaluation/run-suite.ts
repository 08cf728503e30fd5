import type { EvalAnswer, EvalQuestion, EvalRow, EvalSuite, Rehearse, RowResult, SuiteResult } from '../contracts/evaluation.ts'
import { scoreRow, type ScorePorts } from './score-row.ts'

/** Rows at once: a gateway answers several, and people are waiting for theirs. */
const SIDE_BY_SIDE = 4

export interface SuitePorts extends ScorePorts {
  readonly rehearse: Rehearse
  /** What a judge says to a question about an answer; undefined: there is none, and the row counts as not passed. */
  readonly askJudge: (question: string, answer: string, signal: AbortSignal) => Promise<boolean | undefined>
  readonly now: () => number
}

/** Who runs it, and on which model. */
export interface SuiteRun extends Pick<EvalQuestion, 'tenant' | 'member' | 'alias'> {
  /** Names this run; the same run asked for twice is booked under the same turns. */
  readonly name: string
}

/** Runs all rows, four at a time, and says whether enough of them passed. An abort leaves the rest out, and then it does not pass. */
export async function runSuite(
  ports: SuitePorts,
  suite: EvalSuite,
  run: SuiteRun,
  signal: AbortSignal,
  onProgress: (done: number, of: number) => void = () => undefined,
): Promise<SuiteResult> {
  const at = ports.now()
  const results = new Map<string, { readonly row: RowResult; readonly answer: EvalAnswer }>()
  const waiting = [...suite.rows]
  const work = async (): Promise<void> => {
    for (let row = waiting.shift(); row !== undefined && !signal.aborted; row = waiting.shift()) {
      results.set(row.id, await runRow(ports, suite, run, row, signal))
      onProgress(results.size, suite.rows.length)
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  const done = suite.rows.flatMap(({ id }) => results.get(id) ?? [])
  const passed = done.filter(({ row }) => row.passed).length
  const of = suite.rows.length
  return {
    suite: suite.id,
    at,
    alias: run.alias,
    model: done.find(({ answer }) => answer.model !== undefined)?.answer.model,
    rows: done.map(({ row }) => row),
    passed,
    of,
    passes: of > 0 && passed / of >= suite.passShare,
    costNanoUsd: done.reduce((sum, { answer }) => sum + answer.costNanoUsd, 0),
  }
}

async function runRow(
  ports: SuitePorts,
  { domain, profile }: EvalSuite,
  { tenant, member, alias, name }: SuiteRun,
  row: EvalRow,
  signal: AbortSignal,
): Promise<{ readonly row: RowResult; readonly answer: EvalAnswer }> {
  const begun = ports.now()
  const { id, tier, locale, turns, expect } = row
  const answer = await ports.rehearse({ name: `eval:${name}:${id}`, tenant, member, alias, domain, profile, tier, locale, turns }, signal)
  const failures = [...scoreRow(ports, row, answer)]
  if (failures.length === 0 && expect.judged !== undefined && (await ports.askJudge(expect.judged, answer.text, signal)) !== true)
    failures.push('judged')
  return { answer, row: { id, passed: failures.length === 0, failures, ms: ports.now() - begun } }
}

/** What changed since the last run of a suite: rows that failed newly, and rows that pass newly. */
export function compareRuns(
  before: SuiteResult | undefined,
  now: SuiteResult,
): { readonly failing: readonly string[]; readonly passing: readonly string[] } {
  const passedBefore = new Map(before?.rows.map(({ id, passed }) => [id, passed]))
  const changed = (to: boolean): readonly string[] =>
    now.rows.filter(({ id, passed }) => passed === to && passedBefore.get(id) === !to).map(({ id }) => id)
  return { failing: changed(false), passing: changed(true) }
}
