import { extractFeatures } from './features.ts'
import { tokenise } from './tokens.ts'
import type { Token } from './tokens.ts'
import { mostReadCharacters } from './variant.ts'
import type { Variant } from './variant.ts'

/** A variant with what the rails make of it. */
export interface Reading {
  readonly variant: Variant
  readonly tokens: readonly Token[]
  /** Of the whole text. */
  readonly features: Uint16Array
}

/** The rails run one after the other on the same variants: what one has read the next need not read again. */
const known = new WeakMap<readonly Variant[], readonly Reading[]>()

/** Reads each variant once for all rails. The first is always read. */
export function readVariants(variants: readonly Variant[]): readonly Reading[] {
  const before = known.get(variants)
  if (before) return before
  const readings: Reading[] = []
  let characters = 0
  for (const variant of variants) {
    characters += variant.lower.length
    if (readings.length > 0 && characters > mostReadCharacters) continue
    const tokens = tokenise(mendShortWords(variant))
    readings.push({ variant, tokens, features: extractFeatures(tokens.map(({ word }) => word)) })
  }
  known.set(variants, readings)
  return readings
}

/** What one or two signs stand for when the words around them are disguised; each as long as what it replaces. */
const shortWords: ReadonlyMap<string, string> = new Map([
  ['1', 'i'],
  ['!', 'i'],
  ['|', 'i'],
  ['4', 'a'],
  ['@', 'a'],
  ['70', 'to'],
  ['15', 'is'],
  ['50', 'so'],
  ['17', 'it'],
  ['47', 'at'],
  ['ii', 'i '],
  ['aa', 'a '],
])
const shortWord = /(?<=^|\s)(?:[1!|4@]|70|15|50|17|47)(?=\s|$)/g
const doubledWord = /(?<=^|\s)(?:ii|aa)(?=\s|$)/g

/**
 * In a reading that undid a disguise, also the words too short to be sure of by themselves: `4` alone is a number, but in
 * `m4k3 4 c4k3` it is `a`.
 */
function mendShortWords({ name, lower }: Variant): string {
  const mended = name.includes('leet') ? lower.replaceAll(shortWord, (found) => shortWords.get(found) ?? found) : lower
  return name.includes('repeated') ? mended.replaceAll(doubledWord, (found) => shortWords.get(found) ?? found) : mended
}
