import { z } from 'zod'
import type { Allowance, AllowedHours } from '../contracts/allowance.ts'

const NANO_USD = 1_000_000_000
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
const GROUPS: Readonly<Record<string, readonly number[]>> = {
  'school-days': [1, 2, 3, 4, 5],
  weekend: [6, 7],
  'every-day': [1, 2, 3, 4, 5, 6, 7],
}

const clock = z.string().regex(/^([01]?\d|2[0-4]):[0-5]\d$/, 'Write the time like "07:00", in quotes.')
const days = z.array(z.enum([...DAYS, 'school-days', 'weekend', 'every-day'])).min(1, 'Name at least one day.')

/** Days and times, of an allowance or as `quiet_hours` of a member. */
export const hoursEntry = z.array(z.strictObject({ days: days.default(['every-day']), from: clock, to: clock }))

/** `allowance:` of a member or a tenant. */
export const allowanceEntry = z.strictObject({
  per: z.enum(['day', 'week', 'month']).default('day'),
  usd: z.number().nonnegative('Write US dollars.').max(1_000_000, 'Write US dollars.').optional(),
  messages: z.int().nonnegative('Use a whole number.').max(1_000_000, 'Use a smaller number.').optional(),
  minutes: z.int().nonnegative('Use a whole number.').max(1_000_000, 'Use a smaller number.').optional(),
  hours: hoursEntry.default([]),
})
export type AllowanceEntry = z.input<typeof allowanceEntry>

/** As the rest of the program reads it: integers, days by number. */
export function toAllowance(entry: z.output<typeof allowanceEntry>): Allowance {
  const { per, usd, messages, minutes, hours } = entry
  return {
    period: per,
    limits: {
      ...(usd === undefined ? {} : { money: Math.round(usd * NANO_USD) }),
      ...(messages === undefined ? {} : { messages }),
      ...(minutes === undefined ? {} : { minutes }),
    },
    hours: hours.map(toHours),
  }
}

/** As the rest of the program reads it. */
export function toHours({ days: names, from, to }: z.output<typeof hoursEntry>[number]): AllowedHours {
  const numbers = names.flatMap((name) => GROUPS[name] ?? [DAYS.indexOf(name as (typeof DAYS)[number]) + 1])
  return { days: [...new Set(numbers)], fromMinute: minuteOf(from), untilMinute: minuteOf(to) }
}

function minuteOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number)
  return hour * 60 + minute
}

/** The entry that reads back as this allowance. */
export function toAllowanceEntry({ period, limits, hours }: Allowance): AllowanceEntry {
  const { money, messages, minutes } = limits
  return {
    per: period,
    ...(money === undefined ? {} : { usd: money / NANO_USD }),
    ...(messages === undefined ? {} : { messages }),
    ...(minutes === undefined ? {} : { minutes }),
    ...(hours.length === 0 ? {} : { hours: hours.map(toHoursEntry) }),
  }
}

function toHoursEntry({ days: numbers, fromMinute, untilMinute }: AllowedHours): NonNullable<AllowanceEntry['hours']>[number] {
  return { days: numbers.flatMap((number) => DAYS[number - 1] ?? []), from: toClock(fromMinute), to: toClock(untilMinute) }
}

function toClock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
}
