import { Temporal } from 'temporal-polyfill'
import type { AllowancePeriod, AllowedHours } from '../contracts/allowance.ts'

/** A period in ms since the epoch; `until` is the first moment after it. */
export interface Span {
  readonly since: number
  readonly until: number
}

/** The period around `now` in a time zone. Days have 23 or 25 hours where a clock is put forward or back. */
export function periodAt(period: AllowancePeriod, now: number, timeZone: string): Span {
  const day = zonedAt(now, timeZone).startOfDay()
  const begin = period === 'day' ? day : period === 'week' ? day.subtract({ days: day.dayOfWeek - 1 }) : day.with({ day: 1 })
  const next = { day: { days: 1 }, week: { weeks: 1 }, month: { months: 1 } }[period]
  return { since: begin.startOfDay().epochMilliseconds, until: begin.add(next).startOfDay().epochMilliseconds }
}

/** True within allowed hours, or where there are none. Hours that end before they begin reach past midnight. */
export function isWithinHours(hours: readonly AllowedHours[], now: number, timeZone: string): boolean {
  if (hours.length === 0) return true
  const local = zonedAt(now, timeZone)
  const minute = local.hour * 60 + local.minute
  const yesterday = local.dayOfWeek === 1 ? 7 : local.dayOfWeek - 1
  return hours.some(({ days, fromMinute, untilMinute }) => {
    if (fromMinute < untilMinute) return days.includes(local.dayOfWeek) && minute >= fromMinute && minute < untilMinute
    return (days.includes(local.dayOfWeek) && minute >= fromMinute) || (days.includes(yesterday) && minute < untilMinute)
  })
}

/** The next moment within allowed hours, ms since the epoch; `now` if that is one, undefined if none comes within eight days. */
export function nextAllowed(hours: readonly AllowedHours[], now: number, timeZone: string): number | undefined {
  if (isWithinHours(hours, now, timeZone)) return now
  const today = zonedAt(now, timeZone).startOfDay()
  const begins = Array.from({ length: 9 }, (_, ahead) => today.add({ days: ahead })).flatMap((day) =>
    hours
      .filter(({ days }) => days.includes(day.dayOfWeek))
      // an hour that a clock skips begins when it is put forward
      .map(({ fromMinute }) => day.with({ hour: Math.floor(fromMinute / 60), minute: fromMinute % 60 }).epochMilliseconds),
  )
  const coming = begins.filter((begin) => begin > now)
  return coming.length === 0 ? undefined : Math.min(...coming)
}

/** A moment as people of this zone write it: the time, and the day where it is not today's. */
export function momentInWords(
  moment: number,
  now: number,
  { timeZone, locale }: { readonly timeZone: string; readonly locale: string },
): string {
  const isToday = zonedAt(moment, timeZone).toPlainDate().equals(zonedAt(now, timeZone).toPlainDate())
  const day = isToday ? {} : ({ weekday: 'long', day: 'numeric', month: 'long' } as const)
  return new Intl.DateTimeFormat(locale === 'de' ? 'de-DE' : 'en-GB', { timeZone, hour: '2-digit', minute: '2-digit', ...day }).format(
    moment,
  )
}

function zonedAt(moment: number, timeZone: string): Temporal.ZonedDateTime {
  return Temporal.Instant.fromEpochMilliseconds(moment).toZonedDateTimeISO(timeZone)
}
