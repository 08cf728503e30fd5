import type { HomePorts, Listing, SpendLine, SpendQuery, SuiteRun } from './home-ports.ts'
import { readDay } from './read-day.ts'
import { showResult } from './show-result.ts'
import type { ExitCode, Screen } from './terminal-ports.ts'

/** What a command of a home was given. */
export interface HomeInvocation {
  readonly rest: readonly string[]
  readonly by: string | undefined
  readonly since: string | undefined
  readonly tenant: string | undefined
  readonly alias: string | undefined
  readonly json: boolean
  readonly ports: HomePorts
  readonly screen: Screen
}

/** undefined: the words make no command. */
type HomeCommand = (invocation: HomeInvocation) => Promise<ExitCode | undefined>

const NANO_USD = 1e9
const WAYS: readonly SpendQuery['by'][] = ['member', 'model', 'room', 'day']
const MONTH_MS = 30 * 86_400_000

/** Commands that read and change what lies in a home. */
export const homeCommands: Readonly<Record<string, HomeCommand>> = {
  async spend({ rest, by = 'member', since, tenant, json, ports, screen }) {
    const way = WAYS.find((one) => one === by)
    const from = since === undefined ? Date.now() - MONTH_MS : readDay(since)
    if (rest.length > 0 || way === undefined || from === undefined) return undefined
    return showResult(await ports.spend({ by: way, since: from, tenant }), screen, (lines) => {
      if (json) screen.out(JSON.stringify(lines))
      else showSpend(lines, screen)
    })
  },
  async eval({ rest, alias, json, ports, screen }) {
    const [action, suite, ...more] = rest
    if (action === 'list' && suite === undefined) {
      return showResult(await ports.suites(), screen, (suites) => {
        if (json) screen.out(JSON.stringify(suites))
        else
          for (const { suite: name, last } of suites)
            screen.out(
              last === undefined
                ? `${name}  not run yet`
                : `${name}  ${String(last.passed)} of ${String(last.of)}  ${new Date(last.at).toISOString()}`,
            )
      })
    }
    if (action !== 'run' || suite === undefined || more.length > 0) return undefined
    const done = await ports.runSuite(suite, alias)
    const code = showResult(done, screen, (run) => {
      if (json) screen.out(JSON.stringify(run))
      else showRun(run, screen)
    })
    return done.ok && !done.value.result.passes ? 1 : code
  },
  member: (invocation) => listOrSet('member', invocation),
  room: (invocation) => listOrSet('room', invocation),
  tenant: (invocation) => listOrSet('tenant', invocation),
}

async function listOrSet(what: 'member' | 'room' | 'tenant', { rest, json, ports, screen }: HomeInvocation): Promise<ExitCode | undefined> {
  const [action, id, key, value, ...more] = rest
  if (action === 'list' && id === undefined) {
    return showResult(await ports.list(), screen, (listing) => {
      const entries: readonly object[] = listing[`${what}s`]
      if (json) screen.out(JSON.stringify(entries))
      else for (const line of linesOf(what, listing)) screen.out(line)
    })
  }
  if (action !== 'set' || id === undefined || key === undefined || value === undefined || more.length > 0) return undefined
  return showResult(await ports.set({ what, id, key, value }), screen, () => screen.out(`${what} ${id}: ${key} is ${value}`))
}

function linesOf(what: 'member' | 'room' | 'tenant', { members, rooms, tenants }: Listing): readonly string[] {
  switch (what) {
    case 'member':
      return members.map(({ id, role, tenant, user }) => `${id.padEnd(16)} ${role.padEnd(6)} ${tenant.padEnd(12)} ${user}`)
    case 'room':
      return rooms.map(
        ({ name, kind, tenant, domain, answers, room }) =>
          `${name.padEnd(16)} ${kind.padEnd(8)} ${tenant.padEnd(12)} ${domain.padEnd(12)} ${(answers ?? '-').padEnd(10)} ${room}`,
      )
    case 'tenant':
      return tenants.map(({ id, name, allowance }) => {
        const { money } = allowance?.limits ?? {}
        return `${id.padEnd(16)} ${name}${money === undefined ? '' : `  $${(money / NANO_USD).toFixed(2)} a ${allowance?.period ?? 'month'}`}`
      })
  }
}

function showSpend(lines: readonly SpendLine[], screen: Screen): void {
  const width = Math.max(...lines.map(({ key }) => key.length), 8)
  screen.out(`${''.padEnd(width)}  ${'USD'.padStart(12)}  ${'calls'.padStart(6)}  ${'in'.padStart(9)}  ${'out'.padStart(9)}`)
  for (const { key, costNanoUsd, calls, inputTokens, outputTokens } of lines) {
    screen.out(
      `${key.padEnd(width)}  ${(costNanoUsd / NANO_USD).toFixed(6).padStart(12)}  ${String(calls).padStart(6)}  ${String(inputTokens).padStart(9)}  ${String(outputTokens).padStart(9)}`,
    )
  }
  const unsure = lines.at(-1)?.unsureNanoUsd ?? 0
  if (unsure > 0) screen.out(`${(unsure / NANO_USD).toFixed(6)} of it is estimated: nobody reported how these calls ended.`)
}

function showRun({ result, failing, passing }: SuiteRun, screen: Screen): void {
  for (const { id, failures } of result.rows.filter(({ passed }) => !passed)) screen.out(`  ${id}  ${failures.join(', ')}`)
  if (result.short.length > 0) screen.out(`  too few of: ${result.short.join(', ')}`)
  if (failing.length > 0) screen.out(`  passed last time, fail now: ${failing.join(', ')}`)
  if (passing.length > 0) screen.out(`  failed last time, pass now: ${passing.join(', ')}`)
  const verdict = result.passes ? 'passed' : 'not passed'
  screen.out(
    `${result.suite}: ${verdict}, ${String(result.passed)} of ${String(result.of)} with ${result.model ?? '-'}, ${(result.costNanoUsd / NANO_USD).toFixed(6)} USD`,
  )
}
