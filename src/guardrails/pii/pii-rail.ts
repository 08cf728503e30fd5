import type { Finding, HouseholdNames, RailInput, RailPolicy, Span } from '../../contracts/rails.ts'
import { originalSpan } from '../variant.ts'
import type { Variant } from '../variant.ts'
import { findPii } from './find-pii.ts'
import { createHouseholdFinder } from './household-finder.ts'

export type PiiRail = (variants: readonly Variant[], input: RailInput, policy: RailPolicy) => readonly Finding[]

interface Found extends Span {
  readonly score: number
  readonly isRedacted: boolean
}

/** A finding while its spans are collected. */
interface Gathered {
  readonly type: string
  readonly isRedacted: boolean
  score: number
  readonly spans: Span[]
}

/** What was found elsewhere comes without proof. */
const knownScore = 0.85

/** Numbering plans that count where the household names no country. */
const defaultCountries = ['US', 'GB', 'DE']

/**
 * Personal data in the plain reading. One finding a type; it asks for `redact` where the policy names the type (or, for
 * the household's own, HOUSEHOLD) in this direction, else for nothing. Spans known from elsewhere count where nothing was
 * found here.
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
    const found = findPii(plain.text, { countries, household }).map((match): Found => {
      const isRedacted = redacted.has(match.type) || (own.has(match) && redacted.has('HOUSEHOLD'))
      return { type: match.type, score: match.score, isRedacted, ...originalSpan(plain, match.start, match.end, input.text) }
    })
    const known = (input.knownSpans ?? [])
      .filter((span) => !found.some((one) => span.start < one.end && one.start < span.end))
      .map((span): Found => ({ ...span, score: knownScore, isRedacted: redacted.has(span.type) }))
    const byKind = new Map<string, Gathered>()
    for (const { type, start, end, score, isRedacted } of [...found, ...known]) {
      const kind = `${type} ${String(isRedacted)}`
      const gathered = byKind.get(kind) ?? { type, isRedacted, score: 0, spans: [] }
      gathered.score = Math.max(gathered.score, score)
      gathered.spans.push({ type, start, end })
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
