import { isKnownWord } from '../known-words.ts'
import { nameConnectors, numberedThings } from './address-words.ts'
import { isCapital, isUncommon } from './address-tokens.ts'
import type { Token, TokenRun } from './address-tokens.ts'

const houseNumber = /^\d{1,5}[a-z]?$/i
const year = /^(?:1[89]|20)\d\d$/

/** A run of name words. */
export interface NameRun {
  /** Behind the last word. */
  readonly end: number
  /** One of them is no everyday word. */
  readonly hasUncommon: boolean
  /** One of them is a thing that is numbered, like `Room` or `iPhone`. */
  readonly hasThing: boolean
}

/** The tokens of a text, with the questions the shapes of addresses ask. Indices outside are no token. */
export class AddressLine {
  readonly tokens: readonly Token[]
  /** All in small letters: names cannot be told by their capital. */
  readonly isSmallText: boolean

  constructor(tokens: readonly Token[], isSmallText: boolean) {
    this.tokens = tokens
    this.isSmallText = isSmallText
  }

  lower(at: number): string {
    return this.tokens[at]?.lower ?? ''
  }

  isNumber(at: number): boolean {
    return this.tokens[at]?.kind === 'number'
  }

  isHouseNumber(at: number): boolean {
    return this.isNumber(at) && houseNumber.test(this.lower(at))
  }

  isYear(at: number): boolean {
    return year.test(this.lower(at))
  }

  isCapital(at: number): boolean {
    return isCapital(this.tokens[at])
  }

  isUncommon(at: number): boolean {
    return isUncommon(this.tokens[at])
  }

  /** Written as a name: with a capital, or, in a text of small letters, no frequent word. */
  isName(at: number): boolean {
    const token = this.tokens[at]
    if (token?.kind !== 'word') return false
    return isCapital(token) || (this.isSmallText && !isKnownWord(token.lower))
  }

  isConnector(at: number): boolean {
    return this.tokens[at]?.kind === 'word' && nameConnectors.has(this.lower(at))
  }

  /** The words of a name from here, at most `most`: capitals, initials, and from the second on the small words between them. */
  readName(from: number, most: number): NameRun {
    let [end, hasUncommon, hasThing] = [from, false, false]
    while (end < from + most) {
      if (this.isName(end)) {
        hasUncommon ||= this.isUncommon(end)
        hasThing ||= numberedThings.has(this.lower(end))
      } else if (end === from || !(this.isConnector(end) || this.lower(end) === 'and')) break
      const isInitial = this.lower(end).length === 1 && this.lower(end + 1) === '.'
      end += isInitial ? 2 : 1
    }
    return { end, hasUncommon, hasThing }
  }

  /** Where a name begins that ends with the word at `last`; at most five words. */
  nameBegin(last: number): number {
    let begin = last
    for (let at = last - 1; at >= Math.max(0, last - 4); at -= 1) {
      // the first word of a text is capital without being a name
      const isPart = (this.isName(at) && at > 0) || this.isUncommon(at)
      if (!isPart || numberedThings.has(this.lower(at))) break
      begin = at
    }
    return begin
  }
}

/** Looks at one token and answers the address that it begins or ends, if there is one. */
export type Shape = (line: AddressLine, at: number) => TokenRun | undefined
