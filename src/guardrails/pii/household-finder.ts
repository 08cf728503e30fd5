import type { HouseholdNames } from '../../contracts/rails.ts'
import { isKnownWord } from '../known-words.ts'
import { diminutivesOf } from './diminutives.ts'
import { createOwnAddressFinder } from './find-own-addresses.ts'
import { commonParts, notNames, wordNames } from './household-words.ts'
import { createTypoSet } from './one-typo.ts'
import type { PiiMatch } from './pii-match.ts'

const words = /[\p{L}\p{N}]+/gu
const shortestTypo = 4
/** A name of three letters is told with a typo only where it is written with a capital, a shorter one never. */
const shortestCapitalTypo = 3
const longestName = 40

/** sure: a name however written; written: a word as well, a name only where it is written as one; typo: one letter off. */
type Kind = 'sure' | 'written' | 'capital-typo' | 'none'

/**
 * Finds the household's own names and addresses: any part of a name, with possessive, short and fond forms and one typo;
 * an address by its street, however abbreviated, with one typo. Types PERSON and LOCATION, score 1.
 */
export function createHouseholdFinder(household: HouseholdNames): (text: string) => readonly PiiMatch[] {
  const findAddresses = createOwnAddressFinder(household.addresses)
  const parts = household.names.flatMap((name) => [...name.matchAll(words)].map(([part]) => part.toLowerCase()))
  const names = [...new Set(parts)].filter((name) => name.length >= 2 && !commonParts.has(name) && !notNames.has(name))
  if (names.length === 0) return findAddresses
  const toKind = createNameTest(names)
  return (text) => {
    const known = new Map<string, Kind>()
    const people: PiiMatch[] = []
    for (const { 0: word, index } of text.matchAll(words)) {
      const lower = word.toLowerCase()
      const kind = known.get(lower) ?? toKind(lower)
      known.set(lower, kind)
      if (kind === 'none' || (kind !== 'sure' && !isWrittenAsName(text, word, index, kind))) continue
      people.push({ type: 'PERSON', start: index, end: index + word.length, score: 1 })
    }
    return [...findAddresses(text), ...people]
  }
}

function createNameTest(names: readonly string[]): (lower: string) => Kind {
  const certain = names.filter((name) => !wordNames.has(name))
  const exact = new Set(certain)
  // half of all short words are one letter away from Leo or Tim
  const long = createTypoSet(certain.filter((name) => name.length >= shortestTypo))
  const short = createTypoSet(certain.filter((name) => name.length === shortestCapitalTypo))
  const fond = names.flatMap(diminutivesOf)
  const sure = new Set(fond.filter((form) => form.length >= 3 && !isKnownWord(form)))
  const written = new Set([...names.filter((name) => wordNames.has(name)), ...fond.filter((form) => form.length < 3 || isKnownWord(form))])
  return (lower) => {
    if (lower.length > longestName) return 'none'
    // Annas Heft: the genitive belongs to the name
    const forms = lower.endsWith('s') && lower.length > 2 ? [lower, lower.slice(0, -1)] : [lower]
    if (forms.some((form) => exact.has(form) || sure.has(form))) return 'sure'
    if (forms.some((form) => written.has(form))) return 'written'
    if (isKnownWord(lower) || notNames.has(lower)) return 'none'
    const strangers = forms.filter((form) => form.length >= shortestCapitalTypo && !isKnownWord(form))
    if (strangers.some((form) => long.distanceTo(form) === 1)) return 'sure'
    return strangers.some((form) => short.distanceTo(form) === 1) ? 'capital-typo' : 'none'
  }
}

/** What follows a name at the begin of a sentence, and not `Will you` or `May I`. */
const saidOfPerson =
  /^(?:[’']s\b| \p{Lu}\p{Ll}|,| (?:is|was|has|had|and|or|likes?|wants?|said|says|goes|went|loves?|hates?|plays?|lives?|needs?|told|asked|ist|hat|und|mag|war|geht|sagt|wohnt|spielt)\b)/u

/** With a capital that is not owed to the begin of a sentence, or with a possessive. */
function isWrittenAsName(text: string, word: string, index: number, kind: Kind): boolean {
  if (!/^\p{Lu}/u.test(word)) return false
  if (kind === 'capital-typo') return true
  const opensSentence = index === 0 || /[.!?\n] *$/.test(text.slice(Math.max(0, index - 3), index))
  return !opensSentence || saidOfPerson.test(text.slice(index + word.length, index + word.length + 10))
}
