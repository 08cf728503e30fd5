import { allowanceOf, limitsIn } from '../budgets/allowance.ts'
import { momentInWords, periodAt } from '../budgets/periods.ts'
import type { Allowance, AllowanceUnit, LimitUse } from '../contracts/allowance.ts'
import type { Member } from '../contracts/household.ts'
import type { Settings } from '../contracts/settings.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { amountInWords } from '../conversation/hold-back.ts'
import { memberTier } from '../conversation/members.ts'
import { type Command, type Ordered, type Outcome, said, sayNotFound, subjectsOf } from './command.ts'
import { findMember } from './find-names.ts'
import { type Amount, inUnit, readAmount, readPeriod } from './read-amount.ts'
import { readHours } from './read-hours.ts'

export interface AllowancePorts {
  readonly tenants: Pick<TenantStores, 'open'>
  readonly settings: Settings
  readonly now: () => number
}

const UNITS: readonly AllowanceUnit[] = ['money', 'messages', 'minutes']

/**
 * `!allowance MEMBER`, `!allowance MEMBER +2 today`, `!allowance MEMBER 40 messages day`, `!allowance MEMBER school-days 07:00 to 20:00`.
 * What is given once and is no more than the allowance itself is given at once; what makes an allowance larger for good waits for its code.
 */
export function createAllowance(ports: AllowancePorts): Command {
  return {
    name: 'allowance',
    aliases: ['taschengeld', 'guthaben'],
    places: ['control', 'parents'],
    async run(order) {
      const [word, ...rest] = order.words
      if (word === undefined) return { kind: 'misuse' }
      const found = findMember(subjectsOf(order), word)
      if (found.kind !== 'one') return sayNotFound(order, word, found)
      const member = found.thing
      if (rest.length === 0) return said(await describe(ports, order, member))
      const hours = readHours(rest)
      if (hours !== undefined) return set(ports, order, member, { ...current(ports, order, member), hours })
      const read = readAmount(rest)
      if (read === undefined) return said(order.say('allowance.no-amount', { words: rest.join(' ') }))
      return read.amount.isMore ? give(ports, order, member, read) : limit(ports, order, member, read)
    },
  }
}

type Read = NonNullable<ReturnType<typeof readAmount>>
const EMPTY: Allowance = { period: 'day', limits: {}, hours: [] }

function current({ now }: AllowancePorts, { household }: Ordered, member: Member): Allowance {
  return allowanceOf(household, member, memberTier(member, now())) ?? EMPTY
}

/** How it stands with each limit, and when it begins anew. */
async function describe(ports: AllowancePorts, order: Ordered, member: Member): Promise<string> {
  const { say } = order
  const now = ports.now()
  const allowance = current(ports, order, member)
  const limits = limitsIn(allowance, member.id, now, member.timeZone)
  if (limits.length === 0) return say('allowance.none', { name: member.name, id: member.id })
  const uses = await ports.tenants.open(member.tenant).allowances.use(limits, undefined)
  const lines = uses.map((use) => `- ${lineOf(order, use)}`)
  const until = momentInWords(limits[0]?.until ?? now, now, { timeZone: member.timeZone, locale: order.member.locale })
  return [say('allowance.of', { name: member.name, until }), ...lines, ...hoursLines(order, allowance)].join('\n')
}

function lineOf({ say, member, sentences }: Ordered, { unit, used, amount, granted }: LimitUse): string {
  const words = (count: number): string => amountInWords(sentences, member.locale, unit, count)
  // of what is counted, the unit stands once
  const line = say('allowance.line', { used: unit === 'money' ? words(used) : Math.floor(used), amount: words(amount) })
  return granted > 0 ? `${line} ${say('allowance.line-granted', { granted: words(granted) })}` : line
}

function hoursLines({ say, member }: Ordered, { hours }: Allowance): readonly string[] {
  const dayOf = (day: number): string =>
    // the first of January 2024 was a Monday
    new Intl.DateTimeFormat(member.locale === 'de' ? 'de-DE' : 'en-GB', { weekday: 'short', timeZone: 'UTC' }).format(
      Date.UTC(2024, 0, day),
    )
  const clock = (minute: number): string => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
  return hours.map(({ days, fromMinute, untilMinute }) => {
    return `- ${say('allowance.hours', { days: days.map(dayOf).join(', '), from: clock(fromMinute), until: clock(untilMinute) })}`
  })
}

