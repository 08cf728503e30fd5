import { isValidPhoneNumber } from 'libphonenumber-js/max'
import type { CountryCode } from 'libphonenumber-js/max'
import { hasCue } from './cues.ts'
import type { PiiMatch } from './pii-match.ts'

/** Seven to fifteen digits in groups, as people write them. */
const candidate = /(?<![\p{L}\p{N}@#€$£]|\d[.,:/])(?:\+|00|\()?\d(?:[ \t.\-/–()]{0,3}\d){5,14}(?![\p{L}\p{N}]|[-/]\d|[.,:]\d|\s?[%€$£°])/gu

const dateLike =
  /^(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|(?:1[89]|20)\d\d ?[-–/] ?(?:1[89]|20)\d\d)(?:\s+\d{1,2})?$/
const decimal = /^\d+[.,]\d+$/
const thousands = /^[1-9]\d{0,2}(?:[ .]\d{3})+$/
const areaInBrackets = /^\(\d{1,5}\)[ ]?\d[\d .-]{4,}$/
const northAmerican = /^(?:1[ .-])?(?:\([2-9]\d\d\) ?|[2-9]\d\d[ .-])[2-9]\d\d[ .-]\d{4}$/
const nationalPrefix = /^0\d/
const pairs = /^\d{2,3}(?:([ .-])\d{2}){3,4}$/

/** Telephone numbers: by their shape, by the numbering plans of the household's countries, or by what the line says. */
export function findPhones(text: string, countries: readonly string[]): readonly PiiMatch[] {
  const found: PiiMatch[] = []
  for (const { 0: raw, index } of text.matchAll(candidate)) {
    const score = judge(raw, text, index, countries)
    if (score > 0) found.push({ type: 'PHONE_NUMBER', start: index, end: index + raw.length, score })
  }
  return found
}

function judge(hit: string, text: string, start: number, countries: readonly string[]): number {
  const digits = hit.replace(/\D/g, '')
  const isInternational = hit.startsWith('+') || hit.startsWith('00')
  if (digits.length < 6 || digits.length > 15 || /^(\d)\1+$/.test(digits)) return 0
  if (!isInternational && (dateLike.test(hit.trim()) || decimal.test(hit))) return 0
  const isCued = hasCue(text, start, 'phone')
  const isOther = hasCue(text, start, 'notPhone')
  if (hit.startsWith('+')) return digits.length >= 8 ? 1 : 0
  if (isCued && !isOther) return digits.length >= 7 || nationalPrefix.test(hit) ? 0.95 : 0
  if (isOther || digits.length < 7) return 0
  const isBare = !/\D/.test(hit)
  if (thousands.test(hit) || (isBare && !nationalPrefix.test(hit))) return 0
  if (northAmerican.test(hit) || areaInBrackets.test(hit)) return 0.9
  // without a prefix two groups are as well a house and a street
  const isPhoneLike = nationalPrefix.test(hit) || hit.split(/[ .\-/–()]+/).length >= 3 || isInternational
  if (isPhoneLike && isValidSomewhere(hit, countries)) return 0.9
  return nationalPrefix.test(hit) && (pairs.test(hit) || /^0\d{1,4}[ \-/]\d/.test(hit)) && digits.length >= 9 ? 0.8 : 0
}

function isValidSomewhere(hit: string, countries: readonly string[]): boolean {
  return countries.some((country) => isValidPhoneNumber(hit, country as CountryCode))
}
