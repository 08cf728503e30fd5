/** Word n-grams lie in [0, 2^14), n-grams of characters in [2^14, 2^14 + 2^15). */
const wordSlots = 1 << 14
const characterSlots = 1 << 15

/** How many weights a model has. */
export const featureCount: number = wordSlots + characterSlots

/** Longer words (links, encoded blocks, hammered keys) give no more n-grams than this: one word must not outweigh a text. */
const longestWord = 32
/** More words than this are a document; the rest would only cost time. A chain reads documents sentence by sentence as well. */
const mostWords = 4000

const wordPattern = /[\p{L}\p{N}\p{M}'’]+/gu
const wordEdge = 0x20
const digitZero = 0x30
const digitNine = 0x39

/** The words of a text in lower case, each of letters, digits and apostrophes; at most 4,000. */
export function toWords(text: string): readonly string[] {
  const words: string[] = []
  for (const [word] of text.toLowerCase().matchAll(wordPattern)) {
    words.push(word)
    if (words.length === mostWords) break
  }
  return words
}

/**
 * The features of a text: the distinct slots of its word 1- to 3-grams and of the 3- to 5-grams of characters inside its
 * words. All digits count as 0, so that models learn that a number stands there and not which. Same text, same features,
 * on every machine: only 32-bit integer arithmetic.
 */
export function extractFeatures(words: readonly string[]): Uint16Array {
  const seen = new Uint8Array(featureCount)
  const slots: number[] = []
  let before = 0
  let beforeThat = 0
  for (const word of words) {
    const hash = addCharacterSlots(word, seen, slots)
    addSlot(mix(hash) % wordSlots, seen, slots)
    if (before !== 0) addSlot(mix(Math.imul(before, 31) ^ hash) % wordSlots, seen, slots)
    if (beforeThat !== 0) addSlot(mix(Math.imul(Math.imul(beforeThat, 31) ^ before, 37) ^ hash) % wordSlots, seen, slots)
    beforeThat = before
    before = hash
  }
  return Uint16Array.from(slots)
}

/** Adds the n-grams of ` word ` and answers the hash of the whole word. */
function addCharacterSlots(word: string, seen: Uint8Array, slots: number[]): number {
  const length = Math.min(word.length, longestWord)
  let whole = 0x811c9dc5
  for (let at = 0; at < length; at += 1) whole = step(whole, codeAt(word, at, length))
  for (let start = -1; start < length - 1; start += 1) {
    let hash = 0x2f0b4a27
    const end = Math.min(start + 5, length + 1)
    for (let at = start; at < end; at += 1) {
      hash = step(hash, codeAt(word, at, length))
      const size = at - start + 1
      if (size >= 3) addSlot(wordSlots + (mix(hash ^ size) % characterSlots), seen, slots)
    }
  }
  return whole
}

function codeAt(word: string, at: number, length: number): number {
  if (at < 0 || at >= length) return wordEdge
  const code = word.charCodeAt(at)
  return code >= digitZero && code <= digitNine ? digitZero : code
}

/** One step of FNV-1a over 16-bit units. */
function step(hash: number, code: number): number {
  return Math.imul(hash ^ code, 0x01000193)
}

/** Spreads the bits (the finaliser of MurmurHash3), so that a remainder by a power of two uses all of them. */
function mix(hash: number): number {
  let value = hash
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35)
  return (value ^ (value >>> 16)) >>> 0
}

function addSlot(slot: number, seen: Uint8Array, slots: number[]): void {
  if (seen[slot] === 1) return
  seen[slot] = 1
  slots.push(slot)
}
