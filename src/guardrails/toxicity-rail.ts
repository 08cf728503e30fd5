import type { Finding, RailInput, RailPolicy, Span } from '../contracts/rails.ts'
import { findLanguage } from './language.ts'
import { matchLexicon } from './lexicon.ts'
import type { Lexicon } from './lexicon.ts'
import { findProfanity } from './profanity-list.ts'
import type { ProfanityList } from './profanity-list.ts'
import { readVariants } from './reading.ts'
import type { Reading } from './reading.ts'
import { scoreToxicity } from './toxicity-model.ts'
import type { ToxicityModel } from './toxicity-model.ts'
import type { Variant } from './variant.ts'
import { originalSpan } from './variant.ts'

/** What the rail of toxicity needs. */
export interface ToxicityResources {
  /** Only for what the assistant or the outside says: it takes harmless questions of children for toxic. */
  readonly model: ToxicityModel
  readonly profanity: ProfanityList
  /** `policies/lexicon/insults.yaml`: insults made of ordinary words. */
  readonly insults: Lexicon
}

/** Below this severity the list holds words that children use harmlessly. */
const lowestSeverity = 1.4
const worstSeverity = 3
/** A spelling that only a disguise brings out must be a real word: `as5` is, `sh1t` is, and short names are not. */
const disguisedSeverity = 1.6
const insultScore = 0.7
/** The model knows English only, and a name alone can look toxic to it. */
const fewestWords = 4

/** The rail of toxicity: of a person's own words only listed words count, of an answer also how the whole reads. */
export function createToxicityRail(
  resources: ToxicityResources,
): (variants: readonly Variant[], input: RailInput, policy: RailPolicy) => readonly Finding[] {
  return (variants, input, policy) => {
    const band = policy.toxicity[input.direction]
    if (!Number.isFinite(band.judgeFrom) && !Number.isFinite(band.actFrom)) return []
    const best = findWorst(resources, variants, input)
    if (!best) return []
    if (best.score >= band.actFrom) return [{ ...best, action: band.action }]
    return best.score >= band.judgeFrom ? [{ ...best, action: 'ask-judge' }] : []
  }
}

type Candidate = Omit<Finding, 'action'>

function findWorst(resources: ToxicityResources, variants: readonly Variant[], input: RailInput): Candidate | undefined {
  let worst: Candidate | undefined
  for (const reading of readVariants(variants)) {
    for (const { score, spans } of scoreReading(resources, reading, input)) {
      if (!worst || score > worst.score) worst = { rail: 'toxicity', category: 'toxicity', score, variant: reading.variant.name, spans }
    }
  }
  return worst
}

interface Scored {
  readonly score: number
  readonly spans: readonly Span[]
}

function scoreReading({ model, profanity, insults }: ToxicityResources, reading: Reading, input: RailInput): readonly Scored[] {
  const { tokens, variant } = reading
  const isPlain = variant.name === 'plain'
  const toSpans = (first: number, last: number): readonly Span[] => {
    const span = originalSpan(variant, tokens[first]?.start ?? 0, tokens[last]?.end ?? 0, input.text)
    return [{ type: 'toxicity', ...span }]
  }
  const listed = findProfanity(profanity, tokens)
    .filter(({ severity }) => severity >= (isPlain ? lowestSeverity : disguisedSeverity))
    .map(({ severity, first, last }): Scored => ({ score: 0.4 + (0.6 * severity) / worstSeverity, spans: toSpans(first, last) }))
  if (input.direction === 'in') return listed
  const insulting = matchLexicon(insults, tokens, 'out').map(({ first, last }): Scored => ({
    score: insultScore,
    spans: toSpans(first, last),
  }))
  if (!isPlain || tokens.length < fewestWords || findLanguage(tokens) === 'de') return [...listed, ...insulting]
  return [...listed, ...insulting, { score: scoreToxicity(model, variant.lower), spans: [] }]
}
