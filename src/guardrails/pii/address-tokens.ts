import { isKnownWord } from '../known-words.ts'
import { countries, countryPairs } from './address-words.ts'

/** One word, number or mark of a text. */
export interface Token {
  readonly kind: 'word' | 'number' | 'break' | 'mark'
  readonly text: string
  readonly lower: string
  readonly start: number
  readonly end: number
}

/** A run of tokens, `end` exclusive. */
export interface TokenRun {
  readonly start: number
  readonly end: number
}

const pattern = /[cC]\/(?=\s?\p{L})|[\p{L}∆][\p{L}∆'’-]*|\d+[a-zA-Z]?(?![\p{L}\p{N}])|\d+|\n|[^\s]/gu

/** The text in its first `most` tokens; blanks are dropped, line breaks stay. Linear. */
export function toTokens(text: string, most: number): readonly Token[] {
  const tokens: Token[] = []
  for (const { 0: hit, index } of text.matchAll(pattern)) {
    tokens.push({ kind: kindOf(hit), text: hit, lower: hit.toLowerCase(), start: index, end: index + hit.length })
    if (tokens.length === most) break
  }
  return tokens
}

function kindOf(hit: string): Token['kind'] {
  if (hit === '\n') return 'break'
  if (/^\d/.test(hit)) return 'number'
  return /^[\p{L}∆]/u.test(hit) ? 'word' : 'mark'
}

const capital = /^\p{Lu}/u

/** A word that begins with a capital letter. */
export function isCapital(token: Token | undefined): boolean {
  return token?.kind === 'word' && capital.test(token.text)
}

/** A name that is no frequent word, so that it is not just the begin of a sentence. */
export function isUncommon(token: Token | undefined): boolean {
  return token?.kind === 'word' && token.text.length > 1 && !isKnownWord(token.lower)
}

/** How many tokens of a country's name stand at `at`; 0 for none. */
export function countryAt(tokens: readonly Token[], at: number): number {
  const [first, second] = [tokens[at], tokens[at + 1]]
  if (first === undefined) return 0
  if (second !== undefined && countryPairs.has(`${first.lower}_${second.lower}`)) return 2
  return countries.has(first.lower) ? 1 : 0
}
