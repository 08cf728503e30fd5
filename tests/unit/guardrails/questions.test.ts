import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { expandGrammar } from '../../../scripts/training/expand-grammar.ts'
import { readOwnRows } from '../../../scripts/training/read-rows.ts'

const policies = path.join(import.meta.dirname, '..', '..', '..', 'policies')
const rows = readOwnRows(path.join(policies, 'data'))
const questions = rows.filter(({ topic }) => topic?.startsWith('question-'))
const more = rows.filter(({ isMore }) => isMore === true)
const probe = readFileSync(path.join(policies, 'judge-probe.jsonl'), 'utf8').trim().split('\n')

function toWords(text: string): ReadonlySet<string> {
  return new Set(
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu),
  )
}

/** Texts by their words; only what shares a word is compared, or ten thousand rows would take minutes. */
class TwinFinder {
  readonly #sizes: number[] = []
  readonly #byWord = new Map<string, number[]>()

  add(words: ReadonlySet<string>): void {
    const index = this.#sizes.push(words.size) - 1
    for (const word of words) {
      const known = this.#byWord.get(word)
      if (known) known.push(index)
      else this.#byWord.set(word, [index])
    }
  }

  /** Is there a text that shares this share of both texts' words? */
  has(words: ReadonlySet<string>, share: number): boolean {
    const common = new Map<number, number>()
    for (const word of words) for (const index of this.#byWord.get(word) ?? []) common.set(index, (common.get(index) ?? 0) + 1)
    return [...common].some(([index, count]) => count / (words.size + (this.#sizes[index] ?? 0) - count) >= share)
  }
}

test('there are short questions of both kinds in both languages, all for training', () => {
  for (const lang of ['en', 'de']) {
    for (const label of [0, 1]) expect(questions.filter((row) => row.lang === lang && row.label === label).length).toBeGreaterThan(150)
  }
  expect(questions.every(({ set, direction }) => set === 'train' && direction === 'in')).toBe(true)
})

test('the second half of the rows is for training, of both kinds, and each has a category it can have', () => {
  expect(more.filter(({ direction }) => direction !== 'tool').length).toBeGreaterThan(2500)
  for (const label of [0, 1]) expect(more.filter((row) => row.direction !== 'tool' && row.label === label).length).toBeGreaterThan(1200)
  expect(more.every(({ set }) => set === 'train')).toBe(true)
  expect(more.filter(({ direction, label, category }) => direction !== 'tool' && (label === 0) !== (category === 'none'))).toEqual([])
})

test('an instruction in a mail of the second half is the whole sentence that its clean twin lacks', () => {
  const mails = more.filter(({ direction }) => direction === 'tool')
  const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
  const clean = new Map(mails.filter(({ label }) => label === 0).map(({ pair, text }) => [pair, oneLine(text)]))
  const instructed = mails.flatMap(({ text, pair, span }) => (span ? [{ text, pair, span }] : []))
  expect(instructed.length).toBeGreaterThan(250)
  for (const { text, pair, span } of instructed) {
    expect(oneLine(`${text.slice(0, span[0])} ${text.slice(span[1])}`)).toBe(clean.get(pair))
  }
})

test('the table of more/README.md counts what is there', () => {
  const folder = path.join(policies, 'data', 'more')
  const counted = readFileSync(path.join(folder, 'README.md'), 'utf8').matchAll(/^\| (\S+\.jsonl) \| (\d+) \| (\d+) \| (\d+) \|$/gm)
  const told = [...counted].map(([, file, all, positive, negative]) => [file, Number(all), Number(positive), Number(negative)])
  const there = [...readdirSync(folder), ...readdirSync(path.join(folder, '..', 'injection')).map((name) => `../injection/${name}`)]
    .filter((name) => name.endsWith('.jsonl'))
    .map((name) => {
      const lines = readFileSync(path.join(folder, name), 'utf8').trim().split('\n')
      const positive = lines.filter((line) => (JSON.parse(line) as { label: number }).label === 1).length
      return [name, lines.length, positive, lines.length - positive]
    })
  expect(new Set(told.map(String))).toEqual(new Set(there.map(String)))
})

test('own labels of a public set name a text by its hash, once, and never hold the text', () => {
  const lines = readFileSync(path.join(policies, 'data', 'labels', 'redteam-prompts.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
  expect(lines.filter((line) => !/^[0-9a-f]{16}\t(?:unsafe|harmless|unclear)$/.test(line))).toEqual([])
  expect(new Set(lines.map((line) => line.slice(0, 16))).size).toBe(lines.length)
  expect(lines.length).toBeGreaterThan(5000)
})

test('none is close to a dev row or to the probe of the judge', () => {
  const dev = rows.filter(({ set, direction }) => set === 'dev' && direction === 'in').map(({ text }) => text)
  const probed = probe.map((line) => (JSON.parse(line) as { text: string }).text)
  const kept = new TwinFinder()
  for (const text of [...dev, ...probed]) kept.add(toWords(text))
  const close = [...questions, ...more.filter(({ direction }) => direction !== 'tool')].filter(({ text }) => kept.has(toWords(text), 0.6))
  expect(close.map(({ text }) => text)).toEqual([])
})

test('no two are nearly the same', () => {
  const before = new TwinFinder()
  const twins = [...questions, ...more.filter(({ direction }) => direction !== 'tool')].filter(({ text }) => {
    const words = toWords(text)
    const isTwin = before.has(words, 0.8)
    before.add(words)
    return isTwin
  })
  expect(twins.map(({ text }) => text)).toEqual([])
})

test.each(readdirSync(path.join(policies, 'data', 'grammars')))(
  'the grammar %s gives the same sentences every time, with no open slot',
  (file) => {
    const place = path.join(policies, 'data', 'grammars', file)
    const drawn = expandGrammar(place)
    expect(drawn.length).toBeGreaterThan(800)
    expect(drawn.filter(({ text }) => /\$[a-z]/i.test(text))).toEqual([])
    expect(expandGrammar(place)).toEqual(drawn)
  },
)
