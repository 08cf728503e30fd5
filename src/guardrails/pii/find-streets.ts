import { countryAt, isCapital, isNameLike, isUncommon } from './address-tokens.ts'
import type { Token, TokenRun } from './address-tokens.ts'
import {
  famousStreets,
  nameConnectors,
  numberedNouns,
  numberedThings,
  placeCues,
  placePrepositions,
  streetEnding,
  weakStreetEnding,
  streetNouns,
  streetPrefixes,
  unitWords,
  weakStreetNouns,
} from './address-words.ts'

interface Line {
  readonly tokens: readonly Token[]
  readonly isSmallText: boolean
}

type Shape = (line: Line, at: number) => TokenRun | undefined

/** The begins of addresses: each shape looks at every token once. */
export function findStreets(tokens: readonly Token[], isSmallText: boolean): readonly TokenRun[] {
  const line = { tokens, isSmallText }
  const found: TokenRun[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    for (const shape of shapes) {
      const run = shape(line, at)
      if (run !== undefined) found.push(run)
    }
  }
  return found
}

const year = /^(?:1[89]|20)\d\d$/
const houseNumber = /^\d{1,5}[a-z]?$/i

function isHouseNumber(token: Token | undefined): boolean {
  return token?.kind === 'number' && houseNumber.test(token.text)
}

/** `Main Street 5`-like: nouns that the number follows, and one-word names: `Lindenstraße 12`, `Magasinsgatan 7`. */
const numberBehind: Shape = ({ tokens, isSmallText }, at) => {
  const [noun, next] = [tokens[at], tokens[at + 1]]
  if (noun?.kind !== 'word') return undefined
  const dot = next?.text === '.' ? 1 : 0
  const number = tokens[at + 1 + dot]
  if (!isHouseNumber(number)) return undefined
  const isNoun =
    numberedNouns.has(noun.lower) && (isNameLike(tokens[at - 1], isSmallText) || (hungarian.test(noun.lower) && isUncommon(tokens[at - 1])))
  const isOneWord = streetEnding.test(noun.lower) && (isCapital(noun) || isSmallText) && isUncommon(noun)
  const isWeak =
    weakStreetEnding.test(noun.lower) && isCapital(noun) && isUncommon(noun) && /^(?:am|im|an|at|on|:)$/.test(tokens[at - 1]?.lower ?? '')
  if (!isNoun && !isOneWord && !isWeak) return undefined
  return { start: isNoun ? nameBegin(tokens, at - 1, isSmallText) : at, end: at + 2 + dot }
}

const hungarian = /^(?:út|útja|utca|utja|tér|körút)$/

/** Walks back over the name of a street: capitals and small words between them, at most five. */
function nameBegin(tokens: readonly Token[], from: number, isSmallText: boolean): number {
  let begin = from
  for (let at = from - 1; at >= Math.max(0, from - 4); at -= 1) {
    const token = tokens[at]
    if (!(isNameLike(token, isSmallText) || isUncommon(token)) || (token !== undefined && numberedThings.has(token.lower))) break
    // the first word of a sentence is capital without being a name
    if (at === 0 && !isUncommon(token)) break
    begin = at
  }
  return begin
}

/** `119 Countess Close`, `12 Baker St`: number, name, noun. */
const numberBefore: Shape = ({ tokens, isSmallText }, at) => {
  if (!isHouseNumber(tokens[at])) return undefined
  for (let length = 1; length <= 4; length += 1) {
    const noun = tokens[at + 1 + length]
    const name = tokens[at + length]
    if (
      !isNameLike(name, isSmallText) &&
      !(length > 1 && name !== undefined && nameConnectors.has(name.lower)) &&
      !isOrdinal(tokens, at + length)
    )
      break
    if (noun?.kind !== 'word') continue
    const isStrong = streetNouns.has(noun.lower)
    const isWeak = weakStreetNouns.has(noun.lower) && isCapital(noun)
    if (isStrong || isWeak) return { start: at, end: at + 2 + length }
  }
  return smallStreet(tokens, at)
}

/** `12 oak street` in small letters: only the sure nouns, one or two words of name, and a preposition before it. */
function smallStreet(tokens: readonly Token[], at: number): TokenRun | undefined {
  const before = tokens[at - 1]
  if (before === undefined || !placePrepositions.has(before.lower)) return undefined
  for (const length of [1, 2]) {
    const noun = tokens[at + 1 + length]
    const names = tokens.slice(at + 1, at + 1 + length)
    if (noun === undefined || !streetNouns.has(noun.lower) || noun.text.length < 4) continue
    if (names.every((name) => name.kind === 'word' && !smallWords.has(name.lower))) return { start: at, end: at + 2 + length }
  }
  return undefined
}

