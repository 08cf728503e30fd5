import { emptyHash, extendHash, finishHash } from './toxicity-model.ts'
import type { Token } from './tokens.ts'
import { formatWeightsFile, parseWeightsFile } from './weights-file.ts'

/** Hash of a word or phrase -> how bad it is, 1 (mild) to 3 (severe). */
export type ProfanityList = ReadonlyMap<number, number>

/** A hit: from the first to the last token. */
export interface ProfanityHit {
  readonly severity: number
  readonly first: number
  readonly last: number
}

const entryBytes = 5
const severityUnit = 1 / 50
const longestPhrase = 4

/** Reads the file of the list: of each phrase the hash (uint32) and 50 times its severity (uint8). */
export function parseProfanityList(bytes: Uint8Array): ProfanityList {
  const { body } = parseWeightsFile(bytes)
  const view = new DataView(body.buffer)
  const list = new Map<number, number>()
  for (let at = 0; at + entryBytes <= body.length; at += entryBytes)
    list.set(view.getUint32(at, true), view.getUint8(at + 4) * severityUnit)
  return list
}

/** The bytes of a list as `parseProfanityList` reads them, by rising hash. */
export function formatProfanityList(list: ProfanityList): Uint8Array {
  const sorted = [...list].toSorted(([one], [other]) => one - other)
  const body = new Uint8Array(sorted.length * entryBytes)
  const view = new DataView(body.buffer)
  for (const [index, [hash, severity]] of sorted.entries()) {
    view.setUint32(index * entryBytes, hash, true)
    view.setUint8(index * entryBytes + 4, Math.round(severity / severityUnit))
  }
  return formatWeightsFile({ header: { name: 'profanity' }, body })
}

/** Every listed word or phrase of up to four words. */
export function findProfanity(list: ProfanityList, tokens: readonly Token[]): readonly ProfanityHit[] {
  const hits: ProfanityHit[] = []
  for (const first of tokens.keys()) {
    let state = emptyHash
    for (let last = first; last < Math.min(tokens.length, first + longestPhrase); last += 1) {
      if (last > first) state = extendHash(state, ' ')
      state = extendHash(state, tokens[last]?.word ?? '')
      const severity = list.get(finishHash(state))
      if (severity !== undefined) hits.push({ severity, first, last })
    }
  }
  return hits
}
