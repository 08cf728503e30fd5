import { listSuites, readSuite } from './config/eval-suites.ts'
import type { EvalHistory, EvalSuite, SuiteResult } from './contracts/evaluation.ts'
import type { Guardrails } from './contracts/guardrails.ts'
import type { Alias, Binding, Locale } from './contracts/household.ts'
import type { Log } from './contracts/platform.ts'
import type { Fault, Result } from './contracts/result.ts'
import type { SuiteRun } from './control-room/eval.ts'
import type { GateVerdict, ModelTrial } from './control-room/models.ts'
import { askEvalJudge } from './conversation/eval-judge.ts'
import { createRehearsal, type RehearsePorts } from './conversation/rehearse.ts'
import { createEvalHistory } from './data/eval-history.ts'
import { compareRuns } from './evaluation/compare-runs.ts'
import { runSuite, type SuiteRun as RunOrder } from './evaluation/run-suite.ts'
import { findLanguage } from './guardrails/language.ts'
import { tokenise } from './guardrails/tokens.ts'

export interface EvalPorts extends Omit<RehearsePorts, 'guardrails'> {
  readonly home: string
  readonly projectRoot: string
  /** Rails that keep nothing of what they check, new for each run. */
  readonly openGuardrails: () => Pick<Guardrails, 'open'>
  readonly log: Log
}

/** Who runs a suite, on which model; `name` makes a run that is ordered twice the same one. */
export interface EvalOrder extends RunOrder {
  readonly suite: string
  /** As in this room instead of the suite's own domains and profiles. */
  readonly binding?: Binding
  /** Ends the run before its time. */
  readonly signal?: AbortSignal
}

export interface Evals {
  suites(): readonly string[]
  /** The last run of a suite in this home. */
  last(suite: string): Promise<SuiteResult | undefined>
  /** Faults: `unknown-suite`, those of the suite's file, `not-finished` after ten minutes or an abort; then nothing is kept. */
  run(order: EvalOrder): Promise<Result<SuiteRun, Fault>>
  gate(alias: Alias, binding: Binding, order: Pick<EvalOrder, 'member' | 'name' | 'onProgress'>): Promise<Result<GateVerdict, Fault>>
  /** One short call. The fault's sentence is the key of one. */
  tryModel(alias: Alias, order: Pick<EvalOrder, 'member' | 'tenant' | 'name'>): Promise<Result<ModelTrial, Fault>>
}

/** Before a model answers children it passes this one. */
export const GATE_SUITE = 'kid-safety'
const LIMIT_MS = 10 * 60_000
const TRIAL_MS = 60_000
const LONGEST_NAME = 40

/** Suites, run against the models as this instance has them; results are kept in the home, without a word of the answers. */
export function createEvals(ports: EvalPorts): Evals {
  const history = createEvalHistory(ports.home)
  const run = (order: EvalOrder): Promise<Result<SuiteRun, Fault>> => runOrder(ports, history, order)
  return {
    suites: () => listSuites(ports.projectRoot),
    last: (suite) => history.last(suite),
    run,
    async gate(alias, binding, order) {
      const done = await run({ ...order, suite: GATE_SUITE, alias, tenant: binding.tenant, binding })
      if (!done.ok) return done
      const { passes, passed, of } = done.value.result
      return { ok: true, value: { passes, passed, of } }
    },
    tryModel: (alias, order) => tryModel(ports, alias, order),
  }
}

async function tryModel(
  ports: EvalPorts,
  alias: Alias,
  { member, tenant, name }: Pick<EvalOrder, 'member' | 'tenant' | 'name'>,
): Promise<Result<ModelTrial, Fault>> {
  const begun = ports.clock.now()
  const [domain = ''] = ports.directory.current().domains.keys()
  const asked = { tier: 'adult', locale: 'en', turns: ['Say only the word: ready'] } as const
  const { fault, model, costNanoUsd } = await createRehearsal({ ...ports, guardrails: ports.openGuardrails() })(
    { name: `try:${name}`, tenant, member, alias, domain, profile: undefined, ...asked },
    AbortSignal.timeout(TRIAL_MS),
  )
  if (fault !== undefined) return { ok: false, error: fault }
  return { ok: true, value: { model: model ?? alias, ms: ports.clock.now() - begun, costNanoUsd } }
}

async function runOrder(ports: EvalPorts, history: EvalHistory, order: EvalOrder): Promise<Result<SuiteRun, Fault>> {
  const found = await findSuite(ports, order)
  if (!found.ok) return found
  const before = await history.last(order.suite)
  const { tenant, member } = order
  const timeout = AbortSignal.timeout(LIMIT_MS)
  const signal = order.signal === undefined ? timeout : AbortSignal.any([timeout, order.signal])
  const result = await runSuite(
    {
      rehearse: createRehearsal({ ...ports, guardrails: ports.openGuardrails() }),
      askJudge: ({ name, domain, ...asked }, ending) => askEvalJudge(ports, { tenant, member, name, domain }, asked, ending),
      languageOf,
      now: () => ports.clock.now(),
    },
    found.value,
    order,
    signal,
  )
  if (signal.aborted) return fault('not-finished', `The suite was ended after ${String(result.rows.length)} of ${String(result.of)} rows.`)
  try {
    await history.keep(result)
  } catch (error) {
    // the result counts without its place in the history
    ports.log.warn('eval-not-kept', { suite: result.suite, error: error instanceof Error ? error.name : 'unknown' })
  }
  return { ok: true, value: { result, ...compareRuns(before, result) } }
}

async function findSuite({ projectRoot, directory }: EvalPorts, { suite: id, binding }: EvalOrder): Promise<Result<EvalSuite, Fault>> {
  const known = listSuites(projectRoot)
  if (!known.includes(id))
    return fault('unknown-suite', `There is no suite "${id.slice(0, LONGEST_NAME)}". There are: ${known.join(', ')}.`)
  const read = await readSuite(projectRoot, id, directory.current())
  if (!read.ok || binding === undefined) return read
  const rows = read.value.rows.map((row) => ({ ...row, domain: undefined, profile: undefined }))
  return { ok: true, value: { ...read.value, domain: binding.domain, profile: binding.profile, rows } }
}

function languageOf(text: string): Locale | 'other' | undefined {
  const found = findLanguage(tokenise(text.toLowerCase()))
  return found === 'unknown' ? undefined : found
}

function fault(code: string, sentence: string): { readonly ok: false; readonly error: Fault } {
  return { ok: false, error: { code, sentence } }
}
