import type { Finding, HouseholdNames, RailInput, RailPolicy } from '../../contracts/rails.ts'
import { originalSpan } from '../variant.ts'
import type { Variant } from '../variant.ts'
import { findPii } from './find-pii.ts'
import { createHouseholdFinder } from './household-finder.ts'

export type PiiRail = (variants: readonly Variant[], input: RailInput, policy: RailPolicy) => readonly Finding[]

/** Numbering plans that count where the household names no country. */
const defaultCountries = ['US', 'GB', 'DE']

/**
 * Personal data in the plain reading. One finding a type; it asks for `redact` where the policy names the type (or, for
 * the household's own, HOUSEHOLD) in this direction, else for nothing.
 */
export function createPiiRail(household: HouseholdNames): PiiRail {
  const findHousehold = createHouseholdFinder(household)
  const countries = household.countries.length > 0 ? household.countries : defaultCountries
  return (variants, input, policy) => {
    const [plain] = variants
    if (plain === undefined) return []
    const own = new Set(findHousehold(plain.text).map((match) => match.start))
    const redacted = new Set(policy.pii[input.direction])
    const byKind = new Map<string, Finding>()
    for (const match of findPii(plain.text, { countries, findHousehold })) {
      const isOwn = match.score === 1 && own.has(match.start) && (match.type === 'PERSON' || match.type === 'LOCATION')
      const isRedacted = redacted.has(match.type) || (isOwn && redacted.has('HOUSEHOLD'))
      const span = { type: match.type, ...originalSpan(plain, match.start, match.end, input.text) }
      const kind = `${match.type} ${String(isRedacted)}`
      const known = byKind.get(kind)
      byKind.set(kind, {
        rail: 'pii',
        category: match.type,
        score: Math.max(known?.score ?? 0, match.score),
        variant: plain.name,
        spans: [...(known?.spans ?? []), span],
        action: isRedacted ? 'redact' : 'allow',
      })
    }
    return [...byKind.values()]
  }
}
