import { describe, expect, test } from 'vitest'
import type { Direction } from '../../../src/contracts/rails.ts'
import { createRailEngine } from '../../../src/guardrails/engine.ts'
import { strictPolicy } from './policy-fixture.ts'

const household = { names: ['Charlotte', 'Mia'], addresses: ['Lindenstraße 12, 50674 Köln'], countries: ['DE', 'US'] }
const engine = createRailEngine({ policies: new Map([['child', strictPolicy]]), household, learned: [] })

/** Bytes of a Matrix event. */
const largest = 65_536
const inputs = 3_000
/** The promise for a machine of its own, measured as time of this process. */
const promisedMs = 50
/** On a machine that others load at the same time: hostile text may cost this often what prose of the same size costs then. */
const timesProse = 3
const prose = 'Yesterday Mia and her 12 friends walked from the school in Bath to the old mill, and nobody was late. '
const directions: readonly Direction[] = ['in', 'out', 'tool']

/** Repeats that make careless patterns explode, and pieces of everything the rails look for. */
const pieces = [
  'a', 'A', 'é', 'ä', 'а', 'б', '漢', '😀', '\u0301', '\u200b', '\ud800', 'ﷺ', '\u{e0061}', ' ', '\n', '\t', '.', '-', '_', '@', '/', ':', '%41', '0', '1 ', '12 34 ',
  'a.', 'a-', 'a b ', 'ab-', 'a1', '1a', 'aaa', 'aabb', '(', '((', '[', '{', '"', "'", '’', 'a@', 'a@b.', 'www.', 'http://', 'https://a.b/', '://', 'x://a:b@', '1.1.1.1 ',
  '::', 'a:', '+49 171 ', '0171/', '4111 1111 1111 1111 ', 'DE89 3704 ', 'GB82', '536-22-', 'Apt. ', 'Suite 1 ', '12 Main St ', 'rue de la ', 'the corner of ',
  'P.O. Box ', 'Lindenstr. ', 'Lindenstrase ', 'Köln 50674 ', 'Germany ', 'Charlotte ', 'Charlote ', "Mia's ", 'Mr. ', 'my name is ', 'said ', 'Bob\n', 'born on 1/1/2000 ',
  'password: ', 'api key = ', 'sk-', 'eyJ', 'eyJa.eyJb.', '-----BEGIN PRIVATE KEY-----', 'Bearer ', 'AKIA', 'ghp_', 'aGVsbG8gd29ybGQ=', '68656c6c6f', '01100001', '&#97;', String.raw`\u0061`,
  'ubj gb ', 'h 0 w ', 'h.o.w ', 'k1ll ', 'zip ', 'SW1A 1AA ', '[PHONE_1]', 'call me ',
] // prettier-ignore

/** Numerical Recipes' generator: the same inputs on every run. */
function createRandom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function makeInput(random: (below: number) => number): string {
  const kinds = 1 + random(4)
  const chosen = Array.from({ length: kinds }, () => pieces[random(pieces.length)] ?? '')
  // most are short, as messages are; one in forty fills an event
  const length = random(40) === 0 ? largest : random(random(3) === 0 ? 4_000 : 400)
  let text = ''
  while (text.length < length) text += random(6) === 0 ? String.fromCodePoint(random(0x2fff)) : (chosen[random(kinds)] ?? '')
  return cut(text)
}

function cut(text: string): string {
  const bytes = Buffer.byteLength(text)
  return bytes <= largest ? text : text.slice(0, Math.floor((text.length * largest) / bytes))
}

function cpuMs(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function costOf(text: string, direction: Direction): number {
  return cpuMs(() => void engine.check({ tier: 'child', direction, locale: 'en', text }))
}

/** How far beyond what is allowed this text is; 0 if it is not. */
function excess(text: string, direction: Direction): number {
  let [best, allowed] = [costOf(text, direction), promisedMs]
  // a garbage collection of what came before is not this text's fault
  for (let again = 0; again < 6 && best > allowed; again += 1) {
    best = Math.min(best, costOf(text, direction))
    allowed = Math.max(allowed, timesProse * costOf(cut(prose.repeat(largest / 64)).slice(0, text.length), direction))
  }
  return Math.max(0, best - allowed)
}

describe('any input', () => {
  test('of thousands made from hostile pieces none throws, takes long, or gets a span outside itself', { timeout: 120_000 }, () => {
    const random = createRandom(20_261_125)
    const slow: string[] = []
    for (let index = 0; index < inputs; index += 1) {
      const text = makeInput(random)
      const direction = directions[random(3)] ?? 'in'
      if (excess(text, direction) > 0) slow.push(JSON.stringify(text.slice(0, 60)))
      for (const { spans } of engine.check({ tier: 'child', direction, locale: 'en', text }).findings) {
        for (const { start, end } of spans)
          if (start < 0 || end > text.length || start >= end) throw new Error(`span ${start}-${end} of ${text}`)
      }
    }
    expect(slow).toEqual([])
  })

  test.each(pieces)('an event full of %j', (piece) => {
    const text = cut(piece.repeat(Math.ceil(largest / piece.length)))
    expect(excess(text, 'in')).toBe(0)
  })
})
