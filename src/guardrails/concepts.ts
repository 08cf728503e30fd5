import { addPairs, featureCount } from './features.ts'
import { findLanguage } from './language.ts'
import { createPhraseFinder } from './phrase-finder.ts'
import type { PhrasePlace } from './phrase-finder.ts'
import type { Token } from './tokens.ts'

/** One idea: its phrases in both languages, with commas between them. */
interface Concept {
  readonly en: string
  readonly de: string
  /** It stands in any sentence, and says only who speaks or asks. */
  readonly frame?: true | undefined
}

/** `policies/lexicon/concepts.yaml`: of each idea its phrases in both languages, with commas between them. */
export type ConceptSource = Readonly<Record<string, Concept>>

/** The number of ideas is part of the models' shape; the file may hold fewer. */
export const mostConcepts = 96
/** One slot for each idea and each pair of two. */
const conceptSlots = (mostConcepts * (mostConcepts + 1)) / 2
/** What a model of kid safety weighs: n-grams, ideas and pairs of ideas. */
export const kidFeatureCount: number = featureCount + conceptSlots

/** Where the ideas of a text stand, by their number. */
export type FoundConcepts = readonly (readonly PhrasePlace[])[]

/** Finds ideas in the language of a text, or in both where that is not known. */
export interface ConceptFinder {
  readonly find: (tokens: readonly Token[]) => FoundConcepts
  /** True if one of the ideas says what the text is about, and not only who speaks or asks. */
  readonly isTelling: (found: FoundConcepts) => boolean
}

/** Prepares the ideas; throws if there are more than the models have room for. */
export function compileConcepts(source: ConceptSource): ConceptFinder {
  const concepts = Object.values(source)
  if (concepts.length > mostConcepts) throw new Error(`there are ${concepts.length} concepts, and room for ${mostConcepts}`)
  const finders = {
    en: createPhraseFinder(concepts.map(({ en }) => toPhrases(en))),
    de: createPhraseFinder(concepts.map(({ de }) => toPhrases(de))),
  }
  return {
    isTelling: (found) => found.some((places, index) => places.length > 0 && concepts[index]?.frame !== true),
    find(tokens) {
      const language = findLanguage(tokens)
      if (language === 'en' || language === 'de') return finders[language].find(tokens)
      const german = finders.de.find(tokens)
      return finders.en.find(tokens).map((places, index) => {
        const others = german[index] ?? []
        return others.length === 0 ? places : [...places, ...others].toSorted((one, other) => one.first - other.first)
      })
    },
  }
}

/** The n-grams of a text with the slots of its ideas and of their pairs, of the words from `first` to before `end`. */
export function addConcepts(features: Uint16Array, found: FoundConcepts, first = 0, end = Number.POSITIVE_INFINITY): Uint16Array {
  const present: number[] = []
  for (const [concept, places] of found.entries()) {
    if (hasPlace(places, first, end)) present.push(concept)
  }
  return addPairs(features, present)
}

/** `places` are in the order of their first word. */
function hasPlace(places: readonly PhrasePlace[], first: number, end: number): boolean {
  let [low, high] = [0, places.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((places[middle]?.first ?? 0) < first) low = middle + 1
    else high = middle
  }
  for (let at = low; at < places.length; at += 1) {
    const place = places[at]
    if (!place || place.first >= end) return false
    if (place.last < end) return true
  }
  return false
}

function toPhrases(listed: string): readonly string[] {
  return listed
    .split(',')
    .map((phrase) => phrase.trim().replaceAll(/\s+/g, ' '))
    .filter(Boolean)
}
