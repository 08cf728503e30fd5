import type { Action, Band, Finding, KidCategory, RailInput, RailPolicy, Span } from '../contracts/rails.ts'
import { findCategory } from './category-model.ts'
import type { CategoryModel } from './category-model.ts'
import { addConcepts } from './concepts.ts'
import type { ConceptFinder } from './concepts.ts'
import { likelyScore } from './injection-rail.ts'
import { careCategories, isKidCategory } from './kid-categories.ts'
import { findLanguage } from './language.ts'
import type { Lexicon, LexiconHit } from './lexicon.ts'
import { calibrate, toRawScore } from './linear-model.ts'
import type { LinearModel } from './linear-model.ts'
import { findForbiddenLinks } from './links.ts'
import { normalise } from './normalise.ts'
import { readVariants } from './reading.ts'
import type { Reading } from './reading.ts'
import type { Variant } from './variant.ts'
import { originalSpan } from './variant.ts'
import { harmless, matchByLanguage, weighRules } from './rule-weight.ts'
import { readWindows, shortText } from './windows.ts'

/** What the rail of kid safety needs. */
export interface KidSafetyResources {
  /** `policies/lexicon/en.yaml` and `de.yaml`. */
  readonly lexicons: readonly Lexicon[]
  /** `policies/lexicon/concepts.yaml`. */
  readonly concepts: ConceptFinder
  /** Is this text unsafe for a child? Its calibration is that of both models and the rules together. */
  readonly unsafe: LinearModel
  /** Is this somebody who needs care (self-harm, grooming, harm at home)? */
  readonly care: LinearModel
  /** Which category is it? */
  readonly category: CategoryModel
  /** Hosts that a child's answer may link to, with their subdomains. */
  readonly allowedHosts: ReadonlySet<string>
}

/** In a window of a long text only what is nearly certain counts, because there are many windows. */
const windowFloor = 0.995
const turnsJoined = 4
/** So few words are too little for the models, unless an idea of `concepts.yaml` says what they are about: there the rules decide. */
const fewestWords = 3
const fewestWordsWithoutIdea = 6
/** What is more harmless than half of all harmless texts says nothing. */
const faintest = 0.5
/** A grown-up is met with care only where the models are as sure as the rule: they ask about these things for many reasons. */
const careForAdults = 0.985
/** The care model sees fewer kinds of text than the other: a little less of its raw score counts. Chosen by cross-validation. */
export const careHandicap = 0.5

/** The rail of kid safety: rules of each language or the model, and what only shows over several messages. */
export function createKidSafetyRail(
  resources: KidSafetyResources,
): (variants: readonly Variant[], input: RailInput, policy: RailPolicy) => readonly Finding[] {
  return (variants, input, policy) => {
    const band = policy.kidSafety.bands[input.direction]
    if (input.direction === 'tool' && !Number.isFinite(band.judgeFrom) && !Number.isFinite(band.actFrom)) return []
    const readings = readVariants(variants)
    const found = keepBest([
      ...readings.flatMap((reading) => checkReading(resources, reading, input)),
      ...checkTurns(resources, readings, input),
    ]).flatMap((candidate) => decide(candidate, band, policy))
    return [...found, ...checkLanguage(readings, input), ...checkLinks(resources, input)]
  }
}

interface Candidate extends Omit<Finding, 'action'> {
  readonly category: KidCategory
}

function decide(candidate: Candidate, band: Band, policy: RailPolicy): readonly Finding[] {
  const action: Action = policy.kidSafety.categories[candidate.category]
  if (action === 'allow') return []
  if (candidate.score >= band.actFrom) return [{ ...candidate, action }]
  return candidate.score >= band.judgeFrom ? [{ ...candidate, action: 'ask-judge' }] : []
}

function checkReading(resources: KidSafetyResources, reading: Reading, input: RailInput): readonly Candidate[] {
  const all = matchByLanguage(resources.lexicons, reading.tokens, input.direction).filter(holdsFor(input))
  const hits = all.filter(({ rule }) => rule.category !== harmless)
  const byRule = (score: (hit: LexiconHit) => number): readonly Candidate[] =>
    hits.map((hit) => toCandidate(hit.rule.category, score(hit), reading, spanOf(hit, reading, input)))
  const judged = judgeByModels(resources, reading, { extra: input.direction === 'in' ? weighRules(all) : 0, input })
  if (input.tier === 'adult') return byRule((hit) => (hit.rule.grave === true || judged.score >= careForAdults ? aloneScore(hit) : 0))
  const found = byRule((hit) =>
    input.direction === 'in' ? besideModels(hit, judged.score, reading) : Math.max(judged.score, aloneScore(hit)),
  )
  if (judged.score < faintest || (hits.length > 0 && !judged.isCare)) return found
  const category = judged.isCare ? careCategory(resources, reading) : findCategory(resources.category, reading.features)
  return [...found, toCandidate(category, judged.score, reading, [])]
}

/** What a rule weighs where no model is asked; over several messages even a likely one acts in a child's room. */
function aloneScore({ rule }: LexiconHit): number {
  return rule.level === 'sure' ? 1 : likelyScore
}

/** From here on models agree with a rule; it is then certain, and no judge is asked. */
const agreedFrom = 0.95
/** A sure rule that the models contradict is still looked at: between `judge_from` and `act_from` of the shipped policies. */
const doubtedScore = 0.94

