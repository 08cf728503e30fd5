import type { AddressLine } from './address-line.ts'
import { countryAt } from './address-tokens.ts'
import type { Token, TokenRun } from './address-tokens.ts'
import { unitWords } from './address-words.ts'

/** Tokens after a street in which town, region, country and postal code may follow. */
const reach = 18

/** A street with the house numbers before it, and with unit, town, region, country and postal code behind it. */
export function extendAddress(line: AddressLine, run: TokenRun): TokenRun {
  return { start: begin(line, run.start), end: behind(line, run.end) }
}

function begin(line: AddressLine, start: number): number {
  let at = start
  while (at > 0 && start - at < 2 && line.isNumber(at - 1)) at -= 1
  // `Katrina and Rúa do Paseo 46`: a crossing
  const isCrossing = line.lower(at - 1) === 'and' && line.isCapital(at - 2) && /^(?:to|at|in|is|on|:|\?)$/.test(line.lower(at - 3))
  return isCrossing ? at - 2 : at
}

function behind(line: AddressLine, end: number): number {
  let sure = end
  let hasBreak = false
  for (let at = end; at < Math.min(line.tokens.length, end + reach);) {
    const part = readPart(line, at, hasBreak)
    if (part === undefined) break
    hasBreak ||= part.isBreak
    at += part.length
    if (part.isSure) sure = at
  }
  return sure
}

interface Part {
  readonly length: number
  /** The address goes at least to here. */
  readonly isSure: boolean
  readonly isBreak: boolean
}

/** One part of what may follow a street; undefined: the address has ended. */
function readPart(line: AddressLine, at: number, hasBreak: boolean): Part | undefined {
  const token = line.tokens[at]
  if (token === undefined) return undefined
  const known = countryAt(line.tokens, at) || unitAt(line, at)
  if (known > 0) return { length: known, isSure: true, isBreak: false }
  if (token.kind === 'number') {
    // in 50674 Köln the town comes behind
    const length = hasBreak && line.isCapital(at + 1) ? 2 : 1
    return /^\d{3,6}$/.test(token.text) ? { length, isSure: true, isBreak: false } : undefined
  }
  const isBreak = token.kind === 'break' || token.text === ','
  return isBreak || mayBelong(line, at) ? { length: 1, isSure: isRegion(token), isBreak } : undefined
}

function mayBelong(line: AddressLine, at: number): boolean {
  if (/^[()'’?]$/.test(line.lower(at))) return true
  return (line.isName(at) || line.isConnector(at)) && !unitWords.has(line.lower(at))
}

/** How many tokens `Apt. 12` takes here; 0 for none. */
function unitAt(line: AddressLine, at: number): number {
  if (!unitWords.has(line.lower(at))) return 0
  let number = at + 1
  while (/^[.#]$/.test(line.lower(number))) number += 1
  return line.isNumber(number) ? number + 1 - at : 0
}

/** `CO`, `QC`, `VWV`: letters of a state or canton. */
function isRegion(token: Token): boolean {
  return token.kind === 'word' && (/^[A-Z]{2,3}$/.test(token.text) || token.text === 'nan')
}
