import { AddressLine } from './address-line.ts'
import { toTokens } from './address-tokens.ts'
import type { TokenRun } from './address-tokens.ts'
import { famousAddresses } from './address-words.ts'
import { extendAddress } from './extend-address.ts'
import { placeShapes } from './place-shapes.ts'
import type { PiiMatch } from './pii-match.ts'
import { streetShapes } from './street-shapes.ts'

/** Longer texts are documents: their addresses are looked for in the first part. */
const mostTokens = 4_000
const shapes = [...streetShapes, ...placeShapes]

/** Street addresses, post office boxes and crossings, English, German and the usual European shapes, with town and postal code. */
export function findAddresses(text: string): readonly PiiMatch[] {
  if (!/\d|corner|street|avenue|road|stra(?:ß|ss)e/i.test(text)) return []
  const line = new AddressLine(toTokens(text, mostTokens), !/\p{Lu}/u.test(text))
  const runs: TokenRun[] = []
  for (let at = 0; at < line.tokens.length; at += 1) {
    for (const shape of shapes) {
      const run = shape(line, at)
      if (run !== undefined) runs.push(extendAddress(line, run))
    }
  }
  return merge(runs).flatMap((run) => toMatch(line, run))
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

function toMatch({ tokens }: AddressLine, run: TokenRun): readonly PiiMatch[] {
  const [first, last] = [tokens[run.start], tokens[run.end - 1]]
  if (first === undefined || last === undefined) return []
  const said = tokens.slice(run.start, run.start + 3).map((token) => token.text)
  return famousAddresses.test(said.join(' ')) ? [] : [{ type: 'LOCATION', start: first.start, end: last.end, score: 0.9 }]
}