/**
 * What a rule is worth beside the models, which weigh it together with the words: a grave one always acts; in a long text models
 * see too much at once to doubt a rule.
 */
function besideModels({ rule }: LexiconHit, judged: number, { tokens }: Reading): number {
  if (rule.level !== 'sure') return judged
  const isTrusted = rule.grave === true || tokens.length > shortText || judged >= agreedFrom
  return isTrusted ? 1 : Math.max(judged, doubtedScore)
}

interface Judged {
  readonly score: number
  /** The care model was the one that found it. */
  readonly isCare: boolean
}

/** Both models over the whole text, the one for unsafe texts also over the windows of a long one; `extra` is what the rules add. */
function judgeByModels(
  { concepts, unsafe, care }: KidSafetyResources,
  reading: Reading,
  { extra, input }: { readonly extra: number; readonly input: RailInput },
): Judged {
  const found = concepts.find(reading.tokens)
  const fewest = concepts.isTelling(found) ? fewestWords : fewestWordsWithoutIdea
  if (reading.tokens.length < fewest && extra <= 0) return { score: 0, isCare: false }
  const features = addConcepts(reading.features, found)
  const asUnsafe = toRawScore(unsafe, features)
  const asCare = input.direction === 'in' ? toRawScore(care, features) - careHandicap : Number.NEGATIVE_INFINITY
  let score = calibrate(unsafe.calibration, Math.max(asUnsafe, asCare) + extra)
  for (const window of readWindows(reading)) {
    const raw = toRawScore(unsafe, addConcepts(window.features, found, window.first, window.end))
    const inWindow = calibrate(unsafe.calibration, raw)
    if (inWindow >= windowFloor && inWindow > score) score = inWindow
  }
  return { score, isCare: asCare > asUnsafe }
}

/** Grown-ups are only held to what nobody should be helped with, and met with care. */
function holdsFor({ tier }: RailInput): (hit: LexiconHit) => boolean {
  return ({ rule }) => tier !== 'adult' || rule.grave === true || (careCategories.has(rule.category) && rule.level === 'sure')
}

function careCategory({ category }: KidSafetyResources, { features }: Reading): string {
  const named = findCategory(category, features)
  return careCategories.has(named) ? named : 'self-harm'
}

/** Earlier messages and this one read as one text. Only what this message adds counts: a child who moves on is not held to what it said before. */
function checkTurns(resources: KidSafetyResources, readings: readonly Reading[], input: RailInput): readonly Candidate[] {
  const earlier = (input.before ?? []).slice(-turnsJoined)
  const [current] = readings
  if (earlier.length === 0 || input.direction !== 'in' || !current) return []
  const [start] = normalise(`${earlier.join(' \n ')} \n `)
  const [joined] = normalise(`${earlier.join(' \n ')} \n ${input.text}`)
  if (!start || !joined) return []
  const [reading] = readVariants([{ ...joined, name: 'turns' }])
  if (!reading) return []
  const whole: Span[] = [{ type: 'turns', start: 0, end: input.text.length }]
  const ownFrom = reading.tokens.findIndex((token) => token.start >= start.lower.length - 1)
  return matchByLanguage(resources.lexicons, reading.tokens, input.direction)
    .filter(holdsFor(input))
    .filter(({ rule }) => rule.category !== harmless)
    .filter(({ first, last }) => ownFrom >= 0 && first < ownFrom && last >= ownFrom)
    .map((hit) => toCandidate(hit.rule.category, aloneScore(hit), reading, whole))
}

function checkLanguage(readings: readonly Reading[], { tier, direction, text }: RailInput): readonly Finding[] {
  const [plain] = readings
  if (tier !== 'child' || direction !== 'in' || !plain || findLanguage(plain.tokens) !== 'other') return []
  const spans = [{ type: 'language', start: 0, end: text.length }]
  return [{ rail: 'kid-safety', category: 'language', score: 0.5, variant: 'plain', spans, action: 'ask-judge' }]
}

function checkLinks({ allowedHosts }: KidSafetyResources, { tier, direction, text }: RailInput): readonly Finding[] {
  if (tier !== 'child' || direction !== 'out') return []
  const spans = findForbiddenLinks(text, allowedHosts)
  return spans.length === 0 ? [] : [{ rail: 'kid-safety', category: 'link', score: 1, variant: 'plain', spans, action: 'redact' }]
}

function toCandidate(category: string, score: number, { variant }: Reading, spans: readonly Span[]): Candidate {
  return { rail: 'kid-safety', category: isKidCategory(category) ? category : 'manipulation', score, variant: variant.name, spans }
}

function spanOf({ rule, first, last }: LexiconHit, { variant, tokens }: Reading, { text }: RailInput): readonly Span[] {
  return [{ type: rule.category, ...originalSpan(variant, tokens[first]?.start ?? 0, tokens[last]?.end ?? 0, text) }]
}

function keepBest(found: readonly Candidate[]): readonly Candidate[] {
  const best = new Map<string, Candidate>()
  for (const candidate of found) {
    const before = best.get(candidate.category)
    if (!before || candidate.score > before.score) best.set(candidate.category, candidate)
  }
  return [...best.values()]
}
