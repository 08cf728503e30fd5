import { extractFeatures } from './features.ts'
import { tokenise } from './tokens.ts'
import type { Token } from './tokens.ts'
import type { Variant } from './variant.ts'

/** A variant with what the rails make of it. */
export interface Reading {
  readonly variant: Variant
  readonly tokens: readonly Token[]
  /** Of the whole text. */
  readonly features: Uint16Array
}

/** All readings of a text together; a longer one is only read as it stands, or one message could cost seconds. */
const mostCharacters = 80_000

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
    if (readings.length > 0 && characters > mostCharacters) continue
    const tokens = tokenise(variant.lower)
    readings.push({ variant, tokens, features: extractFeatures(tokens.map(({ word }) => word)) })
  }
  known.set(variants, readings)
  return readings
}
