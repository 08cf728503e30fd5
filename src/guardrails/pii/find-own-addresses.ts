import { isKnownWord } from '../known-words.ts'
import { commonParts } from './household-words.ts'
import { isOneTypo } from './one-typo.ts'
import type { PiiMatch } from './pii-match.ts'

interface Word {
  readonly form: string
  readonly start: number
  readonly end: number
}

interface OwnAddress {
  /** Street and number, the part that alone tells where someone lives. */
  readonly street: readonly string[]
  /** The street without its number. */
  readonly name: readonly string[]
  /** Town, postal code and what else follows. */
  readonly rest: ReadonlySet<string>
}

const words = /[\p{L}\p{N}]+/gu
const number = /^\d/
/** A street of one word is told by that word only if it is this long and no everyday word. */
const shortestAlone = 5
const shortestTypo = 4

/** Finds these addresses by street and number, abbreviated or not, or by the street alone, with one typo; the town comes with it. */
export function createOwnAddressFinder(given: readonly string[]): (text: string) => readonly PiiMatch[] {
  const addresses = given.map(toAddress).filter((address) => address.name.length > 0)
  if (addresses.length === 0) return () => []
  return (text) => {
    const found = wordsOf(text)
    return addresses.flatMap((address) => findAddress(address, found))
  }
}

function toAddress(address: string): OwnAddress {
  const [street = '', ...rest] = address.split(/[,\n;]/)
  const forms = wordsOf(street).map((word) => word.form)
  return {
    street: forms,
    name: forms.filter((form) => !number.test(form)),
    rest: new Set(rest.flatMap((part) => wordsOf(part).map((word) => word.form))),
  }
}

function wordsOf(text: string): readonly Word[] {
  const known = new Map<string, string>()
  return [...text.matchAll(words)].map(({ 0: hit, index }) => {
    const form = known.get(hit) ?? toForm(hit)
    known.set(hit, form)
    return { form, start: index, end: index + hit.length }
  })
}

/** As addresses compare: `Lindenstr. 12` and `Lindenstraße 12`, `12 Elm St` and `12 Elm Street` are the same. */
function toForm(word: string): string {
  const lower = word.toLowerCase()
  const plain = /[ßäöü]/.test(lower) ? lower.replaceAll('ß', 'ss').replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue') : lower
  return longForms.get(plain) ?? (plain.length > 5 && plain.endsWith('str') ? `${plain}asse` : plain)
}

const longForms: ReadonlyMap<string, string> = new Map(
  Object.entries({
    st: 'street',
    str: 'strasse',
    rd: 'road',
    ave: 'avenue',
    av: 'avenue',
    ln: 'lane',
    dr: 'drive',
    ct: 'court',
    pl: 'place',
    sq: 'square',
    blvd: 'boulevard',
    ter: 'terrace',
    cres: 'crescent',
    hwy: 'highway',
    pkwy: 'parkway',
  }),
)

function findAddress(address: OwnAddress, found: readonly Word[]): readonly PiiMatch[] {
  const matches: PiiMatch[] = []
  for (let at = 0; at < found.length; at += 1) {
    const street = streetAt(address, found, at)
    if (street === undefined) continue
    let end = street.end
    while (address.rest.has(formAt(found, end))) end += 1
    matches.push({ type: 'LOCATION', start: found[street.start]?.start ?? 0, end: found[end - 1]?.end ?? 0, score: 1 })
    at = end - 1
  }
  return matches
}

function formAt(found: readonly Word[], at: number): string {
  return found[at]?.form ?? ''
}

/** The street with its own number, or with another: that is still our street. */
function streetAt(
  { street, name }: OwnAddress,
  found: readonly Word[],
  at: number,
): { readonly start: number; readonly end: number } | undefined {
  const whole = endOfStreet(street, found, at)
  if (whole !== undefined) return { start: at, end: whole }
  const end = endOfName(name, found, at)
  if (end === undefined) return undefined
  return { start: number.test(formAt(found, at - 1)) ? at - 1 : at, end: number.test(formAt(found, end)) ? end + 1 : end }
}

function endOfName(name: readonly string[], found: readonly Word[], at: number): number | undefined {
  const [first = ''] = name
  const tellsNothing = name.length === 1 && (first.length < shortestAlone || commonParts.has(first) || isKnownWord(first))
  return tellsNothing ? undefined : endOfStreet(name, found, at)
}

/** Where the street ends if it begins at this word: all its words in their order, at most one of them misspelt. */
function endOfStreet(street: readonly string[], found: readonly Word[], at: number): number | undefined {
  let typos = 0
  let index = at
  for (const expected of street) {
    const said = found[index]?.form
    if (said === undefined) return undefined
    if (said !== expected) {
      if (expected.startsWith(said) && said + formAt(found, index + 1) === expected) index += 1
      else if (typos === 0 && isTypo(said, expected)) typos = 1
      else return undefined
    }
    index += 1
  }
  return index
}

function isTypo(said: string, expected: string): boolean {
  return expected.length >= shortestTypo && !number.test(expected) && isOneTypo(said, expected) && !isKnownWord(said)
}
