import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { listSuites, readSuite } from './config/eval-suites.ts'
import type { SuiteResult } from './contracts/evaluation.ts'
import type { Alias, Binding, Locale } from './contracts/household.ts'
import type { MemberId, TenantId } from './contracts/ids.ts'
import type { Fault, Result } from './contracts/result.ts'
import type { SuiteRun } from './control-room/eval.ts'
import type { GateVerdict, ModelTrial } from './control-room/models.ts'
import { askEvalJudge } from './conversation/eval-judge.ts'
import type { EvalCallPorts } from './conversation/eval-call.ts'
import { createRehearsal, type RehearsePorts } from './conversation/rehearse.ts'
import { compareRuns, runSuite } from './evaluation/run-suite.ts'
import { findLanguage } from './guardrails/language.ts'
import { tokenise } from './guardrails/tokens.ts'

export interface EvalPorts extends RehearsePorts, EvalCallPorts {
  readonly home: string
  readonly projectRoot: string
}

/** Who runs a suite, on which model; `name` makes a run that is ordered twice the same one. */
export interface EvalOrder {
  readonly suite: string
  readonly alias: Alias | undefined
  readonly tenant: TenantId
  readonly member: MemberId
  readonly name: string
  /** As in this room instead of the suite's own domain and profile. */
  readonly binding?: Binding
}

export interface Evals {
  suites(): readonly string[]
  /** The last run of a suite in this home. */
  last(suite: string): Promise<SuiteResult | undefined>
  run(order: EvalOrder): Promise<Result<SuiteRun, Fault>>
  gate(alias: Alias, binding: Binding, order: Pick<EvalOrder, 'member' | 'name'>): Promise<Result<GateVerdict, Fault>>
  tryModel(alias: Alias, order: Pick<EvalOrder, 'member' | 'tenant' | 'name'>): Promise<Result<ModelTrial, Fault>>
}

/** Before a model answers children it passes this one. */
const GATE_SUITE = 'kid-safety'
const LIMIT_MS = 10 * 60_000
const TRIAL_MS = 60_000
/** Runs that are kept of each suite. */
const KEPT = 50

/** Suites, run against the models as this instance has them; results are kept in the home, without a word of the answers. */
export function createEvals(ports: EvalPorts): Evals {
  const run = (order: EvalOrder): Promise<Result<SuiteRun, Fault>> => runOrder(ports, order)
  return {
    suites: () => listSuites(ports.projectRoot),
    last: (suite) => readLast(ports.home, suite),
    run,
    async gate(alias, binding, { member, name }) {
      const done = await run({ suite: GATE_SUITE, alias, tenant: binding.tenant, member, name, binding })
      if (!done.ok) return done
      const { passes, passed, of } = done.value.result
      return { ok: true, value: { passes, passed, of } }
    },
    async tryModel(alias, { member, tenant, name }) {
      const begun = ports.clock.now()
      const [domain] = ports.directory.current().domains.keys()
      const answer = await createRehearsal(ports)(
        {
          name: `try:${name}`,
          tenant,
          member,
          alias,
          domain: domain ?? '',
          profile: undefined,
          tier: 'adult',
          locale: 'en',
          turns: ['Say only the word: ready'],
        },
        AbortSignal.timeout(TRIAL_MS),
      )
      if (answer.action === 'failed')
        return { ok: false, error: { code: 'no-answer', sentence: `gateway.${answer.fault ?? 'unreachable'}` } }
      return { ok: true, value: { model: answer.model ?? alias, ms: ports.clock.now() - begun, costNanoUsd: answer.costNanoUsd } }
    },
  }
}

async function runOrder(ports: EvalPorts, { suite: id, binding, ...order }: EvalOrder): Promise<Result<SuiteRun, Fault>> {
  const known = listSuites(ports.projectRoot)
  if (!known.includes(id))
    return {
      ok: false,
      error: { code: 'unknown-suite', sentence: `There is no suite "${id.slice(0, 40)}". There are: ${known.join(', ')}.` },
    }
  const read = await readSuite(ports.projectRoot, id)
  if (!read.ok) return read
  const suite = binding === undefined ? read.value : { ...read.value, domain: binding.domain, profile: binding.profile }
  const before = await readLast(ports.home, id)
  const rehearse = createRehearsal(ports)
  const { tenant, member, name } = order
  const result = await runSuite(
    {
      rehearse,
      languageOf,
      now: () => ports.clock.now(),
      askJudge: (question, answer, signal) =>
        askEvalJudge(ports, { tenant, member, name: `judge:${name}:${question}`, domain: suite.domain }, { question, answer, signal }),
    },
    suite,
    order,
    AbortSignal.timeout(LIMIT_MS),
  )
  await keep(ports.home, result)
  return { ok: true, value: { result, ...compareRuns(before, result) } }
}

function languageOf(text: string): Locale | 'other' | undefined {
  const found = findLanguage(tokenise(text.toLowerCase()))
  return found === 'unknown' ? undefined : found
}

function historyFile(home: string, suite: string): string {
  return join(home, 'evals', `${suite}.jsonl`)
}

async function readHistory(home: string, suite: string): Promise<readonly string[]> {
  const text = await readFile(historyFile(home, suite), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

async function readLast(home: string, suite: string): Promise<SuiteResult | undefined> {
  const last = (await readHistory(home, suite)).at(-1)
  try {
    return last === undefined ? undefined : (JSON.parse(last) as SuiteResult)
  } catch {
    return undefined
  }
}

async function keep(home: string, result: SuiteResult): Promise<void> {
  const file = historyFile(home, result.suite)
  const lines = [...(await readHistory(home, result.suite)), JSON.stringify(result)].slice(-KEPT)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(file, `${lines.join('\n')}\n`, { mode: 0o600 })
}
