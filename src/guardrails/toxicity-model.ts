import { formatWeightsFile, parseWeightsFile, readNumber } from './weights-file.ts'

/** What one known word adds. */
export interface ToxicWord {
  readonly hash: number
  readonly idf: number
  readonly coefficient: number
}

/**
 * A TF-IDF model of whole words: x = count * idf, divided by its length; p = 1 / (1 + exp(slope * f + offset)) with
 * f = intercept + x * coefficients. Words are kept as hashes: a word that is not in the list has a chance of 1 in
 * 280,000 to be taken for one.
 */
export interface ToxicityModel {
  readonly intercept: number
  readonly slope: number
  readonly offset: number
  readonly words: ReadonlyMap<number, ToxicWord>
}

const entryBytes = 8
const mostInt16 = 32_767
/** idf lies between 0 and 16. */
const idfUnit = 1 / 4096

/** Reads the weights file: of each word the hash (uint32), idf and coefficient as below; throws if it is damaged. */
export function parseToxicityModel(bytes: Uint8Array): ToxicityModel {
  const { header, body } = parseWeightsFile(bytes)
  const coefficientUnit = readNumber(header, 'coefficientUnit')
  const view = new DataView(body.buffer)
  const words = new Map<number, ToxicWord>()
  for (let at = 0; at + entryBytes <= body.length; at += entryBytes) {
    const hash = view.getUint32(at, true)
    const idf = view.getUint16(at + 4, true) * idfUnit
    words.set(hash, { hash, idf, coefficient: view.getInt16(at + 6, true) * coefficientUnit })
  }
  return { intercept: readNumber(header, 'intercept'), slope: readNumber(header, 'slope'), offset: readNumber(header, 'offset'), words }
}

/** The bytes of a model as `parseToxicityModel` reads them, words by rising hash. */
export function formatToxicityModel({ intercept, slope, offset, words }: ToxicityModel): Uint8Array {
  const sorted = [...words.values()].toSorted((one, other) => one.hash - other.hash)
  const coefficientUnit = Math.max(...sorted.map(({ coefficient }) => Math.abs(coefficient))) / mostInt16
  const body = new Uint8Array(sorted.length * entryBytes)
  const view = new DataView(body.buffer)
  for (const [index, { hash, idf, coefficient }] of sorted.entries()) {
    view.setUint32(index * entryBytes, hash, true)
    view.setUint16(index * entryBytes + 4, Math.min(65_535, Math.round(idf / idfUnit)), true)
    view.setInt16(index * entryBytes + 6, Math.round(coefficient / coefficientUnit), true)
  }
  return formatWeightsFile({ header: { intercept, slope, offset, coefficientUnit }, body })
}

const wordPattern = /[\p{L}\p{N}_]{2,}/gu

/** How toxic a text reads, 0 to 1: the calibrated probability of the model. `lower` is in small letters. */
export function scoreToxicity({ intercept, slope, offset, words }: ToxicityModel, lower: string): number {
  const counts = new Map<ToxicWord, number>()
  for (const [word] of lower.matchAll(wordPattern)) {
    const known = words.get(hashWord(word))
    if (known) counts.set(known, (counts.get(known) ?? 0) + 1)
  }
  let [sum, squares] = [0, 0]
  for (const [{ idf, coefficient }, count] of counts) {
    const value = count * idf
    sum += value * coefficient
    squares += value * value
  }
  const raw = intercept + (squares === 0 ? 0 : sum / Math.sqrt(squares))
  return 1 / (1 + Math.exp(slope * raw + offset))
}

/** The hash under which a word or phrase is kept (FNV-1a over 16-bit units, then mixed). */
export function hashWord(word: string): number {
  return finishHash(extendHash(emptyHash, word))
}

/** Where a hash begins, for those who hash a phrase word by word. */
export const emptyHash: number = 0x811c9dc5

/** The state of a hash after some more letters. */
export function extendHash(state: number, letters: string): number {
  let hash = state
  for (let at = 0; at < letters.length; at += 1) hash = Math.imul(hash ^ letters.charCodeAt(at), 0x01000193)
  return hash
}

/** The hash of all letters so far. */
export function finishHash(state: number): number {
  const hash = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d)
  return (hash ^ (hash >>> 13)) >>> 0
}
