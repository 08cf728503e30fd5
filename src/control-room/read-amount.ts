import { NANO_USD } from '../budgets/money.ts'
import type { AllowancePeriod, AllowanceUnit } from '../contracts/allowance.ts'

/** An amount as somebody wrote it, in integers: nano-USD, messages, minutes. `unit` is undefined for a bare number, given as it stands. */
export interface Amount {
  readonly isMore: boolean
  readonly unit: AllowanceUnit | undefined
  readonly amount: number
}

/** Beyond this it is a slip, whatever the unit. */
const MOST = 100_000
const UNITS: ReadonlyMap<string, AllowanceUnit> = new Map([
  ['$', 'money'],
  ['usd', 'money'],
  ['dollar', 'money'],
  ['dollars', 'money'],
  ['message', 'messages'],
  ['messages', 'messages'],
  ['nachricht', 'messages'],
  ['nachrichten', 'messages'],
  ['m', 'minutes'],
  ['min', 'minutes'],
  ['minute', 'minutes'],
  ['minutes', 'minutes'],
  ['minuten', 'minutes'],
])
const PERIODS: ReadonlyMap<string, AllowancePeriod> = new Map([
  ['day', 'day'],
  ['today', 'day'],
  ['tag', 'day'],
  ['heute', 'day'],
  ['week', 'week'],
  ['woche', 'week'],
  ['month', 'month'],
  ['monat', 'month'],
])
const AMOUNT = /^(?<more>\+)?(?<dollar>\$)?(?<number>\d{1,9}(?:[.,]\d{1,6})?)(?<unit>[a-z$]+)?$/iu

/** Reads `+2`, `+$0.50`, `40 messages`, `15min`; the rest of the words comes back. undefined: this is no amount. */
export function readAmount(words: readonly string[]): { readonly amount: Amount; readonly rest: readonly string[] } | undefined {
  const [first = '', next = ''] = words
  const groups = AMOUNT.exec(first)?.groups
  if (groups === undefined) return undefined
  const attached = groups['unit'] === undefined ? undefined : UNITS.get(groups['unit'].toLowerCase())
  if (groups['unit'] !== undefined && attached === undefined) return undefined
  const following = attached === undefined && groups['dollar'] === undefined ? UNITS.get(next.toLowerCase()) : undefined
  const unit = groups['dollar'] === undefined ? (attached ?? following) : 'money'
  const number = Number((groups['number'] ?? '').replace(',', '.'))
  if (!Number.isFinite(number) || number > MOST) return undefined
  // nobody has half a message
  if ((unit === 'messages' || unit === 'minutes') && !Number.isInteger(number)) return undefined
  const amount = unit === 'money' ? Math.round(number * NANO_USD) : number
  return { amount: { isMore: groups['more'] !== undefined, unit, amount }, rest: words.slice(following === undefined ? 1 : 2) }
}

/** A bare number in the unit it is meant in; undefined where it would be half a message. */
export function inUnit(
  { unit, amount }: Amount,
  meant: AllowanceUnit,
): { readonly unit: AllowanceUnit; readonly amount: number } | undefined {
  if (unit !== undefined) return { unit, amount }
  if (meant === 'money') return { unit: meant, amount: Math.round(amount * NANO_USD) }
  return Number.isInteger(amount) ? { unit: meant, amount } : undefined
}

/** The period somebody named: `day`, `per week`, `/month`; undefined if the word is none. */
export function readPeriod(word: string | undefined): AllowancePeriod | undefined {
  return PERIODS.get((word ?? '').replace(/^\//u, '').toLowerCase())
}
