/**
 * Words and pairs of words lie in the first slots, n-grams of characters behind them. Three words in a row were measured and
 * left out: they are so many that they crowd the others (3 of 100 unsafe texts less at the same false alarms).
 */
const wordSlots = 24_576
const characterSlots = 1 << 15

/** How many weights a model has. */
export const featureCount: number = wordSlots + characterSlots

/** Longer words (links, encoded blocks, hammered keys) give no more n-grams than this: one word must not outweigh a text. */
const longestWord = 32

const wordEdge = 0x20
const digitZero = 0x30
const digitNine = 0x39

/** Which slots the current text has used: `stamps[slot] === generation`. Kept between calls because clearing it costs more than most texts. */
const stamps = new Uint32Array(featureCount)
let generation = 0

/**
 * The features of a text: the distinct slots of its words, of pairs of words in a row, and of the 3- to 5-grams of characters
 * inside its words. All digits count as 0, so that models learn that a number stands there and not which. Same text, same features,
 * on every machine: only 32-bit integer arithmetic. `words` as `tokenise` gives them.
 */
export function extractFeatures(words: readonly string[]): Uint16Array {
  generation += 1
  const slots: number[] = []
  let before = 0
  for (const word of words) {
    const hash = addCharacterSlots(word, slots)
    addSlot(mix(hash) % wordSlots, slots)
    if (before !== 0) addSlot(mix(Math.imul(before, 31) ^ hash) % wordSlots, slots)
    before = hash
  }
  return Uint16Array.from(slots)
}

/** Adds the n-grams of ` word ` and answers the hash of the whole word. */
function addCharacterSlots(word: string, slots: number[]): number {
  const length = Math.min(word.length, longestWord)
  let whole = 0x811c9dc5
  for (let at = 0; at < length; at += 1) whole = step(whole, codeAt(word, at, length))
  for (let start = -1; start < length - 1; start += 1) {
    let hash = 0x2f0b4a27
    const end = Math.min(start + 5, length + 1)
    for (let at = start; at < end; at += 1) {
      hash = step(hash, codeAt(word, at, length))
      const size = at - start + 1
      if (size >= 3) addSlot(wordSlots + (mix(hash ^ size) % characterSlots), slots)
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

function addSlot(slot: number, slots: number[]): void {
  if (stamps[slot] === generation) return
  stamps[slot] = generation
  slots.push(slot)
}

/** These features with a slot for each of the signs `present` (small first) and for each pair of them, behind the n-grams. */
export function addPairs(features: Uint16Array, present: readonly number[]): Uint16Array {
  const slots = new Uint16Array(features.length + (present.length * (present.length + 1)) / 2)
  slots.set(features)
  let at = features.length
  for (const [index, high] of present.entries()) {
    for (const low of present.slice(0, index + 1)) {
      slots[at] = featureCount + (high * (high + 1)) / 2 + low
      at += 1
    }
  }
  return slots
}