const smallWords: ReadonlySet<string> = new Set(
  'the a an of on in at to and or with for is are was miles km meters metres years minutes hours people cars houses per more'.split(' '),
)

function isOrdinal(tokens: readonly Token[], at: number): boolean {
  return tokens[at]?.kind === 'number' && /^(?:st|nd|rd|th)$/i.test(tokens[at + 1]?.text ?? '')
}

/** `56 rue La Boétie`, `Via delle Coste 41`, `ul. Cicha 86`, `C/ Mayor 3`. */
const prefixed: Shape = ({ tokens, isSmallText }, at) => {
  const prefix = tokens[at]
  if (prefix === undefined || !streetPrefixes.has(prefix.lower)) return undefined
  let end = at + 1
  if (tokens[end]?.text === '.') end += 1
  const nameStart = end
  let hasName = false
  while (end < nameStart + 7) {
    const token = tokens[end]
    if (isNameLike(token, isSmallText) || (isUncommon(token) && isHouseNumber(tokens[at - 1]))) hasName = true
    else if (token?.kind !== 'word' || !nameConnectors.has(token.lower)) break
    end += 1
  }
  if (!hasName) return undefined
  if (isHouseNumber(tokens[end]))
    return isCapital(prefix) || prefix.text.length < 3 || isHouseNumber(tokens[at - 1]) || isSmallText
      ? { start: at, end: end + 1 }
      : undefined
  return isHouseNumber(tokens[at - 1]) ? { start: at - 1, end } : undefined
}

