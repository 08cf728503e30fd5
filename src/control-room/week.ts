import type { Member } from '../contracts/household.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import type { Incident } from '../contracts/incidents.ts'
import { momentInWords } from '../budgets/periods.ts'
import { sumAll } from '../budgets/spend.ts'
import { moneyInWords } from '../conversation/hold-back.ts'
import { memberTier } from '../conversation/members.ts'
import { type Command, type Ordered, said, sayNotFound, subjectsOf } from './command.ts'
import { findMember } from './find-names.ts'

export interface WeekPorts {
  readonly tenants: Pick<TenantStores, 'open'>
  readonly now: () => number
  /** A category in words people use. */
  readonly categoryOf: (category: string, locale: string) => string
}

const WEEK_MS = 7 * 86_400_000

/** `!week [CHILD]`: what guardians may know of the last seven days: questions, refusals by kind, time and money. Never a word of what was said. */
export function createWeek(ports: WeekPorts): Command {
  return {
    name: 'week',
    aliases: ['woche'],
    places: ['parents', 'control'],
    async run(order) {
      const minors = subjectsOf(order).filter((member) => memberTier(member, ports.now()) !== 'adult')
      const [word] = order.words
      const found = word === undefined ? undefined : findMember(minors, word)
      if (word !== undefined && found !== undefined && found.kind !== 'one') return sayNotFound(order, word, found)
      const shown = found?.kind === 'one' ? [found.thing] : minors
      if (shown.length === 0) return said(order.say('week.nobody'))
      return said((await Promise.all(shown.map((member) => weekOf(ports, order, member)))).join('\n\n'))
    },
  }
}

/** One child's or teen's week in a few lines. */
async function weekOf(ports: WeekPorts, order: Pick<Ordered, 'say' | 'member'>, member: Member): Promise<string> {
  const { say } = order
  const { locale, timeZone } = order.member
  const now = ports.now()
  const since = now - WEEK_MS
  const { ledger, incidents, allowances } = ports.tenants.open(member.tenant)
  const [rows, all, [minutes]] = await Promise.all([
    ledger.rows(since),
    incidents.list(since),
    allowances.use([{ member: member.id, unit: 'minutes', amount: 0, since, until: now + 1 }], undefined),
  ])
  const own = rows.filter((row) => row.member === member.id && row.purpose === 'chat')
  const questions = new Set(own.filter(({ state }) => state !== 'released').map(({ turn }) => turn)).size
  const stopped = all.filter((incident) => incident.member === member.id)
  const last = own.at(-1)?.openedAt
  return [
    say('week.head', { name: member.name }),
    `- ${say('week.questions', { count: questions, minutes: minutes?.used ?? 0 })}`,
    `- ${say('week.cost', { cost: moneyInWords(sumAll(own).costNanoUsd, locale) })}`,
    `- ${stopped.length === 0 ? say('week.no-refusals') : say('week.refusals', { count: stopped.length, kinds: kindsOf(ports, stopped, locale) })}`,
    ...(last === undefined ? [] : [`- ${say('week.last', { when: momentInWords(last, now, { timeZone, locale }) })}`]),
  ].join('\n')
}

function kindsOf({ categoryOf }: WeekPorts, incidents: readonly Incident[], locale: string): string {
  const kinds = Map.groupBy(incidents, ({ category }) => category)
  return [...kinds]
    .toSorted(([, one], [, other]) => other.length - one.length)
    .map(([category, some]) => `${categoryOf(category, locale)} (${String(some.length)})`)
    .join(', ')
}
