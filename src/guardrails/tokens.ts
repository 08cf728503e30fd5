/** A word of a text, with where it stands. */
export interface Token {
  /** Lower case, without apostrophes. */
  readonly word: string
  /** Without the s of a possessive: `wife` of `wife's`. */
  readonly base: string | undefined
  readonly start: number
  readonly end: number
  /** Its number, with a jump at the end of each sentence: words of two sentences are never close. */
  readonly place: number
}

const pattern = /([\p{L}\p{N}\p{M}]+(?:['’`][\p{L}]+)*)|([.!?;\n|]+)/gu
const possessive = /['’`]s$/
const apostrophes = /['’`]/g
const sentenceGap = 3
/** More than 64 KiB can hold, so that nothing of a message stays unread. */
const mostTokens = 40_000

/** The words of a text, up to 40,000. */
export function tokenise(lower: string): readonly Token[] {
  const tokens: Token[] = []
  let place = 0
  for (const match of lower.matchAll(pattern)) {
    const [found, isWord] = match
    if (isWord === undefined) {
      place += sentenceGap
      continue
    }
    place += 1
    const hasApostrophe = found.includes("'") || found.includes('’') || found.includes('`')
    const base = hasApostrophe && possessive.test(found) ? found.slice(0, -2) : undefined
    const word = hasApostrophe ? found.replace(apostrophes, '') : found
    tokens.push({ word, base, start: match.index, end: match.index + found.length, place })
    if (tokens.length === mostTokens) break
  }
  return tokens
}
