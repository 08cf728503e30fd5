import { findAddresses } from './find-addresses.ts'
import { findBirthDates, findPostalCodes } from './find-cued.ts'
import { findCards, findIbans, findIpAddresses, findSocialSecurity } from './find-identifiers.ts'
import { findEmails, findWebAddresses } from './find-online.ts'
import { findPeople } from './find-people.ts'
import { findPhones } from './find-phones.ts'
import { PiiMatches } from './pii-match.ts'
import type { PiiMatch } from './pii-match.ts'

export interface PiiOptions {
  /** ISO 3166 codes whose numbering plans count, the home country first. */
  readonly countries: readonly string[]
  /** What the household's own finder found in this text: it wins over all others. */
  readonly household?: readonly PiiMatch[]
}

/**
 * Personal data in a text, without overlaps, in the order of the text. Types by priority: the household's own, mail, web,
 * IBAN, IP, SSN, card, phone, address, postal code, birth date, person.
 */
export function findPii(text: string, options: PiiOptions): readonly PiiMatch[] {
  const hasDigits = /\d.*\d/s.test(text)
  const matches = new PiiMatches(text.length)
  for (const match of options.household ?? []) matches.add(match)
  const finders = [
    text.includes('@') || /\bat\b/i.test(text) ? findEmails : none,
    text.includes('.') || text.includes('://') ? findWebAddresses : none,
    ...(hasDigits
      ? [findIbans, findIpAddresses, findSocialSecurity, findCards, (given: string) => findPhones(given, options.countries)]
      : []),
    findAddresses,
    ...(hasDigits ? [findPostalCodes, findBirthDates] : []),
    findPeople,
  ]
  for (const find of finders) for (const match of find(text)) matches.add(match)
  return matches.inOrder()
}

function none(): readonly PiiMatch[] {
  return []
}
