import { isValidPhoneNumber } from 'libphonenumber-js/max'
import type { CountryCode } from 'libphonenumber-js/max'
import { hasCue } from './cues.ts'
import type { PiiMatch } from './pii-match.ts'

/** Seven to fifteen digits in groups, as people write them. */
const candidate = /(?<![\p{L}\p{N}@#€$£]|\d[.,:/])(?:\+|00|\()?\d(?:[ \t.\-/–()]{0,3}\d){5,14}(?![\p{L}\p{N}]|[-/]\d|[.,:]\d|\s?[%€$£°])/gu

/** A text with more numbers is a table: its later numbers are told by shape and cue alone. */
const mostLookedUp = 200

const dateLike =
  /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|(?:1[89]|20)\d\d ?[-–/ ] ?(?:1[89]|20)\d\d)(?:\s+\d{1,2})?$/
const decimal = /^\d+[.,]\d+$/
const thousands = /^[1-9]\d{0,2}(?:[ .]\d{3})+$/
const areaInBrackets = /^\(\d{1,5}\)[ ]?\d[\d .-]{4,}$/
const northAmerican = /^(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}$/
const nationalPrefix = /^0\d/
const pairs = /^\d{2,3}(?:([ .-])\d{2}){3,4}$/

/** Telephone numbers: by their shape, by the numbering plans of the household's countries, or by what the line says. */
export function findPhones(text: string, countries: readonly string[]): readonly PiiMatch[] {
  const found: PiiMatch[] = []
  let asked = 0
  for (const { 0: raw, index } of text.matchAll(candidate)) {
    asked += 1
    const score = judge(raw, text, index, asked > mostLookedUp ? [] : countries)
    if (score > 0) found.push({ type: 'PHONE_NUMBER', start: index, end: index + raw.length, score })
  }
  return found
}

function judge(hit: string, text: string, start: number, countries: readonly string[]): number {
  const digits = hit.replace(/\D/g, '')
  if (!mayBePhone(hit, digits)) return 0
  if (hit.startsWith('+')) return digits.length >= 8 ? 1 : 0
  if (hasCue(text, start, 'notPhone')) return 0
  const isLong = digits.length >= 7
  if (hasCue(text, start, 'phone')) return isLong || nationalPrefix.test(hit) ? 0.95 : 0
  if (!isLong) return 0
  const score = judgeByShape(hit, digits, countries)
  return score === 0 && localNumber.test(hit) && isSaidOrAlone(text, start, hit.length) ? 0.7 : score
}

function mayBePhone(hit: string, digits: string): boolean {
  if (digits.length < 6 || digits.length > 15 || /^(\d)\1+$/.test(digits)) return false
  return /^(?:\+|00)/.test(hit) || !(dateLike.test(hit.trim()) || decimal.test(hit))
}

const localNumber = /^\d{3,4}[ -]\d{4}$/

/** `9472 7916` as the whole answer, or behind a preposition. */
function isSaidOrAlone(text: string, start: number, length: number): boolean {
  return text.trim().length === length || /(?:\b(?:at|on|to|from|under|unter|an)|: ?)\s*$/i.test(text.slice(Math.max(0, start - 8), start))
}

/** Of a number of which the line says nothing. */
function judgeByShape(hit: string, digits: string, countries: readonly string[]): number {
  const hasPrefix = nationalPrefix.test(hit)
  if (thousands.test(hit) || (!hasPrefix && !/\D/.test(hit))) return 0
  if (northAmerican.test(hit) || areaInBrackets.test(hit)) return 0.9
  // without a prefix two groups are as well a house and a street
  const isGrouped = hasPrefix || hit.split(/[ .\-/–()]+/).length >= 3
  if (isGrouped && countries.some((country) => isValidPhoneNumber(hit, country as CountryCode))) return 0.9
  const isDialled = pairs.test(hit) || /^0\d{1,4}[ \-/]\d/.test(hit)
  return hasPrefix && isDialled && digits.length >= 9 ? 0.8 : 0
}
