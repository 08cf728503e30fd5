import type { Finding, HouseholdNames, RailInput, RailPolicy, Span } from '../../contracts/rails.ts'
import { originalSpan } from '../variant.ts'
import type { Variant } from '../variant.ts'
import { findPii } from './find-pii.ts'
import { createHouseholdFinder } from './household-finder.ts'

export type PiiRail = (variants: readonly Variant[], input: RailInput, policy: RailPolicy) => readonly Finding[]

/** A finding while its spans are collected. */
interface Gathered {
  readonly type: string
  readonly isRedacted: boolean
  score: number
  readonly spans: Span[]
}

/** Numbering plans that count where the household names no country. */
const defaultCountries = ['US', 'GB', 'DE']

/**
 * Personal data in the plain reading. One finding a type; it asks for `redact` where the policy names the type (or, for
 * the household's own, HOUSEHOLD) in this direction, else for nothing.
 */
export function createPiiRail(names: HouseholdNames): PiiRail {
  const findHousehold = createHouseholdFinder(names)
  const countries = names.countries.length > 0 ? names.countries : defaultCountries
  return (variants, input, policy) => {
    const [plain] = variants
    if (plain === undefined) return []
    const household = findHousehold(plain.text)
    const own = new Set(household)
    const redacted = new Set(policy.pii[input.direction])
    const byKind = new Map<string, Gathered>()
    for (const match of findPii(plain.text, { countries, household })) {
      const isRedacted = redacted.has(match.type) || (own.has(match) && redacted.has('HOUSEHOLD'))
      const kind = `${match.type} ${String(isRedacted)}`
      const gathered = byKind.get(kind) ?? { type: match.type, isRedacted, score: 0, spans: [] }
      gathered.score = Math.max(gathered.score, match.score)
      gathered.spans.push({ type: match.type, ...originalSpan(plain, match.start, match.end, input.text) })
      byKind.set(kind, gathered)
    }
    return [...byKind.values()].map(({ type, isRedacted, score, spans }) => ({
      rail: 'pii',
      category: type,
      score,
      variant: plain.name,
      spans,
      action: isRedacted ? 'redact' : 'allow',
    }))
  }
}
