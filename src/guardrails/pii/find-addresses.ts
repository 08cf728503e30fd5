import { extendAddress } from './extend-address.ts'
import { famousAddresses } from './address-words.ts'
import { toTokens } from './address-tokens.ts'
import type { Token, TokenRun } from './address-tokens.ts'
import { findStreets } from './find-streets.ts'
import type { PiiMatch } from './pii-match.ts'

/** Longer texts are documents: their addresses are looked for in the first part. */
const mostTokens = 6_000

/** Street addresses, post office boxes and crossings, English, German and the usual European shapes, with town and postal code. */
export function findAddresses(text: string): readonly PiiMatch[] {
  if (!/\d|corner|street|avenue|road|stra(?:ß|ss)e/i.test(text)) return []
  const tokens = toTokens(text).slice(0, mostTokens)
  // all in small letters: names cannot be told by their capital
  const isSmallText = !/\p{Lu}/u.test(text)
  const runs = findStreets(tokens, isSmallText).map((run) => extendAddress(tokens, run, isSmallText))
  return merge(runs).flatMap((run) => toMatch(tokens, run))
}

function merge(runs: readonly TokenRun[]): readonly TokenRun[] {
  const merged: TokenRun[] = []
  for (const run of runs.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1)
    if (last !== undefined && run.start <= last.end) merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, run.end) }
    else merged.push(run)
  }
  return merged
}

function toMatch(tokens: readonly Token[], run: TokenRun): readonly PiiMatch[] {
  const [first, last] = [tokens[run.start], tokens[run.end - 1]]
  if (first === undefined || last === undefined) return []
  const said = tokens
    .slice(run.start, run.start + 3)
    .map((token) => token.text)
    .join(' ')
  return famousAddresses.test(said) ? [] : [{ type: 'LOCATION', start: first.start, end: last.end, score: 0.9 }]
}
