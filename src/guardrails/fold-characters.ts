import { rememberKinds } from './character-kinds.ts'
import { foreignLookalikes, sureLookalikes } from './lookalikes.ts'

/** A text with the way back: `starts[i]` is where its character i began in the original, `starts[length]` where the original ended. */
export interface FoldedText {
  readonly text: string
  /** undefined: nothing moved, every index is its own original. */
  readonly starts: Int32Array | undefined
}

/** More marks than this on one letter are decoration; it also bounds the cost of composing them. */
const marksKept = 2
/** Some single characters compose to a whole phrase: 64 KiB of them must not become a megabyte. */
const longestExpansion = 4

const plainAscii = /^[\n\t\x20-\x7e]*$/
const mark = /\p{M}/u
const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\p{Cc}\p{Cs}\p{Co}]/u
const blackFlag = 0x1f3f4

/**
 * What a reader sees, as plain characters: NFKC, invisible characters and stacked marks gone, tag characters decoded,
 * letters that only look Latin made Latin. Case and accents of real letters stay. Linear in the length.
 */
export function foldCharacters(original: string): FoldedText {
  if (plainAscii.test(original)) return { text: original, starts: undefined }
  const folding = new Folding(original.length)
  let index = 0
  while (index < original.length) {
    const point = original.codePointAt(index) ?? 0
    const end = index + (point > 0xffff ? 2 : 1)
    if (point < 0x80 && (original.charCodeAt(end) < 0x300 || end === original.length)) {
      if (point >= 0x20 ? point !== 0x7f : point === 0x0a || point === 0x09) folding.add(String.fromCharCode(point), index)
      else if (point === 0x0d) folding.add('\n', index)
      index = end
      continue
    }
    index = foldCluster(original, index, folding)
  }
  return latinise(folding.end(original.length))
}

/** One visible character with its marks; answers where the next begins. */
function foldCluster(original: string, start: number, folding: Folding): number {
  const point = original.codePointAt(start) ?? 0
  let end = start + (point > 0xffff ? 2 : 1)
  if (point === blackFlag) {
    folding.add(String.fromCodePoint(point), start)
    return skipTags(original, end)
  }
  if (isTag(point)) {
    folding.add(String.fromCharCode(point - 0xe0000), start)
    return end
  }
  let marks = 0
  let kept = end
  for (let next = original.codePointAt(end); next !== undefined && isMark(next); next = original.codePointAt(end)) {
    marks += 1
    end += next > 0xffff ? 2 : 1
    if (marks <= marksKept) kept = end
  }
  // on an ASCII letter one mark is an accent, more are decoration
  const isBare = marks === 0 || (marks > 1 && point < 0x80)
  folding.add(isBare ? foldPoint(point) : composed(original.slice(start, kept)), start)
  return end
}

/** Characters of the basic plane met before and what they fold to: a text repeats its letters, and asking Unicode is dear. */
const foldedPoints: (string | undefined)[] = Array.from({ length: 0x10000 })

function foldPoint(point: number): string {
  const known = foldedPoints[point]
  if (known !== undefined) return known
  const first = String.fromCodePoint(point)
  const piece = invisible.test(first) ? '' : composed(first)
  if (point <= 0xffff) foldedPoints[point] = piece
  return piece
}

const itIsMark = 1
const itIsNone = 2
const markKind = rememberKinds((one) => (mark.test(one) ? itIsMark : itIsNone))

function isMark(point: number): boolean {
  return markKind(point) === itIsMark
}

function composed(cluster: string): string {
  const known = sureLookalikes.get(cluster)
  if (known !== undefined) return known
  const normal = cluster.normalize('NFKC')
  if (normal.length > longestExpansion) return cluster
  const seen = normal.length === 1 ? normal : normal.replace(/\p{M}/gu, '')
  return sureLookalikes.get(seen) ?? seen
}

/** Invisible twins of ASCII, made for marking languages, used for smuggling. */
function isTag(point: number): boolean {
  return point >= 0xe0020 && point <= 0xe007e
}

/** The letters after a black flag name a region, they say nothing. */
function skipTags(original: string, from: number): number {
  let end = from
  while ((original.codePointAt(end) ?? 0) >= 0xe0000) end += 2
  return end
}

class Folding {
  #text = ''
  #starts: Int32Array
  #length = 0

  constructor(expected: number) {
    this.#starts = new Int32Array(expected + 16)
  }

  add(piece: string, from: number): void {
    const needed = this.#length + piece.length + 1
    if (needed > this.#starts.length) {
      const larger = new Int32Array(needed * 2)
      larger.set(this.#starts)
      this.#starts = larger
    }
    for (let at = 0; at < piece.length; at += 1) this.#starts[this.#length + at] = from
    this.#text += piece
    this.#length += piece.length
  }

  end(originalLength: number): { readonly text: string; readonly starts: Int32Array } {
    this.#starts[this.#length] = originalLength
    return { text: this.#text, starts: this.#starts.subarray(0, this.#length + 1) }
  }
}

const latin = /\p{Script=Latin}/u
const otherScript = /[\p{L}--[\p{Script=Latin}]]/v
const number = /\p{N}/u

const noWord = 1
const latinLetter = 2
const otherLetter = 3
const digit = 4
const scriptOf = rememberKinds((one) => {
  if (otherScript.test(one)) return otherLetter
  if (latin.test(one)) return latinLetter
  return number.test(one) ? digit : noWord
})

interface ForeignWord {
  readonly word: string
  readonly index: number
  /** It has Latin letters too. */
  readonly isMixed: boolean
}

/** The words with a letter of another script than Latin. */
function findForeign(text: string): readonly ForeignWord[] {
  const found: ForeignWord[] = []
  let start = 0
  let [isForeign, isMixed] = [false, false]
  for (let index = 0; index <= text.length;) {
    const point = text.codePointAt(index)
    const kind = point === undefined ? noWord : scriptOf(point)
    const next = index + (point !== undefined && point > 0xffff ? 2 : 1)
    if (kind === noWord) {
      if (isForeign) found.push({ word: text.slice(start, index), index: start, isMixed })
      start = next
      isForeign = false
      isMixed = false
    }
    if (kind === otherLetter) isForeign = true
    if (kind === latinLetter) isMixed = true
    index = next
  }
  return found
}

/** Has this word a letter of another script that looks like no Latin one? */
function hasForeign(word: string): boolean {
  for (const one of word) if (!foreignLookalikes.has(one) && otherScript.test(one)) return true
  return false
}

/**
 * Greek or Cyrillic letters become Latin in words that mix scripts, and in words made of lookalikes alone when the text
 * has no word that is really of that script: otherwise Russian and Greek would turn into noise.
 */
function latinise(folded: FoldedText): FoldedText {
  if (!otherScript.test(folded.text)) return folded
  const found = findForeign(folded.text)
  const isReallyForeign = found.some(({ word, isMixed }) => !isMixed && hasForeign(word))
  let text = ''
  let copied = 0
  for (const { word, index, isMixed } of found) {
    if (isReallyForeign && !isMixed) continue
    // every lookalike and its Latin letter are one UTF-16 unit: the index map stays true
    const changed = word.replace(/\P{ASCII}/gu, (one) => (one.length === 1 ? (foreignLookalikes.get(one) ?? one) : one))
    text += folded.text.slice(copied, index) + changed
    copied = index + word.length
  }
  return { text: text + folded.text.slice(copied), starts: folded.starts }
}
