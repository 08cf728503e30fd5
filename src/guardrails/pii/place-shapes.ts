import type { AddressLine, Shape } from './address-line.ts'
import { countryAt } from './address-tokens.ts'
import { placeCues, placePrepositions, streetPrefixes, unitWords } from './address-words.ts'

/** `Apt. 12`, `Suite 603`: the street stands before it. */
const unit: Shape = (line, at) => {
  const word = line.lower(at)
  if (!unitWords.has(word)) return undefined
  let number = at + 1
  while (/^[.#]$/.test(line.lower(number))) number += 1
  if (!line.isNumber(number)) return undefined
  const start = unitBegin(line, at)
  // `unit 5` alone is a lesson, `Apt. 5` is not
  return start < at || /^(?:apt|ste|whg|appt|suite)$/.test(word) ? { start, end: number + 1 } : undefined
}

/** Back to the number with which the street before a unit begins. */
function unitBegin(line: AddressLine, from: number): number {
  let begin = from
  for (let at = from - 1; at >= Math.max(0, from - 11); at -= 1) {
    if (line.isNumber(at)) begin = at
    else if (!mayStandBeforeUnit(line, at)) break
  }
  return begin
}

function mayStandBeforeUnit(line: AddressLine, at: number): boolean {
  const token = line.tokens[at]
  if (token?.kind === 'break') return true
  if (token?.kind === 'mark') return /^[.,'’#]$/.test(token.text)
  if (line.isCapital(at)) return !placePrepositions.has(line.lower(at))
  return line.isName(at) || line.isConnector(at) || streetPrefixes.has(line.lower(at))
}

/** `P.O. Box 104`, `PSC 0413, Box 8144`, `Postfach 12`. */
const box: Shape = (line, at) => {
  if (!line.isNumber(at + 1)) return undefined
  if (line.lower(at) === 'postfach') return { start: at, end: at + 2 }
  if (line.lower(at) !== 'box') return undefined
  for (let back = 1; back <= 5; back += 1) {
    if (/^(?:p|po|psc|unit|post)$/.test(line.lower(at - back))) return { start: at - back, end: at + 2 }
  }
  return undefined
}

/** `APO AA 42323`, with the ship before it: `USS Mahler, FPO AA 70489`. */
const military: Shape = (line, at) => {
  if (!/^(?:apo|fpo|dpo)$/.test(line.lower(at)) || !/^a[aep]$/.test(line.lower(at + 1))) return undefined
  const end = line.isNumber(at + 2) ? at + 3 : at + 2
  for (let back = 1; back <= 5; back += 1) {
    if (/^(?:uss|usns|usnv|uscgc|usnn|usv)$/.test(line.lower(at - back))) return { start: at - back, end }
  }
  return { start: at, end }
}

const cornerReach = 12

/** `the corner of X and Y`. */
const corner: Shape = (line, at) => {
  if (line.lower(at) !== 'corner' || line.lower(at + 1) !== 'of') return undefined
  let and = at + 3
  while (and < at + cornerReach && !/^(?:and|&)$/.test(line.lower(and))) and += 1
  if (and === at + cornerReach || !hasName(line, at + 2, and)) return undefined
  const end = cornerEnd(line, and + 1)
  return end > and + 1 ? { start: line.lower(at - 1) === 'the' ? at - 1 : at, end } : undefined
}

function cornerEnd(line: AddressLine, from: number): number {
  let end = from
  while (end < from + 6 && (line.isName(end) || line.isNumber(end) || line.isConnector(end))) end += 1
  return end
}

function hasName(line: AddressLine, from: number, to: number): boolean {
  for (let at = from; at < to; at += 1) if (line.isName(at) || line.isNumber(at)) return true
  return false
}

/** Said to be a place: `we live in 5 Pod Floriánem 1677`, `the office is at Hoge Wei 32`. */
const cued: Shape = (line, at) => {
  if (!isPlaceCued(line, at)) return undefined
  let nameStart = at
  while (line.isNumber(nameStart) && nameStart < at + 2) nameStart += 1
  const { end, hasUncommon, hasThing } = line.readName(nameStart, 6)
  if (!hasUncommon || hasThing) return undefined
  const leading = nameStart - at
  if (line.isHouseNumber(end) && (leading > 0 || !line.isYear(end))) return { start: at, end: end + 1 }
  // two numbers before a name are a house in a row of houses
  return leading === 2 ? { start: at, end } : undefined
}

function isPlaceCued(line: AddressLine, at: number): boolean {
  if (!placePrepositions.has(line.lower(at - 1)) && line.tokens[at - 1]?.kind !== 'break') return false
  for (let back = 1; back <= 9; back += 1) {
    const word = line.lower(at - back)
    if (back <= 5 ? placeCues.has(word) : word === 'address') return true
  }
  return false
}

/** `Slovenia 82709`: a country and a postal code. */
const countryCode: Shape = (line, at) => {
  const length = countryAt(line.tokens, at)
  return length > 0 && line.isNumber(at + length) && /^\d{5,6}$/.test(line.lower(at + length))
    ? { start: at, end: at + length + 1 }
    : undefined
}

/** The shapes of places that are told by more than a street. */
export const placeShapes: readonly Shape[] = [unit, box, military, corner, cued, countryCode]
