import { countryAt, isCapital, isNameLike } from './address-tokens.ts'
import type { Token, TokenRun } from './address-tokens.ts'
import { nameConnectors, unitWords } from './address-words.ts'

/** Tokens after a street in which town, region, country and postal code may follow. */
const reach = 18

/** A street with the house numbers before it, and with unit, town, region, country and postal code behind it. */
export function extendAddress(tokens: readonly Token[], run: TokenRun, isSmallText: boolean): TokenRun {
  return { start: begin(tokens, run.start), end: behind(tokens, run.end, isSmallText) }
}

function begin(tokens: readonly Token[], start: number): number {
  let at = start
  while (at > 0 && start - at < 2 && tokens[at - 1]?.kind === 'number') at -= 1
  // `Katrina and Rúa do Paseo 46`: a crossing
  const isCrossing =
    tokens[at - 1]?.lower === 'and' && isCapital(tokens[at - 2]) && /^(?:to|at|in|is|on|:|\?)$/.test(tokens[at - 3]?.lower ?? '')
  return isCrossing ? at - 2 : at
}

function behind(tokens: readonly Token[], end: number, isSmallText: boolean): number {
  let sure = end
  let hasBreak = false
  for (let at = end; at < Math.min(tokens.length, end + reach);) {
    const token = tokens[at]
    if (token === undefined) break
    const country = countryAt(tokens, at)
    if (country > 0) {
      at += country
      sure = at
      continue
    }
    if (token.kind === 'word' && unitWords.has(token.lower)) {
      let number = at + 1
      while (/^[.#]$/.test(tokens[number]?.text ?? '')) number += 1
      if (tokens[number]?.kind !== 'number') break
      at = number + 1
      sure = at
      continue
    }
    if (token.kind === 'break' || token.text === ',') hasBreak = true
    else if (token.kind === 'number') {
      if (!/^\d{3,6}$/.test(token.text)) break
      sure = at + 1
      if (hasBreak && isCapital(tokens[at + 1])) sure = at + 2
    } else if (isRegion(token)) sure = at + 1
    else if (!/^[()'’?]$/.test(token.text) && !isNameLike(token, isSmallText) && !nameConnectors.has(token.lower)) break
    at += 1
  }
  return sure
}

/** `CO`, `QC`, `VWV`: letters of a state or canton. */
function isRegion(token: Token): boolean {
  return token.kind === 'word' && (/^[A-Z]{2,3}$/.test(token.text) || token.text === 'nan')
}
