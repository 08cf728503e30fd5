import type { Action, Band, Finding, KidCategory, RailInput, RailPolicy, Span } from '../contracts/rails.ts'
import { findCategory } from './category-model.ts'
import type { CategoryModel } from './category-model.ts'
import { likelyScore } from './injection-rail.ts'
import { findLanguage } from './language.ts'
import { matchLexicon } from './lexicon.ts'
import type { Lexicon, LexiconHit } from './lexicon.ts'
import { scoreFeatures } from './linear-model.ts'
import type { LinearModel } from './linear-model.ts'
import { findForbiddenLinks } from './links.ts'
import { normalise } from './normalise.ts'
import { readVariants } from './reading.ts'
import type { Reading } from './reading.ts'
import type { Variant } from './variant.ts'
import { originalSpan } from './variant.ts'
import { readWindows } from './windows.ts'

/** What the rail of kid safety needs. */
export interface KidSafetyResources {
  /** `policies/lexicon/en.yaml` and `de.yaml`. */
  readonly lexicons: readonly Lexicon[]
  /** Is this text unsafe for a child? */
  readonly unsafe: LinearModel
  /** Is this somebody who needs care (self-harm, grooming, harm at home)? */
  readonly care: LinearModel
  /** Which category is it? */
  readonly category: CategoryModel
  /** Hosts that a child's answer may link to, with their subdomains. */
  readonly allowedHosts: ReadonlySet<string>
}

const careCategories: ReadonlySet<string> = new Set<KidCategory>(['self-harm', 'grooming', 'harm-at-home'])
/** A rule that is only likely and a model that finds the text suspicious are sure together. */
const seconding = 0.85
/** A rule that is only likely is dropped where the model finds the text more harmless than most. */
const contradicting = 0.3
/** In a window of a long text only what is nearly certain counts, because there are many windows. */
const windowFloor = 0.995
const turnsJoined = 4
/** A model that finds half of all harmless texts worse says nothing. */
const faintest = 0.5
/** Rules of this category say that a text is about a game, a story, an animal … */
const harmless = 'harmless'

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
  const found: Candidate[] = []
  const all = matchAll(resources, reading, input)
  const hits = all.filter(({ rule }) => rule.category !== harmless)
  const isCalm = hits.length < all.length
  const model = input.tier === 'adult' ? 0 : scoreUnsafe(resources, reading)
  for (const hit of hits) {
    const score = weigh(hit, model)
    if (score > 0) found.push(toCandidate(hit.rule.category, score, reading, spanOf(hit, reading, input)))
  }
  if (input.tier === 'adult') return found
  // words of games, stories, animals or definitions: the model alone may be wrong, and the judge looks
  const calmed = isCalm ? Math.min(model, likelyScore) : model
  const care = input.direction === 'in' ? scoreFeatures(resources.care, reading.features) : 0
  const score = Math.max(calmed, care)
  if (score < faintest) return found
  const category = care > calmed ? careCategory(resources, reading) : findCategory(resources.category, reading.features)
  return [...found, toCandidate(category, score, reading, [])]
}

/** The rules of the language a text is in, and of all where that is not known. */
function matchAll({ lexicons }: KidSafetyResources, { tokens }: Reading, input: RailInput): readonly LexiconHit[] {
  const language = findLanguage(tokens)
  const fitting = lexicons.filter((lexicon) => lexicon.language === language)
  return (fitting.length > 0 ? fitting : lexicons)
    .flatMap((lexicon) => matchLexicon(lexicon, tokens, input.direction))
    .filter(holdsFor(input))
}

/** Grown-ups are only held to what nobody should be helped with, and met with care. */
function holdsFor({ tier }: RailInput): (hit: LexiconHit) => boolean {
  return ({ rule }) => tier !== 'adult' || rule.grave === true || (careCategories.has(rule.category) && rule.level === 'sure')
}

function weigh({ rule }: LexiconHit, model: number): number {
  if (rule.level === 'sure') return 1
  if (model >= seconding) return 1
  return model < contradicting ? 0 : likelyScore
}

function scoreUnsafe({ unsafe }: KidSafetyResources, reading: Reading): number {
  let best = scoreFeatures(unsafe, reading.features)
  for (const features of readWindows(reading)) {
    const score = scoreFeatures(unsafe, features)
    if (score >= windowFloor && score > best) best = score
  }
  return best
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
  return matchAll(resources, reading, input)
    .filter(({ rule }) => rule.category !== harmless)
    .filter(({ first, last }) => ownFrom >= 0 && first < ownFrom && last >= ownFrom)
    .map(({ rule }) => toCandidate(rule.category, rule.level === 'sure' ? 1 : likelyScore, reading, whole))
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

const kidCategories: Readonly<Record<KidCategory, true>> = {
  violence: true,
  weapons: true,
  sexual: true,
  drugs: true,
  'self-harm': true,
  'hate-bullying': true,
  grooming: true,
  illegal: true,
  'dangerous-challenge': true,
  'adult-content': true,
  dieting: true,
  manipulation: true,
  'harm-at-home': true,
}

function isKidCategory(category: string): category is KidCategory {
  return Object.hasOwn(kidCategories, category)
}
