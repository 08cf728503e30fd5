import type { Household, Member } from '../contracts/household.ts'
import type { TenantId } from '../contracts/ids.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { GuardianPolicy } from '../contracts/rails.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import type { Incident } from '../contracts/incidents.ts'
import { isWithinHours, momentInWords, periodAt } from '../budgets/periods.ts'
import { sumAll } from '../budgets/spend.ts'
import { moneyInWords } from '../budgets/money.ts'
import { memberTier } from '../conversation/members.ts'
import { type Command, type Ordered, said, sayNotFound } from './command.ts'
import { findMember } from './find-names.ts'

export interface WeekPorts {
  readonly tenants: Pick<TenantStores, 'open'>
  readonly now: () => number
  /** A category in words people use. */
  readonly categoryOf: (category: string, locale: string) => string
  /** What guardians may learn of a child's or teen's refusals. */
  readonly toldOf: (household: Household, member: Member) => GuardianPolicy['alerts']
}

const WEEK_MS = 7 * 86_400_000
/** Sunday evening, when a week is over and a family may have time. */
const VIEW_DAY = 7
const VIEW_MINUTE = 18 * 60

/** `!week [CHILD]`: what guardians may know of the last seven days: questions, time and money, refusals by kind where the policy lets them know. Never a word of what was said. */
export function createWeek(ports: WeekPorts): Command {
  return {
    name: 'week',
    aliases: ['woche'],
    places: ['parents', 'control'],
    async run(order) {
      const wards = wardsOf(ports, order.household, order.member)
      const [word] = order.words
      const found = word === undefined ? undefined : findMember(wards, word)
      if (word !== undefined && found !== undefined && found.kind !== 'one') return sayNotFound(order, word, found)
      const shown = found?.kind === 'one' ? [found.thing] : wards
      if (shown.length === 0) return said(order.say('week.nobody'))
      return said((await Promise.all(shown.map((ward) => weekOf(ports, order, ward)))).join('\n\n'))
    },
  }
}

/** What is said by itself in a tenant's parents' room once a week; `source` names the week. */
export interface WeeklyView {
  readonly tenant: TenantId
  readonly source: string
  readonly markdown: string
}

/** The views that are due now: from Sunday evening on, where a guardian lives, until midnight. The same source all the time. */
export async function weeklyViews(ports: WeekPorts, household: Household, sentences: Sentences): Promise<readonly WeeklyView[]> {
  const now = ports.now()
  const views: WeeklyView[] = []
  for (const tenant of household.tenants.keys()) {
    const [guardian] = [...household.members.values()].filter((member) => member.tenant === tenant && member.guardianOf.length > 0)
    if (
      guardian === undefined ||
      !isWithinHours([{ days: [VIEW_DAY], fromMinute: VIEW_MINUTE, untilMinute: 24 * 60 }], now, guardian.timeZone)
    )
      continue
    const wards = [...household.members.values()].filter((member) => member.tenant === tenant && isWard(ports, household, member))
    const reader = { household, member: guardian, say: (key: string, values = {}) => sentences.say(key, guardian.locale, values) }
    const texts = await Promise.all(wards.map((ward) => weekOf(ports, reader, ward)))
    const { since } = periodAt('week', now, guardian.timeZone)
    if (texts.length > 0)
      views.push({ tenant, source: `week:${tenant}:${new Date(since).toISOString().slice(0, 10)}`, markdown: texts.join('\n\n') })
  }
  return views
}

/** Children and teens who have a guardian. */
function isWard({ now }: WeekPorts, household: Household, member: Member): boolean {
  const isMinor = memberTier(member, now()) !== 'adult'
  return isMinor && [...household.members.values()].some(({ guardianOf }) => guardianOf.includes(member.id))
}

function wardsOf({ now }: WeekPorts, household: Household, guardian: Member): readonly Member[] {
  return [...household.members.values()].filter(
    (member) => guardian.guardianOf.includes(member.id) && memberTier(member, now()) !== 'adult',
  )
}

/** One child's or teen's week in a few lines. */
async function weekOf(
  ports: WeekPorts,
  { say, member: reader, household }: Pick<Ordered, 'say' | 'member' | 'household'>,
  ward: Member,
): Promise<string> {
  const { locale, timeZone } = reader
  const now = ports.now()
  const since = now - WEEK_MS
  const { ledger, incidents, allowances } = ports.tenants.open(ward.tenant)
  const [rows, all, [minutes]] = await Promise.all([
    ledger.rows(since),
    incidents.list(since),
    allowances.use([{ member: ward.id, unit: 'minutes', amount: 0, since, until: now + 1 }], undefined),
  ])
  const own = rows.filter((row) => row.member === ward.id && row.purpose === 'chat')
  const questions = new Set(own.filter(({ state }) => state !== 'released').map(({ turn }) => turn)).size
  const stopped = all.filter((incident) => incident.member === ward.id)
  const last = own.at(-1)?.openedAt
  const refusals =
    stopped.length === 0 ? say('week.no-refusals') : say('week.refusals', { count: stopped.length, kinds: kindsOf(ports, stopped, locale) })
  return [
    say('week.head', { name: ward.name }),
    `- ${say('week.questions', { count: questions, minutes: minutes?.used ?? 0 })}`,
    `- ${say('week.cost', { cost: moneyInWords(sumAll(own).costNanoUsd, locale) })}`,
    ...(ports.toldOf(household, ward) === 'none' ? [] : [`- ${refusals}`]),
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
