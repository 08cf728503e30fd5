import { isIPv6 } from 'node:net'
import { hasCue } from './cues.ts'
import type { PiiMatch } from './pii-match.ts'

/** How many places an IBAN has, by country (SWIFT IBAN registry). */
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AL: 28, AT: 20, AZ: 28, BA: 20, BE: 16, BG: 22, BH: 22, BR: 29, BY: 28, CH: 21, CR: 22, CY: 28, CZ: 24, DE: 22, DK: 18, DO: 28,
  EE: 20, EG: 29, ES: 24, FI: 18, FO: 18, FR: 27, GB: 22, GE: 22, GI: 23, GL: 18, GR: 27, GT: 28, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26,
  IT: 27, JO: 30, KW: 30, KZ: 20, LB: 28, LC: 32, LI: 21, LT: 20, LU: 20, LV: 21, MC: 27, MD: 24, ME: 22, MK: 19, MR: 27, MT: 31, MU: 30, NL: 18,
  NO: 15, PK: 24, PL: 28, PS: 29, PT: 25, QA: 29, RO: 24, RS: 22, SA: 24, SC: 31, SE: 24, SI: 19, SK: 24, SM: 27, ST: 25, SV: 28, TL: 23, TN: 24,
  TR: 26, UA: 29, VA: 22, VG: 24, XK: 20,
} // prettier-ignore

const iban = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}(?![A-Za-z0-9])/g
const ibanStart = /(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9]/

/** IBANs with a true checksum; after the word IBAN also one with a slip in it. */
export function findIbans(text: string): readonly PiiMatch[] {
  if (!ibanStart.test(text)) return []
  const found: PiiMatch[] = []
  for (const { 0: hit, index } of text.matchAll(iban)) {
    const length = ibanLengths[hit.slice(0, 2).toUpperCase()]
    if (length === undefined) continue
    // the words that follow an IBAN look like more of it
    const end = endAfterPlaces(hit, length)
    if (end === undefined) continue
    const given = hit.slice(0, end)
    if (leavesOne(given.replace(/[ -]/g, '').toUpperCase())) found.push({ type: 'IBAN_CODE', start: index, end: index + end, score: 1 })
    else if (hasCue(text, index, 'iban')) found.push({ type: 'IBAN_CODE', start: index, end: index + end, score: 0.8 })
  }
  return found
}

function endAfterPlaces(hit: string, places: number): number | undefined {
  let count = 0
  for (let at = 0; at < hit.length; at += 1) {
    if (/[A-Za-z0-9]/.test(hit.charAt(at))) count += 1
    if (count === places) return /[A-Za-z0-9]/.test(hit.charAt(at + 1)) ? undefined : at + 1
  }
  return undefined
}

/** ISO 7064 mod 97-10: the four first places moved to the end, letters as 10 to 35, leave 1. */
function leavesOne(code: string): boolean {
  let rest = 0
  for (const place of `${code.slice(4)}${code.slice(0, 4)}`) {
    const value = Number.parseInt(place, 36)
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97
  }
  return rest === 1
}

const cardRun = /(?<![\p{L}\p{N}.,]|\d[-/])\d(?:[ -]?\d){11,18}(?![\p{L}\p{N}]|[-/.,]\d)/gu
const cardGroups = /^(?:\d+|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})$/

/** Payment cards: 12 to 19 digits with a true Luhn digit that begin as an issuer's do; beside the word card the digits alone. */
export function findCards(text: string): readonly PiiMatch[] {
  const found: PiiMatch[] = []
  for (const { 0: hit, index } of text.matchAll(cardRun)) {
    const digits = hit.replace(/\D/g, '')
    const isCued = hasCue(text, index, 'card', index + hit.length)
    const isGrouped = cardGroups.test(hit)
    if (!isGrouped && !isCued) continue
    const isTrue = passesLuhn(digits)
    if (isTrue && (isCued || isIssued(digits))) found.push({ type: 'CREDIT_CARD', start: index, end: index + hit.length, score: 1 })
    else if (isCued && isGrouped && isIssued(digits)) found.push({ type: 'CREDIT_CARD', start: index, end: index + hit.length, score: 0.8 })
  }
  return found
}

function passesLuhn(digits: string): boolean {
  let sum = 0
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits.charAt(digits.length - 1 - at))
    const doubled = at % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0 && !/^(\d)\1+$/.test(digits)
}

/** First digits and lengths of the large issuers (ISO/IEC 7812 ranges). */
function isIssued(digits: string): boolean {
  return (
    (digits.startsWith('4') && [13, 16, 19].includes(digits.length)) ||
    /^(?:5[1-5]|2[2-7])\d{14}$/.test(digits) ||
    /^3[47]\d{13}$/.test(digits) ||
    /^3(?:0[0-5]|[689]\d)\d{11}$/.test(digits) ||
    /^6(?:011|4[4-9]\d|5\d\d)\d{12}$/.test(digits) ||
    /^35\d{14}$/.test(digits) ||
    /^(?:2131|1800)\d{11}$/.test(digits) ||
    /^62\d{14,17}$/.test(digits) ||
    /^(?:5[06-8]|6[0-9])\d{10,17}$/.test(digits)
  )
}

const ssn = /(?<![\p{L}\p{N}.-])(?!000|666|9\d\d)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\p{L}\p{N}]|[-.]\d)/gu
const bareSsn = /(?<![\p{L}\p{N}.-])(?!000|666|9\d\d)\d{3}(?!00)\d{2}(?!0000)\d{4}(?![\p{L}\p{N}]|[-.]\d)/gu

/** US social security numbers: 3-2-4 with hyphens, or any way of writing beside their name. */
export function findSocialSecurity(text: string): readonly PiiMatch[] {
  const found: PiiMatch[] = []
  for (const { 0: hit, 1: separator, index } of text.matchAll(ssn)) {
    const isCued = hasCue(text, index, 'ssn')
    if (separator === '-' || isCued) found.push({ type: 'US_SSN', start: index, end: index + hit.length, score: isCued ? 1 : 0.9 })
  }
  for (const { 0: hit, index } of text.matchAll(bareSsn)) {
    if (hasCue(text, index, 'ssn')) found.push({ type: 'US_SSN', start: index, end: index + hit.length, score: 0.9 })
  }
  return found
}

const ipv4 =
  /(?<![\p{L}\p{N}.]|\d[-/])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?![\p{L}\p{N}]|\.\d)/gu
const ipv6 = /(?<![\p{L}\p{N}:.])[0-9a-f:]{2,39}(?:\.\d{1,3}){0,3}(?![\p{L}\p{N}:])/giu

/** IP addresses, both versions; not what is called a version or a section. */
export function findIpAddresses(text: string): readonly PiiMatch[] {
  const found: PiiMatch[] = []
  for (const { 0: hit, index } of text.matchAll(ipv4)) {
    if (!hasCue(text, index, 'version')) found.push({ type: 'IP_ADDRESS', start: index, end: index + hit.length, score: 1 })
  }
  if (!text.includes(':')) return found
  for (const { 0: hit, index } of text.matchAll(ipv6)) {
    const isLong = hit.length > 6 || /^::1$/.test(hit)
    if (hit.includes(':') && isLong && isIPv6(hit)) found.push({ type: 'IP_ADDRESS', start: index, end: index + hit.length, score: 1 })
  }
  return found
}