/** Something on top, for the rest of a period. */
async function give(ports: AllowancePorts, order: Ordered, member: Member, { amount, rest }: Read): Promise<Outcome> {
  const { say } = order
  const allowance = current(ports, order, member)
  const meant = meantIn(allowance, amount)
  if (meant === undefined)
    return said(say('allowance.which-unit', { units: UNITS.filter((unit) => allowance.limits[unit] !== undefined).join(', ') }))
  const limitNow = allowance.limits[meant.unit]
  if (limitNow === undefined) return said(say('allowance.no-such-limit', { name: member.name, unit: say(`allowance.unit-${meant.unit}`) }))
  if (meant.amount <= 0) return said(say('allowance.no-amount', { words: order.words.slice(1).join(' ') }))
  const period = rest.length === 0 ? allowance.period : readPeriod(rest[0])
  if (period === undefined || rest.length > 1) return { kind: 'misuse' }
  // what is given counts in the period in which it is given
  if (DAYS_OF[period] > DAYS_OF[allowance.period])
    return said(say('allowance.longer-period', { name: member.name, period: say(`allowance.per-${allowance.period}`) }))
  const words = amountInWords(order.sentences, order.member.locale, meant.unit, meant.amount)
  if (meant.amount > limitNow && !order.isConfirmed)
    return { kind: 'confirm', what: say('allowance.confirm-give', { name: member.name, amount: words }) }
  const now = ports.now()
  const { until } = periodAt(period, now, member.timeZone)
  const grant = { cause: order.eventId, event: order.eventId, member: member.id, ...meant, from: now, until, grantedBy: order.member.id }
  await ports.tenants.open(member.tenant).allowances.grant(grant)
  await order.note(member.tenant, { action: 'allowance.granted', subject: member.id, detail: { ...meant, until } })
  const end = momentInWords(until, now, { timeZone: member.timeZone, locale: order.member.locale })
  return said(say('allowance.given', { name: member.name, amount: words, until: end }))
}

/** A limit of its own, from now on. */
async function limit(ports: AllowancePorts, order: Ordered, member: Member, { amount, rest }: Read): Promise<Outcome> {
  const { say } = order
  const allowance = current(ports, order, member)
  const meant = meantIn(allowance, amount)
  if (meant === undefined) return said(say('allowance.which-unit', { units: UNITS.join(', ') }))
  const words = rest.filter((word) => !['per', 'a', 'pro', 'am'].includes(word.toLowerCase()))
  const period = words.length === 0 ? allowance.period : readPeriod(words[0])
  if (period === undefined || words.length > 1) return { kind: 'misuse' }
  return set(ports, order, member, { ...allowance, period, limits: { ...allowance.limits, [meant.unit]: meant.amount } })
}

async function set(ports: AllowancePorts, order: Ordered, member: Member, allowance: Allowance): Promise<Outcome> {
  const { say } = order
  const before = current(ports, order, member)
  if (isLooser(allowance, before) && !order.isConfirmed)
    return { kind: 'confirm', what: say('allowance.confirm-set', { name: member.name }) }
  const changed = await ports.settings.change({ kind: 'allowance', member: member.id, allowance })
  if (!changed.ok) return said(say('order.not-changed', { reason: changed.error.sentence }))
  const { money, messages, minutes } = allowance.limits
  const detail = Object.fromEntries(
    Object.entries({ period: allowance.period, money, messages, minutes, hours: allowance.hours.length }).filter(
      ([, value]) => value !== undefined,
    ),
  ) as Record<string, string | number>
  await order.note(member.tenant, { action: 'allowance.set', subject: member.id, detail }, changed.value)
  const limits = limitsIn(allowance, member.id, ports.now(), member.timeZone)
  const words = limits.map(({ unit, amount }) => amountInWords(order.sentences, order.member.locale, unit, amount)).join(', ')
  const head =
    words === ''
      ? say('allowance.set-hours', { name: member.name })
      : say('allowance.set', { name: member.name, amount: words, period: say(`allowance.per-${allowance.period}`) })
  return said([head, ...hoursLines(order, allowance)].join('\n'))
}

/** A bare number is meant in the one unit that the allowance has. */
function meantIn({ limits }: Allowance, amount: Amount): ReturnType<typeof inUnit> {
  const units = UNITS.filter((unit) => limits[unit] !== undefined)
  const [only] = units
  if (amount.unit !== undefined) return inUnit(amount, amount.unit)
  return units.length === 1 && only !== undefined ? inUnit(amount, only) : undefined
}

const DAYS_OF: Readonly<Record<Allowance['period'], number>> = { day: 1, week: 7, month: 30 }

/** True if something of it allows more than before, counted for a day; hours that are changed may. */
function isLooser(next: Allowance, before: Allowance): boolean {
  const perDay = ({ limits, period }: Allowance, unit: AllowanceUnit): number =>
    (limits[unit] ?? Number.POSITIVE_INFINITY) / DAYS_OF[period]
  const hasMoreHours = before.hours.length > 0 && JSON.stringify(next.hours) !== JSON.stringify(before.hours)
  return hasMoreHours || UNITS.some((unit) => perDay(next, unit) > perDay(before, unit))
}
