import type { HouseholdNames } from '../../contracts/rails.ts'
import { isKnownWord } from '../known-words.ts'
import { diminutivesOf } from './diminutives.ts'
import { createTypoSet, isOneTypo } from './one-typo.ts'
import type { TypoSet } from './one-typo.ts'
import type { PiiMatch } from './pii-match.ts'

interface Word {
  readonly lower: string
  readonly start: number
  readonly end: number
  readonly isCapital: boolean
  readonly opensSentence: boolean
  readonly isPossessive: boolean
}

interface Address {
  /** Street and number, the part that alone tells where someone lives. */
  readonly street: readonly string[]
  /** Town, postal code and what else follows. */
  readonly rest: ReadonlySet<string>
}

const words = /[\p{L}\p{N}]+/gu
/** Words that stand in many addresses and names, and tell nothing alone. */
const commonParts = new Set(
  'street st road rd avenue ave lane ln drive dr court ct place pl square sq strasse str weg platz allee gasse apt flat van von de der den la le el the am an im in zu zur'.split(
    ' ',
  ),
)
/** What people are called in a configuration that is no name. */
const notNames = new Set(
  'me i you we us he she they it owner admin administrator user teen teenager child kid kids guest adult parent parents home family mom mum dad mama papa mummy daddy grandma grandpa oma opa assistant bot test the und and mr mrs ms herr frau'.split(
    ' ',
  ),
)
/** Names that are everyday words as well: they count where they are written as a name. */
const wordNames = new Set(
  'will may mark grace rose hope faith joy art bill jack rob pat sue drew chance chase hunter mason summer autumn april june august dawn ruby amber daisy lily iris ivy holly robin jade sky star rich frank guy gene max sonny buddy angel king prince dean miles cliff dale glen heath ray jean pearl crystal violet olive ginger penny sandy melody harmony destiny trinity skip chip nick bob don ken gay earl duke christian jan mai maria rosa viola ernst wolf stern blume engel klein gross lang kurz jung alt weiss schwarz braun grün roth koch richter baker cook smith young white black brown green gray wood hill field ford bush reed bell page price long short day night summers winters moon fox wolfe bird fisher hall lee park'.split(
    ' ',
  ),
)
const shortestTypo = 4
const longestEnding = /(?:s|[’']s)$/

/**
 * Finds the household's own names and addresses: any part of a name, with possessive, short and fond forms and one typo;
 * an address by its street and number, however abbreviated, with one typo. Types: PERSON and LOCATION.
 */
export function createHouseholdFinder(household: HouseholdNames): (text: string) => readonly PiiMatch[] {
  const names = [...new Set(household.names.flatMap((name) => wordsOf(name).map((word) => word.lower)))].filter(
    (name) => name.length >= 2 && !commonParts.has(name) && !notNames.has(name),
  )
  const nameSet = createTypoSet(names.filter((name) => !wordNames.has(name)))
  const fondSet = new Set(names.flatMap(diminutivesOf).filter((form) => form.length >= 3 && !isKnownWord(form)))
  // fond forms that are words as well count only where they are written as a name
  const riskySet = new Set([
    ...names.filter((name) => wordNames.has(name)),
    ...names.flatMap(diminutivesOf).filter((form) => isKnownWord(form)),
  ])
  const addresses = household.addresses.map(toAddress).filter((address) => address.street.length > 0)
  if (names.length === 0 && addresses.length === 0) return () => []
  return (text) => {
    const found = wordsOf(text)
    const people = found.flatMap((word) => (isName(word, { nameSet, fondSet, riskySet }) ? [toPerson(word)] : []))
    return [...addresses.flatMap((address) => findAddress(address, found)), ...people]
  }
}

function wordsOf(text: string): readonly Word[] {
  return [...text.matchAll(words)].map(({ 0: hit, index }) => ({
    lower: hit.toLowerCase(),
    start: index,
    end: index + hit.length,
    isCapital: /^\p{Lu}/u.test(hit),
    opensSentence: index === 0 || /[.!?\n] *$/.test(text.slice(Math.max(0, index - 3), index)),
    isPossessive: /^[’']s\b/i.test(text.slice(index + hit.length, index + hit.length + 3)),
  }))
}

interface Names {
  readonly nameSet: TypoSet
  readonly fondSet: ReadonlySet<string>
  readonly riskySet: ReadonlySet<string>
}

function isName(word: Word, { nameSet, fondSet, riskySet }: Names): boolean {
  // Annas Heft, James' book: the genitive belongs to the name
  const forms = [word.lower, word.lower.replace(longestEnding, '')].filter((form) => form.length >= 2)
  if (forms.some((form) => nameSet.distanceTo(form) === 0 || fondSet.has(form))) return true
  if (word.isCapital && (!word.opensSentence || word.isPossessive) && forms.some((form) => riskySet.has(form))) return true
  if (isKnownWord(word.lower) || word.lower.length < shortestTypo - 1) return false
  if (word.lower.length < shortestTypo && !word.isCapital) return false
  return forms.some((form) => form.length >= shortestTypo - 1 && nameSet.distanceTo(form) === 1 && !isKnownWord(form))
}

function toPerson(word: Word): PiiMatch {
  return { type: 'PERSON', start: word.start, end: word.end, score: 1 }
}

/** Street and number as they compare: `Lindenstr. 12` and `Lindenstraße 12` are the same. */
function canonical(word: string): string {
  const plain = word.replaceAll('ß', 'ss').replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue')
  const short = plain.replace(/(?:strasse|str)$/, 'str')
  return streetShort[short] ?? short
}

const streetShort: Readonly<Record<string, string>> = {
  street: 'st',
  road: 'rd',
  avenue: 'ave',
  av: 'ave',
  lane: 'ln',
  drive: 'dr',
  court: 'ct',
  place: 'pl',
  square: 'sq',
  boulevard: 'blvd',
  terrace: 'ter',
  crescent: 'cres',
  close: 'cl',
}

function toAddress(address: string): Address {
  const [street = '', ...rest] = address.split(/[,\n;]/)
  return {
    street: wordsOf(street).map((word) => canonical(word.lower)),
    rest: new Set(rest.flatMap((part) => wordsOf(part).map((word) => canonical(word.lower)))),
  }
}

function findAddress(address: Address, found: readonly Word[]): readonly PiiMatch[] {
  const matches: PiiMatch[] = []
  const names = address.street.filter((word) => !/^\d/.test(word))
  for (let at = 0; at < found.length; at += 1) {
    const end = endOfStreet(address.street, found, at) ?? endOfStreet(names, found, at)
    const first = found[at]
    if (end === undefined || first === undefined) continue
    let last = end
    while (address.rest.has(canonical(found[last]?.lower ?? ' '))) last += 1
    matches.push({ type: 'LOCATION', start: first.start, end: found[last - 1]?.end ?? first.end, score: 1 })
    at = last - 1
  }
  return matches
}

/** Where the street ends if it begins at this word: all its words in their order, at most one of them misspelt. */
function endOfStreet(street: readonly string[], found: readonly Word[], at: number): number | undefined {
  const [first] = street
  if (first === undefined) return undefined
  // one word alone must tell something
  if (street.length === 1 && (first.length < 5 || commonParts.has(first) || isKnownWord(first))) return undefined
  let typos = 0
  let index = at
  for (const expected of street) {
    const given = found[index]
    if (given === undefined) return undefined
    const said = canonical(given.lower)
    if (said !== expected) {
      const joined = said + canonical(found[index + 1]?.lower ?? '')
      if (joined === expected) index += 1
      else if (expected.length >= shortestTypo && !/^\d/.test(expected) && isOneTypo(said, expected) && !isKnownWord(given.lower))
        typos += 1
      else return undefined
    }
    index += 1
  }
  return typos <= 1 ? index : undefined
}
