import { Temporal } from 'temporal-polyfill'

const CLOCK = /^(?<hour>[01]?\d|2[0-3]):(?<minute>[0-5]\d)$/u
const LENGTH = /^(?<number>\d{1,4})(?<unit>m|min|h|d)$/u
const UNTIL = new Set(['until', 'bis', 'for', 'für'])
const TOMORROW = new Set(['tomorrow', 'morgen'])

/**
 * Reads `until 18:00`, `until tomorrow 07:00`, `for 2h` in a time zone: ms since the epoch, after `now`. undefined: nothing was said of an
 * end; 'unreadable': something was, that is no moment to come.
 */
export function readMoment(words: readonly string[], now: number, timeZone: string): number | undefined | 'unreadable' {
  const said = words.filter((word) => !UNTIL.has(word.toLowerCase()))
  if (said.length === 0) return words.length === 0 ? undefined : 'unreadable'
  const [first = '', second] = said
  const length = LENGTH.exec(first.toLowerCase())?.groups
  const zoned = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone)
  if (length !== undefined && second === undefined) {
    const number = Number(length['number'])
    const span = length['unit'] === 'h' ? { hours: number } : length['unit'] === 'd' ? { days: number } : { minutes: number }
    return number === 0 ? 'unreadable' : zoned.add(span).epochMilliseconds
  }
  const isTomorrow = TOMORROW.has(first.toLowerCase())
  const time = isTomorrow ? (second ?? '00:00') : first
  const clock = CLOCK.exec(time)?.groups
  if (clock === undefined || said.length > (isTomorrow ? 2 : 1)) return 'unreadable'
  const day = isTomorrow ? zoned.add({ days: 1 }) : zoned
  const at = day.startOfDay().with({ hour: Number(clock['hour']), minute: Number(clock['minute']) })
  // a time that has passed is meant for tomorrow
  return (at.epochMilliseconds > now ? at : at.add({ days: 1 })).epochMilliseconds
}
