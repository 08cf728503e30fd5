import type { Direction } from '../contracts/rails.ts'
import { createPhraseFinder } from './phrase-finder.ts'
import type { PhraseFinder, PhrasePlace } from './phrase-finder.ts'
import type { Token } from './tokens.ts'

/** One rule: a phrase of each group in `when`, in this order, close together, and none of `unless` near it. */
export interface LexiconRule {
  readonly id: string
  readonly category: string
  /** sure: right in most of its hits; likely: a hint. What they weigh beside models: `rule-weight.ts`. */
  readonly level: 'sure' | 'likely'
  /** Groups, one a slot; `a|b` takes either. */
  readonly when: readonly string[]
  readonly unless?: readonly string[]
  /** How many words may stand between two slots; 4 unless told. */
  readonly within?: number
  /** Also for grown-ups: what nobody should be helped with. */
  readonly grave?: boolean
  /** Only in these directions; in and out unless told. */
  readonly directions?: readonly Direction[]
}

/**
 * A parsed file of `policies/lexicon/`. A group is its phrases, with commas between them: words in lower case, `*` at
 * either end of a word for any letters, `@name` for all phrases of another group.
 */
export interface LexiconSource {
  readonly language: string
  readonly groups: Readonly<Record<string, string>>
  /** Guards that hold for every rule of the file. */
  readonly always?: readonly string[]
  readonly rules: readonly LexiconRule[]
}

/** Ready to be matched. */
export interface Lexicon {
  readonly language: string
  readonly finder: PhraseFinder
  readonly rules: readonly CompiledRule[]
}

interface CompiledRule {
  readonly rule: LexiconRule
  readonly slots: readonly (readonly number[])[]
  readonly guards: readonly number[]
  readonly within: number
}

/** A rule that held, and the words it held on: [first, last] token. */
export interface LexiconHit {
  readonly rule: LexiconRule
  readonly first: number
  readonly last: number
}

interface Place extends PhrasePlace {
  /** Where the first slot began. */
  readonly origin: number
}

const usualDirections: readonly Direction[] = ['in', 'out']
const usualWithin = 4
/** A guard counts up to this many words away: in a question of a child that is everywhere, in a long answer it is the sentence. */
const guardReach = 14

/** Prepares a lexicon; throws if a rule names a group that is not there. */
export function compileLexicon(source: LexiconSource): Lexicon {
  const names = Object.keys(source.groups)
  const toIndex = (name: string, rule: string): number => {
    const index = names.indexOf(name)
    if (index < 0) throw new Error(`lexicon ${source.language}: rule ${rule} needs a group "${name}"`)
    return index
  }
  const rules = source.rules.map((rule): CompiledRule => {
    const slots = rule.when.map((slot) => slot.split('|').map((name) => toIndex(name, rule.id)))
    const guards = [...(source.always ?? []), ...(rule.unless ?? [])].map((name) => toIndex(name, rule.id))
    return { rule, slots, guards, within: rule.within ?? usualWithin }
  })
  return { language: source.language, finder: createPhraseFinder(names.map((name) => spread(source, name))), rules }
}

/** Every rule for one of these directions that holds on these words, at its first place. Linear in the words but for binary searches. */
export function matchLexicon(lexicon: Lexicon, tokens: readonly Token[], ...wanted: readonly Direction[]): readonly LexiconHit[] {
  const found = lexicon.finder.find(tokens)
  const hits: LexiconHit[] = []
  for (const compiled of lexicon.rules) {
    const directions = compiled.rule.directions ?? usualDirections
    if (!wanted.some((direction) => directions.includes(direction))) continue
    const place = findRule(compiled, tokens, found)
    if (place) hits.push({ rule: compiled.rule, first: place.origin, last: place.last })
  }
  return hits
}

type Found = readonly (readonly PhrasePlace[])[]

function findRule({ slots, guards, within }: CompiledRule, tokens: readonly Token[], found: Found): Place | undefined {
  if (slots.some((slot) => slot.every((group) => found[group]?.length === 0))) return undefined
  const [start = [], ...rest] = slots
  let places: readonly Place[] = collect(start, found).map(({ first, last }) => ({ first, last, origin: first }))
  for (const slot of rest) {
    if (places.length === 0) return undefined
    const ends = places.toSorted((one, other) => one.last - other.last)
    places = collect(slot, found).flatMap(({ first, last }) => {
      const before = lastBefore(ends, first)
      if (!before || distance(tokens, before.last, first) > within + 1) return []
      return [{ first, last, origin: before.origin }]
    })
  }
  return places.find((place) => !guards.some((guard) => isNear(found[guard] ?? [], place, tokens)))
}

function collect(slot: readonly number[], found: Found): readonly PhrasePlace[] {
  const [only] = slot
  if (slot.length === 1 && only !== undefined) return found[only] ?? []
  return slot.flatMap((group) => found[group] ?? []).toSorted((one, other) => one.first - other.first)
}

function lastBefore(ends: readonly Place[], first: number): Place | undefined {
  let [low, high] = [0, ends.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ends[middle]?.last ?? 0) < first) low = middle + 1
    else high = middle
  }
  return ends[low - 1]
}

function isNear(guardPlaces: readonly PhrasePlace[], place: Place, tokens: readonly Token[]): boolean {
  if (tokens.length <= 2 * guardReach) return guardPlaces.length > 0
  return guardPlaces.some(({ first, last }) => last >= place.origin - guardReach && first <= place.last + guardReach)
}

function distance(tokens: readonly Token[], from: number, to: number): number {
  return (tokens[to]?.place ?? 0) - (tokens[from]?.place ?? 0)
}

function spread(source: LexiconSource, name: string, depth = 0): readonly string[] {
  if (depth > 4) throw new Error(`lexicon ${source.language}: group "${name}" contains itself`)
  const group = source.groups[name]
  if (group === undefined) throw new Error(`lexicon ${source.language}: there is no group "${name}"`)
  const phrases = group.split(',').map((phrase) => phrase.trim().replaceAll(/\s+/g, ' '))
  return phrases.filter(Boolean).flatMap((phrase) => (phrase.startsWith('@') ? spread(source, phrase.slice(1), depth + 1) : [phrase]))
}