/** `Apt. 12`, `Suite 603`: the street stands before it. */
const unit: Shape = ({ tokens, isSmallText }, at) => {
  const word = tokens[at]
  if (word?.kind !== 'word' || !unitWords.has(word.lower)) return undefined
  let number = at + 1
  while (/^[.#]$/.test(tokens[number]?.text ?? '')) number += 1
  if (tokens[number]?.kind !== 'number') return undefined
  const isShort = /^(?:apt|ste|whg|appt|suite)$/.test(word.lower)
  const start = unitBegin(tokens, at, isSmallText)
  if (start === at && !isShort) return undefined
  return { start, end: number + 1 }
}

/** Back to the number with which the street before a unit begins. */
function unitBegin(tokens: readonly Token[], from: number, isSmallText: boolean): number {
  let begin = from
  for (let at = from - 1; at >= Math.max(0, from - 11); at -= 1) {
    const token = tokens[at]
    if (token === undefined) break
    if (token.kind === 'number') begin = at
    else if (token.kind === 'mark' && !/^[.,'’#]$/.test(token.text)) break
    else if (
      token.kind === 'word' &&
      !isNameLike(token, isSmallText) &&
      !nameConnectors.has(token.lower) &&
      !streetPrefixes.has(token.lower)
    )
      break
    else if (isCapital(token) && placePrepositions.has(token.lower)) break
  }
  return begin
}

/** `P.O. Box 104`, `Postfach 12`, and the boxes and ships of military mail. */
const box: Shape = ({ tokens }, at) => {
  const lower = (offset: number): string => tokens[at + offset]?.lower ?? ''
  if (lower(0) === 'postfach' && tokens[at + 1]?.kind === 'number') return { start: at, end: at + 2 }
  if (lower(0) === 'box' && tokens[at + 1]?.kind === 'number') {
    for (let back = 1; back <= 5; back += 1) {
      const word = lower(-back)
      if (/^(?:p|po|psc|unit|post)$/.test(word)) return { start: at - back, end: at + 2 }
    }
  }
  if (/^(?:apo|fpo|dpo)$/.test(lower(0)) && /^a[aep]$/.test(lower(1))) {
    const isCoded = tokens[at + 2]?.kind === 'number'
    return { start: shipBegin(tokens, at), end: at + (isCoded ? 3 : 2) }
  }
  return undefined
}

function shipBegin(tokens: readonly Token[], at: number): number {
  for (let back = 1; back <= 5; back += 1) if (/^(?:uss|usns|usnv|uscgc|usnn|usv)$/.test(tokens[at - back]?.lower ?? '')) return at - back
  return at
}

/** `the corner of X and Y`. */
const corner: Shape = ({ tokens, isSmallText }, at) => {
  if (tokens[at]?.lower !== 'corner' || tokens[at + 1]?.lower !== 'of') return undefined
  const and = tokens.findIndex((token, index) => index > at + 2 && index < at + 12 && (token.lower === 'and' || token.text === '&'))
  if (and === -1) return undefined
  const firstIsName = tokens.slice(at + 2, and).some((token) => token.kind === 'number' || isNameLike(token, isSmallText))
  let end = and + 1
  while (
    end < and + 7 &&
    (isNameLike(tokens[end], isSmallText) || tokens[end]?.kind === 'number' || nameConnectors.has(tokens[end]?.lower ?? ' '))
  )
    end += 1
  if (!firstIsName || end === and + 1) return undefined
  return { start: tokens[at - 1]?.lower === 'the' ? at - 1 : at, end }
}

/** Said to be a place: `we live in 5 Pod Floriánem 1677`, `the office is at Hoge Wei 32`. */
const cued: Shape = ({ tokens, isSmallText }, at) => {
  const before = tokens[at - 1]
  if (before === undefined || !(placePrepositions.has(before.lower) || before.kind === 'break') || !isPlaceCued(tokens, at))
    return undefined
  let end = at
  while (tokens[end]?.kind === 'number' && end < at + 2) end += 1
  const leading = end - at
  const nameStart = end
  let [hasUncommon, isThing] = [false, false]
  while (end < nameStart + 6) {
    const token = tokens[end]
    const isInitial = token?.kind === 'word' && token.text.length === 1 && tokens[end + 1]?.text === '.'
    if (isNameLike(token, isSmallText)) {
      hasUncommon ||= isUncommon(token)
      isThing ||= token !== undefined && numberedThings.has(token.lower)
    } else if (end === nameStart || token?.kind !== 'word' || !(nameConnectors.has(token.lower) || token.lower === 'and')) break
    end += isInitial ? 2 : 1
  }
  if (end === nameStart || isThing) return undefined
  const last = tokens[end]
  if (isHouseNumber(last) && hasUncommon && !(leading === 0 && year.test(last?.text ?? ''))) return { start: at, end: end + 1 }
  // two numbers before a name are a house in a row of houses
  return leading === 2 && hasUncommon ? { start: at, end } : undefined
}

function isPlaceCued(tokens: readonly Token[], at: number): boolean {
  for (let back = 1; back <= 9; back += 1) {
    const token = tokens[at - back]
    if (token === undefined) return false
    if (back <= 5 ? placeCues.has(token.lower) : token.lower === 'address') return true
  }
  return false
}

/** `4923 Parmova 109`: a name between two numbers. */
const sandwich: Shape = ({ tokens, isSmallText }, at) => {
  const first = tokens[at]
  if (first?.kind !== 'number' || !/^\d{3,5}$/.test(first.text) || year.test(first.text)) return undefined
  let end = at + 1
  let hasUncommon = false
  while (end < at + 6 && isNameLike(tokens[end], isSmallText) && !numberedThings.has(tokens[end]?.lower ?? '')) {
    hasUncommon ||= isUncommon(tokens[end])
    end += 1
  }
  const last = tokens[end]
  return hasUncommon && isHouseNumber(last) && !year.test(last?.text ?? '') ? { start: at, end: end + 1 } : undefined
}

/** `We live on Maple Street`, `on Berg Hills Street`: no number, but a sure noun after a capital name. */
const nameless: Shape = ({ tokens, isSmallText }, at) => {
  const noun = tokens[at]
  if (noun === undefined || !streetNouns.has(noun.lower) || noun.text.length < 4 || isSmallText || !isCapital(tokens[at - 1]))
    return undefined
  const begin = nameBegin(tokens, at - 1, false)
  const before = tokens[begin - 1]
  if (before === undefined || !/^(?:on|at|in|to|is)$/.test(before.lower) || famousStreets.has(tokens[begin]?.lower ?? '')) return undefined
  return isCapital(noun) ? { start: begin, end: at + 1 } : undefined
}

/** `Slovenia 82709`: a country and a postal code. */
const countryCode: Shape = ({ tokens }, at) => {
  const length = countryAt(tokens, at)
  const code = tokens[at + length]
  return length > 0 && code?.kind === 'number' && /^\d{5,6}$/.test(code.text) ? { start: at, end: at + length + 1 } : undefined
}

const shapes: readonly Shape[] = [numberBehind, numberBefore, prefixed, unit, box, corner, cued, sandwich, nameless, countryCode]
