import type { AllowedHours } from '../contracts/allowance.ts'

const DAYS: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ['school-days', [1, 2, 3, 4, 5]],
  ['schultage', [1, 2, 3, 4, 5]],
  ['weekend', [6, 7]],
  ['wochenende', [6, 7]],
  ['every-day', [1, 2, 3, 4, 5, 6, 7]],
  ['daily', [1, 2, 3, 4, 5, 6, 7]],
  ['täglich', [1, 2, 3, 4, 5, 6, 7]],
  ...['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((day, index) => [day, [index + 1]] as const),
  ...['mo', 'di', 'mi', 'do', 'fr', 'sa', 'so'].map((day, index) => [day, [index + 1]] as const),
])
const CLOCK = /^(?<hour>[01]?\d|2[0-3]|24):(?<minute>[0-5]\d)$/u
const BETWEEN = new Set(['to', 'bis', '-', '–', 'until'])

/** Reads `school-days 07:00 to 20:00`, `sat sun 09:00-21:00`, `always` (no hours at all); undefined if the words are none. */
export function readHours(words: readonly string[]): readonly AllowedHours[] | undefined {
  const said = words
    .flatMap((word) => word.toLowerCase().split(/(?<=\d)[-–](?=\d)/u))
    .filter((word) => word !== 'hours' && word !== 'von' && word !== 'from')
  if (said.length === 1 && ['always', 'immer'].includes(said[0] ?? '')) return []
  const joined = said
    .join(' ')
    .replace(/\bschool days\b/u, 'school-days')
    .replace(/\bevery day\b/u, 'every-day')
    .split(' ')
  const times = joined.filter((word) => !BETWEEN.has(word))
  const days = times.slice(0, -2)
  const [from, until] = times.slice(-2).map(minuteOf)
  const numbers = days.map((day) => DAYS.get(day.replace(/,$/u, '')))
  if (from === undefined || until === undefined || from === until || numbers.includes(undefined)) return undefined
  const known = numbers.flatMap((some) => some ?? [])
  return [{ days: known.length === 0 ? [1, 2, 3, 4, 5, 6, 7] : [...new Set(known)], fromMinute: from, untilMinute: until }]
}

function minuteOf(word: string): number | undefined {
  const groups = CLOCK.exec(word)?.groups
  return groups === undefined ? undefined : Number(groups['hour']) * 60 + Number(groups['minute'])
}
