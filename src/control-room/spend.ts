import { momentInWords, periodAt } from '../budgets/periods.ts'
import { sumAll, sumBy } from '../budgets/spend.ts'
import type { AllowancePeriod } from '../contracts/allowance.ts'
import type { OrderAnswer } from '../contracts/control-room.ts'
import type { Household } from '../contracts/household.ts'
import type { LedgerRow } from '../contracts/ledger.ts'
import type { Log } from '../contracts/platform.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { moneyInWords } from '../budgets/money.ts'
import { type Command, type Ordered, said, tenantsOf } from './command.ts'
import type { drawSpendChart } from './draw-spend-chart.ts'
import { readPeriod } from './read-amount.ts'

export interface SpendPorts {
  readonly tenants: Pick<TenantStores, 'open'>
  readonly now: () => number
  readonly drawChart: typeof drawSpendChart
  readonly log: Log
}

/** Rows of a table that is read on a phone. */
const MOST_LINES = 12
/** Series that are told apart in a picture. */
const MOST_SERIES = 8

/** `!spend [day|week|month]`: what was spent by whom and on which model, as a table and as a picture. */
export function createSpend(ports: SpendPorts): Command {
  return {
    name: 'spend',
    aliases: ['ausgaben', 'kosten'],
    places: ['control'],
    async run(order) {
      const [word] = order.words
      const period = word === undefined ? 'week' : readPeriod(word)
      if (period === undefined) return { kind: 'misuse' }
      const { since, until } = periodAt(period, ports.now(), order.member.timeZone)
      const found = await Promise.all(tenantsOf(order.household).map((tenant) => ports.tenants.open(tenant).ledger.rows(since)))
      const rows = found.flat().filter(({ openedAt }) => openedAt < until)
      if (rows.length === 0) return said(order.say('spend.nothing', { period: order.say(`spend.${period}`) }))
      const table = tableOf(order, rows, period)
      try {
        const picture = await drawPicture(ports, order, { rows, period, since, until })
        return { kind: 'said', markdown: table, ...(picture === undefined ? {} : { picture }) }
      } catch (error) {
        // the figures do not wait for their picture
        ports.log.warn('spend-chart-not-drawn', { error: error instanceof Error ? error.name : 'unknown' })
        return said(`${table}\n\n${order.say('spend.no-picture')}`)
      }
    },
  }
}

function tableOf(order: Ordered, rows: readonly LedgerRow[], period: AllowancePeriod): string {
  const { say, household, member } = order
  const money = (nanoUsd: number): string => moneyInWords(nanoUsd, member.locale)
  const all = sumAll(rows)
  const names = namesOf(household)
  const sums = [...sumBy(rows, seriesOf(order, names))]
  const lines = sums.slice(0, MOST_LINES).map(([key, sum]) => {
    const [who = '', model = ''] = key.split('\u0000')
    return `| ${cell(who)} | ${cell(model)} | ${String(sum.calls)} | ${money(sum.costNanoUsd)} |`
  })
  const rest = sums.length - MOST_LINES
  return [
    say('spend.total', { period: say(`spend.${period}`), cost: money(all.costNanoUsd), calls: all.calls }),
    '',
    `| ${say('spend.who')} | ${say('spend.model')} | ${say('spend.calls')} | ${say('spend.cost')} |`,
    '|---|---|--:|--:|',
    ...lines,
    ...(rest > 0 ? ['', say('spend.more-lines', { count: rest })] : []),
    ...(all.unsureNanoUsd > 0 ? ['', say('spend.unsure', { cost: money(all.unsureNanoUsd) })] : []),
  ].join('\n')
}

interface Drawn {
  readonly rows: readonly LedgerRow[]
  readonly period: AllowancePeriod
  readonly since: number
  readonly until: number
}

/** A bar for each day (for each hour of a single day), stacked by member and model. */
async function drawPicture(
  { drawChart, now }: Pick<SpendPorts, 'drawChart' | 'now'>,
  order: Ordered,
  drawn: Drawn,
): Promise<OrderAnswer['picture']> {
  const { rows, period } = drawn
  const { say, member, household } = order
  const bars = barsOf(order, drawn, now())
  const names = namesOf(household)
  const keyOf = seriesOf(order, names)
  const keys = [...sumBy(rows, keyOf)].filter(([, { costNanoUsd }]) => costNanoUsd > 0).map(([key]) => key)
  if (keys.length === 0) return undefined
  const shown = keys.slice(0, MOST_SERIES)
  const valuesOf = (isMine: (key: string) => boolean): readonly number[] =>
    bars.map(
      ({ since, until }) => sumAll(rows.filter((row) => row.openedAt >= since && row.openedAt < until && isMine(keyOf(row)))).costNanoUsd,
    )
  const series = shown.map((key) => ({ name: key.replace('\u0000', ' · '), values: valuesOf((other) => other === key) }))
  const others = keys.slice(MOST_SERIES)
  const title = say('spend.title', { period: say(`spend.${period}`) })
  const { png, width, height } = await drawChart({
    title,
    bars: bars.map(({ label }) => label),
    series: others.length === 0 ? series : [...series, { name: say('spend.others'), values: valuesOf((key) => others.includes(key)) }],
    locale: member.locale,
  })
  const description = say('spend.picture', { title, cost: moneyInWords(sumAll(rows).costNanoUsd, member.locale) })
  return { data: Buffer.from(png).toString('base64'), width, height, fileName: `spend-${period}.png`, description }
}

interface Bar {
  readonly label: string
  readonly since: number
  readonly until: number
}

function barsOf({ member }: Ordered, { period, since, until }: Drawn, now: number): readonly Bar[] {
  const { timeZone, locale } = member
  if (period === 'day') {
    const hours = Math.round((until - since) / 3_600_000)
    return Array.from({ length: hours }, (_, hour) => {
      const begin = since + hour * 3_600_000
      return { label: momentInWords(begin, since, { timeZone, locale }), since: begin, until: begin + 3_600_000 }
    })
  }
  const bars: Bar[] = []
  for (let at = since; at < until && at <= now;) {
    const day = periodAt('day', at, timeZone)
    const form = period === 'week' ? ({ weekday: 'short', day: 'numeric' } as const) : ({ day: 'numeric' } as const)
    bars.push({ ...day, label: new Intl.DateTimeFormat(locale === 'de' ? 'de-DE' : 'en-GB', { timeZone, ...form }).format(at) })
    at = day.until
  }
  return bars
}

/** Member and model of a row, apart by a character that neither has. Judges, evals and the like stand under their own purpose. */
function seriesOf({ say }: Ordered, names: ReadonlyMap<string, string>): (row: LedgerRow) => string {
  return ({ member, purpose, model, alias }) => {
    const who = purpose === 'chat' ? (names.get(member) ?? member) : say(`spend.purpose-${purpose}`)
    return `${who}\u0000${model ?? alias}`
  }
}

function namesOf(household: Household): ReadonlyMap<string, string> {
  return new Map([...household.members.values()].map(({ id, name }) => [id, name]))
}

/** Nothing in a name ends a cell. */
function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`)
}
