import { isKnownWord, splitWords } from './known-words.ts'
import { rewriteVariant } from './variant.ts'
import type { Variant } from './variant.ts'

/** Signs that stand for a letter inside a word. */
const leetLetters: Readonly<Record<string, string>> = {
  '0': 'o', '1': 'i', '2': 'z', '3': 'e', '4': 'a', '5': 's', '6': 'g', '7': 't', '8': 'b', '9': 'g',
  '@': 'a', $: 's', '!': 'i', '|': 'l', '+': 't', '€': 'e', '£': 'l', '¡': 'i', '(': 'c', '<': 'c', '¥': 'y', '§': 's', '*': 'u',
} // prettier-ignore

/** Without "1st", "20km", "3d", "mp3" this would run on every text with numbers. */
const leetWord =
  /(?<![\p{L}\p{N}@$!|+€£¡§*])(?=[\p{N}@$!|+€£¡(<¥§*]{0,12}\p{L})(?=\p{L}{0,20}[\d@$!|+€£¡(<¥§*])[\p{L}\d@$!|+€£¡(<¥§*]{2,24}(?<![!+|(<*])(?![\p{L}\p{N}])/gu
const measure = /^\d+(?:st|nd|rd|th|s|m|k|kg|km|cm|mm|ml|l|g|h|x|d|am|pm|er|te|ten|min|gb|mb|eur|usd)?$/i
/** `B12`, `mp3`, `2b`, `Covid19`. */
const label = /^(?:\d+[a-z]|[a-z]{1,3}\d+|[a-z]+\d{2,})$/i

/** `h0w t0 k1ll` -> `how to kill`; a 1 is read as l where that makes a frequent word. */
function readLeet(source: Variant): Variant | undefined {
  return rewriteVariant(source, 'leet', leetWord, ([word]) => {
    if (measure.test(word)) return undefined
    const read = (one: string): string => leetLetters[one] ?? one
    const plain = Array.from(word).map(read).join('')
    if (label.test(word) && !isKnownWord(plain.toLowerCase())) return undefined
    if (!/[1!|]/.test(word) || isKnownWord(plain.toLowerCase())) return plain
    const other = Array.from(word)
      .map((one) => (/[1!|]/.test(one) ? 'l' : read(one)))
      .join('')
    return isKnownWord(other.toLowerCase()) ? other : plain
  })
}

/** Single letters with the same kind of gap between them; a wider gap ends a word. At least four letters. */
const spacedRun = /(?<![\p{L}\p{N}])[\p{L}\d@$!](?:[ .,_\-*/|\\·•~+:]{1,6}[\p{L}\d@$!](?![\p{L}\p{N}])){3,400}/gu
const gap = /[ .,_\-*/|\\·•~+:]+/g
const initials = /^(?:[A-Z0-9][.\-/ ]+)+[A-Z0-9]?$/
const numbersOnly = /^[^\p{L}]*(?:\p{L}[^\p{L}]*){0,2}$/u

/** `h o w  t o` and `h.o.w t.o` -> `how to`; without wider gaps the words are guessed by frequency. */
function joinSpaced(source: Variant): Variant | undefined {
  return rewriteVariant(source, 'spaced', spacedRun, ([run]) => {
    if (numbersOnly.test(run) || (run.length < 16 && initials.test(run))) return undefined
    const gaps = run.match(gap) ?? []
    const narrow = Math.min(...gaps.map((one) => one.length))
    const hasSpaces = gaps.some((one) => one.includes(' ')) && gaps.some((one) => !one.includes(' '))
    const isWide = (one: string): boolean => one.length > narrow || (hasSpaces && one.includes(' '))
    const joined = run.replace(gap, (one) => (isWide(one) ? ' ' : ''))
    return joined
      .split(' ')
      .map((word) => (word.length >= 8 && !isKnownWord(word.toLowerCase()) ? splitWords(word.toLowerCase()) : word))
      .join(' ')
  })
}

/** Marks inside a word that are not spelling: `b.o.m.b`, `ki-ll`, `b*omb`, `how_to_make`. */
const brokenWord = /(?<![\p{L}\p{N}@/.])\p{L}+(?:[.*_|~^'+-]{1,3}\p{L}+)+/gu
/** More is a list or a path. */
const longestBroken = 200
const innerMarks = /[.*_|~^'+-]+/g

/** Removes the marks where that makes a frequent word, else reads them as spaces where the parts are frequent words. */
function mendBroken(source: Variant): Variant | undefined {
  return rewriteVariant(source, 'joined', brokenWord, ({ 0: word, index, input }) => {
    if (word.length > longestBroken || /[\p{N}@/]/u.test(input.charAt(index + word.length))) return undefined
    const parts = word.split(innerMarks)
    const joined = parts.join('')
    // it's, well-known: two words of which the reader knows both are spelling
    if (parts.length === 2 && (word.includes("'") || (word.includes('-') && parts.every((part) => isKnownWord(part.toLowerCase())))))
      return undefined
    if (isKnownWord(joined.toLowerCase())) return joined
    const known = parts.filter((part) => isKnownWord(part.toLowerCase())).length
    if (parts.length >= 3 && known * 2 >= parts.length) return parts.join(' ')
    const isSpelling = /^[\p{L}]+(?:['-]\p{L}+)*$/u.test(word)
    if (isSpelling && parts.length < 4) return undefined
    return parts.every((part) => part.length <= 2) && joined.length >= 8 ? splitWords(joined.toLowerCase()) : joined
  })
}

const longRun = /\p{L}*(\p{L})\1{2}\p{L}*/gu
const doubled = /^(?:(\p{L})\1)+$/u
const repeatedWord = /(?<!\p{L})(?=\p{L}{0,60}(\p{L})\1)\p{L}{4,120}(?!\p{L})/gu
const mostRuns = 5

/** `kiiilll` -> `kill`, `bboommbb` -> `bomb`: the shortening that makes a frequent word, else every long run to one letter. */
function collapseRepeats(source: Variant): Variant | undefined {
  return rewriteVariant(source, 'repeated', repeatedWord, ([word]) => {
    if (doubled.test(word)) return word.replace(/(\p{L})\1/gu, '$1')
    if (!longRun.test(word)) return undefined
    longRun.lastIndex = 0
    const runs = word.match(/(\p{L})\1*/gu) ?? []
    const long = runs.flatMap((run, at) => (run.length > 1 ? [at] : [])).slice(0, mostRuns)
    for (let choice = 0; choice < 1 << long.length; choice += 1) {
      const tried = runs
        .map((run, at) => (run.length === 1 ? run : run.charAt(0).repeat((choice >> long.indexOf(at)) & 1 ? 2 : 1)))
        .join('')
      if (isKnownWord(tried.toLowerCase())) return tried
    }
    return runs.map((run) => (run.length > 2 ? run.charAt(0) : run)).join('')
  })
}

const accented = /[\p{Script=Latin}--[a-zA-ZäöüßÄÖÜ]]/v
const accentedLetters = /[\p{Script=Latin}--[a-zA-ZäöüßÄÖÜ]]/gv

/** `ïgnörë` -> `ignore`: accents off where a text has ones that neither English nor German uses. */
function dropAccents(source: Variant): Variant | undefined {
  if (!accented.test(source.text)) return undefined
  const bare = (one: string): string => one.normalize('NFD').replace(/\p{M}/gu, '')
  const first = rewriteVariant(source, 'accents', accentedLetters, ([one]) => bare(one))
  return first && (rewriteVariant(first, 'accents', /[äöüÄÖÜ]/g, ([one]) => bare(one)) ?? first)
}

const steps = [dropAccents, joinSpaced, mendBroken, readLeet, collapseRepeats]

/** Readings of disguised spelling, each built on the one before, so that `k 1 l l` is found too. */
export function readSpelling(source: Variant): readonly Variant[] {
  const found: Variant[] = []
  let current = source
  for (const step of steps) {
    const next = step(current)
    if (next === undefined) continue
    const name = source.name === 'plain' ? next.name : `${source.name}+${next.name}`
    current = { ...next, name }
    found.push(current)
  }
  return found
}
