import type { AddressLine, Shape } from './address-line.ts'
import {
  famousStreets,
  numberedNouns,
  numberedThings,
  placePrepositions,
  streetEnding,
  streetNouns,
  streetPrefixes,
  weakStreetEnding,
  weakStreetNouns,
} from './address-words.ts'
import type { TokenRun } from './address-tokens.ts'

/** `Villacher Strasse 89`, `Lindenstraße 12`, `Rákóczi út 13.`: the number behind the street. */
const numberBehind: Shape = (line, at) => {
  const noun = line.lower(at)
  const dot = line.lower(at + 1) === '.' ? 1 : 0
  if (!line.isHouseNumber(at + 1 + dot)) return undefined
  const end = at + 2 + dot
  if (numberedNouns.has(noun) && (line.isName(at - 1) || (hungarian.test(noun) && line.isUncommon(at - 1)))) {
    return { start: line.nameBegin(at - 1), end }
  }
  return isStreetName(line, at) ? { start: at, end } : undefined
}

const hungarian = /^(?:út|útja|utca|utja|tér|körút)$/

function isStreetName(line: AddressLine, at: number): boolean {
  if (!line.isUncommon(at)) return false
  if (streetEnding.test(line.lower(at))) return line.isCapital(at) || line.isSmallText
  return weakStreetEnding.test(line.lower(at)) && line.isCapital(at) && /^(?:am|im|an|at|on|:)$/.test(line.lower(at - 1))
}

/** `119 Countess Close`, `12 Baker St`, `5 62nd Street`: number, name, noun. */
const numberBefore: Shape = (line, at) => {
  if (!line.isHouseNumber(at)) return undefined
  for (let noun = at + 2; noun <= at + 5; noun += 1) {
    const isName = line.isName(noun - 1) || (noun > at + 2 && line.isConnector(noun - 1)) || isOrdinal(line, noun - 1)
    if (!isName) break
    if (streetNouns.has(line.lower(noun)) || (weakStreetNouns.has(line.lower(noun)) && line.isCapital(noun)))
      return { start: at, end: noun + 1 }
  }
  return smallStreet(line, at)
}

function isOrdinal(line: AddressLine, at: number): boolean {
  return line.isNumber(at) && /^(?:st|nd|rd|th)$/.test(line.lower(at + 1))
}

/** `12 oak street` in small letters: only the sure nouns, one or two words of name, and a preposition before it. */
function smallStreet(line: AddressLine, at: number): TokenRun | undefined {
  if (!placePrepositions.has(line.lower(at - 1))) return undefined
  for (const noun of [at + 2, at + 3]) {
    if (line.lower(noun).length < 4 || !streetNouns.has(line.lower(noun))) continue
    const names = line.tokens.slice(at + 1, noun)
    if (names.every((name) => name.kind === 'word' && !smallWords.has(name.lower))) return { start: at, end: noun + 1 }
  }
  return undefined
}

const smallWords: ReadonlySet<string> = new Set(
  'the a an of on in at to and or with for is are was miles km meters metres years minutes hours people cars houses per more'.split(' '),
)

/** `56 rue La Boétie`, `Via delle Coste 41`, `ul. Cicha 86`, `C/ Mayor 3`. */
const prefixed: Shape = (line, at) => {
  const prefix = line.lower(at)
  if (!streetPrefixes.has(prefix)) return undefined
  const isNumbered = line.isHouseNumber(at - 1)
  const end = prefixedNameEnd(line, line.lower(at + 1) === '.' ? at + 2 : at + 1, isNumbered)
  if (end === undefined) return undefined
  if (!line.isHouseNumber(end)) return isNumbered ? { start: at - 1, end } : undefined
  const isWritten = line.isCapital(at) || prefix.length < 3 || isNumbered || line.isSmallText
  return isWritten ? { start: at, end: end + 1 } : undefined
}

/** Where the name behind such a prefix ends; undefined: there is none. Behind a number it may be written small. */
function prefixedNameEnd(line: AddressLine, nameStart: number, isNumbered: boolean): number | undefined {
  let end = nameStart
  let hasName = false
  while (end < nameStart + 7) {
    const isName = line.isName(end) || (isNumbered && line.isUncommon(end))
    if (!isName && !line.isConnector(end)) break
    hasName ||= isName
    end += 1
  }
  return hasName ? end : undefined
}

/** `4923 Parmova 109`: a name between two numbers. */
const sandwich: Shape = (line, at) => {
  if (!line.isNumber(at) || !/^\d{3,5}$/.test(line.lower(at)) || line.isYear(at)) return undefined
  let end = at + 1
  let hasUncommon = false
  while (end < at + 6 && line.isName(end) && !numberedThings.has(line.lower(end))) {
    hasUncommon ||= line.isUncommon(end)
    end += 1
  }
  return hasUncommon && line.isHouseNumber(end) && !line.isYear(end) ? { start: at, end: end + 1 } : undefined
}

/** `We live on Maple Street`: no number, but a sure noun after a capital name. */
const nameless: Shape = (line, at) => {
  const noun = line.lower(at)
  if (noun.length < 4 || !streetNouns.has(noun) || !line.isCapital(at) || !line.isCapital(at - 1)) return undefined
  const begin = line.nameBegin(at - 1)
  const isPlaced = /^(?:on|at|in|to|is)$/.test(line.lower(begin - 1)) && !famousStreets.has(line.lower(begin))
  return isPlaced ? { start: begin, end: at + 1 } : undefined
}

/** The shapes of a street with its number. */
export const streetShapes: readonly Shape[] = [numberBehind, numberBefore, prefixed, sandwich, nameless]
