import { decipher, decode, isReadable } from './decode-variants.ts'
import { foldCharacters } from './fold-characters.ts'
import { readSpelling } from './spelling-variants.ts'
import { createVariant, mostReadCharacters } from './variant.ts'
import type { Variant } from './variant.ts'

/** Encoded twice is seen; more often is not worth the time. */
const deepest = 2
/** What a text can grow to by decoding is bounded by its number of readings and their length together. */
const mostVariants = 12

/**
 * All readings of a text that differ, `plain` first: NFKC with invisible characters, stacked marks and foreign lookalikes
 * resolved; then disguised spelling (accents, spaced, joined, leet, repeated, each on top of the one before) and
 * encodings (base64, hex, binary, url, entities, escapes, and ciphers where fewer than 40% of the words are known).
 * Pure; linear in the length.
 */
export function normalise(text: string): readonly Variant[] {
  const { text: plain, starts } = foldCharacters(text)
  const found: Variant[] = []
  add(found, createVariant('plain', plain, starts === undefined ? (index) => index : wayBack(starts)))
  let level: readonly Variant[] = plain.length > mostReadCharacters ? [] : found.slice()
  for (let depth = 0; depth <= deepest && level.length > 0; depth += 1) {
    level = level.flatMap((variant) => {
      const spelled = readSpelling(endsOf(variant, depth === 0 ? longestSpelled : longestDecodedSpelled))
      for (const reading of spelled) add(found, reading)
      // a cipher is the last guess, for what nothing else made readable
      const ciphers = depth > 0 || [variant, ...spelled].some(isReadable) ? [] : decipher(variant)
      return [...decode(variant), ...ciphers].filter((decoded) => add(found, nameAfter(variant, decoded)))
    })
  }
  return found
}

function wayBack(starts: Int32Array): (index: number, side?: 'start' | 'end') => number {
  return (index, side) => {
    const start = starts[index] ?? 0
    if (side !== 'end' || index === 0 || starts[index - 1] !== start) return start
    // inside what one character unfolded to: behind that character
    let behind = index
    while (behind < starts.length - 1 && starts[behind] === start) behind += 1
    return starts[behind] ?? start
  }
}

/** In longer texts disguised spelling is looked for at the begin and at the end only: it must not hold up a room. */
const longestSpelled = 8_192
/** What was decoded is looked at again, but not for as long. */
const longestDecodedSpelled = 4_096

function endsOf(variant: Variant, most: number): Variant {
  const { name, text, toOriginal } = variant
  const removed = text.length - most
  if (removed <= 0) return variant
  const half = most / 2
  const ends = `${text.slice(0, half)}\n${text.slice(-half)}`
  return createVariant(name, ends, toOriginal && ((index, side) => toOriginal(index <= half ? index : index - 1 + removed, side)))
}

function nameAfter(source: Variant, decoded: Variant): Variant {
  return source.name === 'plain' ? decoded : { ...decoded, name: `${source.name}+${decoded.name}` }
}

function add(found: Variant[], variant: Variant): boolean {
  if (found.length >= mostVariants || found.some((known) => known.text === variant.text)) return false
  const characters = found.reduce((sum, { text }) => sum + text.length, variant.text.length)
  if (found.length > 0 && characters > mostReadCharacters) return false
  found.push(variant)
  return true
}
