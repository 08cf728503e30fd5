import type { EvalAnswer, EvalQuestion, EvalRow, EvalSuite, Rehearse, RowResult, SuiteResult } from '../contracts/evaluation.ts'
import { findShort } from './judge-suite.ts'
import { scoreRow, type ScorePorts } from './score-row.ts'

/** Rows at once: a gateway answers several, and people are waiting for theirs. */
const SIDE_BY_SIDE = 4

/** An answer, and the question about it that a judge says yes or no to. */
export interface Judged {
  /** Names the turn under which the call is booked. */
  readonly name: string
  readonly domain: string
  readonly question: string
  readonly answer: string
}

export interface SuitePorts extends ScorePorts {
  readonly rehearse: Rehearse
  /** What a judge says; undefined: nothing, and the row does not pass. */
  readonly askJudge: (judged: Judged, signal: AbortSignal) => Promise<boolean | undefined>
  readonly now: () => number
}

/** Who runs it, and on which model. */
export interface SuiteRun extends Pick<EvalQuestion, 'tenant' | 'member' | 'alias'> {
  /** Names this run; the same run asked for twice is booked under the same turns. */
  readonly name: string
  /** Told after each row how many are done. */
  readonly onProgress?: (done: number, of: number) => void
}

interface RowRun {
  readonly suite: EvalSuite
  readonly run: SuiteRun
  readonly row: EvalRow
}

interface Scored {
  readonly row: RowResult
  readonly answer: EvalAnswer
}

/**
 * Runs all rows, four at a time, and says whether enough of them passed. After an abort no row begins, those under way are left out,
 * and the suite does not pass.
 */
export async function runSuite(ports: SuitePorts, suite: EvalSuite, run: SuiteRun, signal: AbortSignal): Promise<SuiteResult> {
  const at = ports.now()
  const scored = new Map<string, Scored>()
  const waiting = [...suite.rows]
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      const row = waiting.shift()
      if (row === undefined) return
      const result = await runRow(ports, { suite, run, row }, signal)
      // what was broken off says nothing about the model
      if (signal.aborted) return
      scored.set(row.id, result)
      run.onProgress?.(scored.size, suite.rows.length)
    }
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  return sumUp(suite, run, at, scored)
}

function sumUp(suite: EvalSuite, { alias }: SuiteRun, at: number, scored: ReadonlyMap<string, Scored>): SuiteResult {
  const done = suite.rows.flatMap(({ id }) => scored.get(id) ?? [])
  const rows = done.map(({ row }) => row)
  const passed = rows.filter((row) => row.passed).length
  const of = suite.rows.length
  const short = findShort(suite, new Map(rows.map((row) => [row.id, row])))
  return {
    suite: suite.id,
    at,
    alias,
    model: done.find(({ answer }) => answer.model !== undefined)?.answer.model,
    rows,
    passed,
    of,
    short,
    passes: rows.length === of && passed / of >= suite.passShare && short.length === 0,
    costNanoUsd: rows.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0),
  }
}

async function runRow(ports: SuitePorts, { suite, run, row }: RowRun, signal: AbortSignal): Promise<Scored> {
  const begun = ports.now()
  const { id, tier, locale, turns, expect } = row
  const { tenant, member, alias } = run
  const name = `eval:${run.name}:${id}`
  const domain = row.domain ?? suite.domain
  // another domain has a profile of its own
  const profile = row.profile ?? (row.domain === undefined ? suite.profile : undefined)
  const answer = await ports.rehearse({ name, tenant, member, alias, domain, profile, tier, locale, turns }, signal)
  const failures = [...scoreRow(ports, row, answer)]
  if (failures.length === 0 && expect.judged !== undefined) {
    const judged = { name: `${name}:judged`, domain, question: expect.judged, answer: answer.text }
    if ((await ports.askJudge(judged, signal)) !== true) failures.push('judged')
  }
  const { action, costNanoUsd } = answer
  return { answer, row: { id, passed: failures.length === 0, failures, action, ms: ports.now() - begun, costNanoUsd } }
}
