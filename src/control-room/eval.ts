import type { SuiteResult } from '../contracts/evaluation.ts'
import type { Alias } from '../contracts/household.ts'
import type { Fault, Result } from '../contracts/result.ts'
import { momentInWords } from '../budgets/periods.ts'
import { moneyInWords } from '../budgets/money.ts'
import { ALIASES, knownWord } from './known-words.ts'
import { type Command, type Ordered, type Outcome, said, tenantsOf } from './command.ts'

export interface EvalCommandPorts {
  readonly suites: () => readonly string[]
  readonly last: (suite: string) => Promise<SuiteResult | undefined>
  readonly run: (suite: string, alias: Alias | undefined, order: Ordered) => Promise<Result<SuiteRun, Fault>>
  readonly now: () => number
}

/** A run, and how it differs from the one before. */
export interface SuiteRun {
  readonly result: SuiteResult
  readonly failing: readonly string[]
  readonly passing: readonly string[]
}

const SHOWN = 12

/** `!eval`: the suites and their last runs. `!eval run SUITE [ALIAS]`: runs one; the control room waits for it. */
export function createEval(ports: EvalCommandPorts): Command {
  return {
    name: 'eval',
    aliases: ['probe'],
    places: ['control'],
    async run(order) {
      const [action, suite, word, ...rest] = order.words
      if (action === undefined) return said(await list(ports, order))
      const alias = knownWord(ALIASES, word)
      if (action !== 'run' || suite === undefined || rest.length > 0 || (word !== undefined && alias === undefined))
        return { kind: 'misuse' }
      return run(ports, order, suite, alias)
    },
  }
}

async function list({ suites, last, now }: EvalCommandPorts, { say, member }: Ordered): Promise<string> {
  const lines = await Promise.all(
    suites().map(async (suite) => {
      const before = await last(suite)
      if (before === undefined) return `- **${suite}**: ${say('eval.never')}`
      const { passed, of, passes, at } = before
      return `- **${suite}**: ${say(passes ? 'eval.line-passed' : 'eval.line-failed', { passed, of, when: momentInWords(at, now(), member) })}`
    }),
  )
  return [say('eval.suites'), ...lines].join('\n')
}

async function run(ports: EvalCommandPorts, order: Ordered, suite: string, alias: Alias | undefined): Promise<Outcome> {
  const { say, member } = order
  const done = await ports.run(suite, alias, order)
  if (!done.ok) return said(done.error.sentence)
  const { result, failing, passing } = done.value
  const { passed, of, passes, model, rows, costNanoUsd } = result
  const [tenant] = tenantsOf(order.household)
  if (tenant !== undefined) await order.note(tenant, { action: 'eval.run', subject: suite, detail: { passed, of, alias: alias ?? '-' } })
  const failed = rows.filter((row) => !row.passed)
  return said(
    [
      say(passes ? 'eval.passed' : 'eval.failed', {
        suite,
        passed,
        of,
        model: model ?? '-',
        cost: moneyInWords(costNanoUsd, member.locale),
      }),
      ...failed.slice(0, SHOWN).map(({ id, failures }) => `- ${id}: ${failures.join(', ')}`),
      ...(failed.length > SHOWN ? [say('eval.more', { count: failed.length - SHOWN })] : []),
      ...(result.short.length > 0 ? [say('eval.short', { kinds: result.short.join(', ') })] : []),
      ...(failing.length > 0 ? [say('eval.newly-failing', { rows: failing.slice(0, SHOWN).join(', ') })] : []),
      ...(passing.length > 0 ? [say('eval.newly-passing', { rows: passing.slice(0, SHOWN).join(', ') })] : []),
    ].join('\n'),
  )
}
