import { decode } from './decode-variants.ts'
import { foldCharacters } from './fold-characters.ts'
import { readSpelling } from './spelling-variants.ts'
import { createVariant } from './variant.ts'
import type { Variant } from './variant.ts'

/** Encoded twice is seen; more often is not worth the time. */
const deepest = 2
/** What a text can grow to by decoding is bounded by its number of readings. */
const mostVariants = 12

/**
 * All readings of a text that differ, `plain` first: NFKC with invisible characters, stacked marks and foreign lookalikes
 * resolved; then disguised spelling (accents, spaced, joined, leet, repeated, each on top of the one before) and
 * encodings (base64, hex, binary, url, entities, escapes, and ciphers where fewer than 40% of the words are known).
 * Pure; linear in the length.
 */
export function normalise(text: string): readonly Variant[] {
  const { text: plain, starts } = foldCharacters(text)
  const last = text.length
  const found: Variant[] = []
  add(found, createVariant('plain', plain, starts === undefined ? (index) => index : (index) => starts[index] ?? last))
  let level = found.slice()
  for (let depth = 0; depth <= deepest && level.length > 0; depth += 1) {
    for (const variant of level) for (const reading of readSpelling(variant)) add(found, reading)
    level = level.flatMap((variant) => decode(variant).filter((decoded) => add(found, nameAfter(variant, decoded))))
  }
  return found
}

function nameAfter(source: Variant, decoded: Variant): Variant {
  return source.name === 'plain' ? decoded : { ...decoded, name: `${source.name}+${decoded.name}` }
}

function add(found: Variant[], variant: Variant): boolean {
  if (found.length >= mostVariants || found.some((known) => known.text === variant.text)) return false
  found.push(variant)
  return true
}
