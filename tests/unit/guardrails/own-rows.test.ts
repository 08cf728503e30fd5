import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { KidCategory } from '../../../src/contracts/rails.ts'

const policies = new URL('../../../policies/', import.meta.url)
const isCategory: Readonly<Record<KidCategory, true>> = {
  violence: true,
  weapons: true,
  sexual: true,
  drugs: true,
  'self-harm': true,
  'hate-bullying': true,
  grooming: true,
  illegal: true,
  'dangerous-challenge': true,
  'adult-content': true,
  dieting: true,
  manipulation: true,
  'harm-at-home': true,
}
const categories = Object.keys(isCategory)
const shared = { text: z.string().trim().min(4), lang: z.enum(['en', 'de']), set: z.enum(['train', 'dev']) }
const label = z.union([z.literal(0), z.literal(1)])
const childRow = z.strictObject({
  ...shared,
  label,
  category: z.enum([...categories, 'none']),
  tier: z.enum(['child', 'teen']),
  direction: z.enum(['in', 'out']),
  care: z.boolean(),
  topic: z.string().regex(/^[a-z0-9-]+$/),
})
const mailRow = z.strictObject({
  ...shared,
  label,
  direction: z.literal('tool'),
  /** The clean mail and the same mail with an instruction share a number; both stand in one set. */
  pair: z.number().int().nonnegative(),
  span: z.tuple([z.number().int().nonnegative(), z.number().int().positive()]).optional(),
})
const probeRow = z.strictObject({
  text: shared.text,
  lang: shared.lang,
  expect: z.enum(['unsafe', 'safe']),
  category: z.enum([...categories, 'none']),
  tier: z.enum(['child', 'teen']),
})

const files = readdirSync(new URL('data/', policies)).filter((name) => name.endsWith('.jsonl'))
const isMail = (name: string): boolean => name.startsWith('indirect-mails.')

function rowsOf<T>(path: string, schema: z.ZodType<T>): readonly T[] {
  const lines = readFileSync(new URL(path, policies), 'utf8').trimEnd().split('\n')
  return lines.map((line) => schema.parse(JSON.parse(line)))
}

const childFiles = files
  .filter((name) => !isMail(name))
  .map((name) => {
    const [theme = '', lang = ''] = name.split('.')
    return { name, theme, lang, rows: rowsOf(`data/${name}`, childRow) }
  })
const childRows = childFiles.flatMap(({ theme, rows }) => rows.map((row) => ({ ...row, theme })))
const mails = files.filter(isMail).flatMap((name) => rowsOf(`data/${name}`, mailRow))
const probe = rowsOf('judge-probe.jsonl', probeRow)

const normalised = (text: string): string =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()

interface Worded {
  readonly text: string
  readonly words: ReadonlySet<string>
}
const worded = (text: string): Worded => ({ text, words: new Set(normalised(text).split(' ')) })

/** Pairs of different texts whose words overlap by at least `limit` (Jaccard); equal texts overlap by 1. */
function nearDuplicates(left: readonly Worded[], right: readonly Worded[], limit: number): readonly (readonly [string, string, number])[] {
  const found: (readonly [string, string, number])[] = []
  left.forEach((a, index) => {
    for (const b of left === right ? left.slice(index + 1) : right) {
      const [small, large] = a.words.size < b.words.size ? [a.words, b.words] : [b.words, a.words]
      if (small.size < limit * large.size) continue
      let common = 0
      for (const word of small) if (large.has(word)) common += 1
      const overlap = common / (small.size + large.size - common)
      if (overlap >= limit) found.push([a.text, b.text, overlap])
    }
  })
  return found
}

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim()
const share = (part: number, whole: number): number => part / whole

describe('rows in the voice of children', () => {
  test('are at least 1,500, about half of them harmless, in both languages and tiers', () => {
    expect(childRows.length).toBeGreaterThanOrEqual(1500)
    const harmless = childRows.filter((row) => row.label === 0).length
    expect(share(harmless, childRows.length)).toBeGreaterThanOrEqual(0.45)
    expect(share(harmless, childRows.length)).toBeLessThanOrEqual(0.55)
    expect(childRows.filter((row) => row.lang === 'en').length).toBeGreaterThanOrEqual(900)
    expect(childRows.filter((row) => row.lang === 'de').length).toBeGreaterThanOrEqual(600)
    for (const tier of ['child', 'teen'])
      expect(share(childRows.filter((row) => row.tier === tier).length, childRows.length)).toBeGreaterThan(0.4)
  })

  test.each(categories)('%s: both labels, both tiers and both sets in each language', (category) => {
    for (const lang of ['en', 'de']) {
      const rows = childRows.filter((row) => row.theme === category && row.lang === lang)
      expect(rows.length).toBeGreaterThanOrEqual(45)
      for (const value of [0, 1]) {
        const labelled = rows.filter((row) => row.label === value)
        expect(labelled.length).toBeGreaterThanOrEqual(20)
        for (const tier of ['child', 'teen']) expect(labelled.filter((row) => row.tier === tier).length).toBeGreaterThanOrEqual(5)
        expect(labelled.some((row) => row.set === 'dev')).toBe(true)
      }
    }
  })

  test('name the category of their file when unsafe, and none when harmless', () => {
    const wrong = childFiles.flatMap(({ theme, lang, rows }) =>
      rows.filter((row) => row.category !== (row.label === 1 ? theme : 'none') || row.lang !== lang),
    )
    expect(wrong).toEqual([])
  })

  test('of self-harm, personal contact and harm at home ask for care, and no harmless row does', () => {
    const mustCare = new Set(['self-harm', 'grooming', 'harm-at-home'])
    expect(childRows.filter((row) => row.label === 1 && mustCare.has(row.theme) && !row.care)).toEqual([])
    expect(childRows.filter((row) => row.label === 0 && row.care)).toEqual([])
  })
})

describe('train and dev', () => {
  const textsOf = (set: string): readonly Worded[] => childRows.filter((row) => row.set === set).map((row) => worded(row.text))

  test('a fifth of the rows is dev', () => {
    const dev = share(childRows.filter((row) => row.set === 'dev').length, childRows.length)
    expect(dev).toBeGreaterThan(0.17)
    expect(dev).toBeLessThan(0.25)
  })

  test('an idea stands in one set only, in both languages together', () => {
    const setsOf = new Map<string, Set<string>>()
    for (const { theme, topic, set } of childRows) {
      const idea = `${theme}/${topic}`
      setsOf.set(idea, (setsOf.get(idea) ?? new Set()).add(set))
    }
    expect([...setsOf].filter(([, sets]) => sets.size > 1)).toEqual([])
  })

  test('no row repeats another, and no dev row is close to a train row', () => {
    const all = childRows.map((row) => worded(row.text))
    expect(nearDuplicates(all, all, 0.8)).toEqual([])
    expect(nearDuplicates(textsOf('dev'), textsOf('train'), 0.6)).toEqual([])
  })
})

describe('mails with and without a hidden instruction', () => {
  test.each(['en', 'de'])('%s: 120 of each, and each span is a whole instruction', (lang) => {
    const rows = mails.filter((row) => row.lang === lang)
    expect(rows.filter((row) => row.label === 0).length).toBeGreaterThanOrEqual(120)
    expect(rows.filter((row) => row.label === 1).length).toBeGreaterThanOrEqual(120)
    const cleanOf = new Map(rows.filter((row) => row.label === 0).map((row) => [row.pair, oneLine(row.text)]))
    for (const row of rows) {
      expect(row.span === undefined).toBe(row.label === 0)
      if (!row.span) continue
      const [start, end] = row.span
      expect(end).toBeLessThanOrEqual(row.text.length)
      expect(row.text.slice(start, end)).toMatch(/^\S.*\S$/s)
      expect(oneLine(`${row.text.slice(0, start)} ${row.text.slice(end)}`)).toBe(cleanOf.get(row.pair))
    }
  })

  test('a pair stands in one set, and no instruction or mail repeats another', () => {
    const setOf = new Map<number, string>()
    for (const { pair, set } of mails) expect(setOf.get(pair) ?? set).toBe(setOf.set(pair, set).get(pair))
    const instructions = mails.flatMap((row) => (row.span ? [worded(row.text.slice(...row.span))] : []))
    const clean = mails.filter((row) => row.label === 0).map((row) => worded(row.text))
    expect(nearDuplicates(instructions, instructions, 0.6)).toEqual([])
    expect(nearDuplicates(clean, clean, 0.6)).toEqual([])
  })
})

describe("the judge's probe", () => {
  test('is 60 rows: half unsafe, half English, both tiers, every category', () => {
    const per = (want: string, lang: string): number => probe.filter((row) => row.expect === want && row.lang === lang).length
    expect([per('unsafe', 'en'), per('unsafe', 'de'), per('safe', 'en'), per('safe', 'de')]).toEqual([15, 15, 15, 15])
    for (const tier of ['child', 'teen']) expect(probe.filter((row) => row.tier === tier).length).toBeGreaterThanOrEqual(24)
    expect(new Set(probe.map((row) => row.category))).toEqual(new Set([...categories, 'none']))
    expect(probe.filter((row) => (row.category === 'none') !== (row.expect === 'safe'))).toEqual([])
  })

  test('is in no file that anything is trained or tuned on', () => {
    const questions = probe.map((row) => worded(row.text))
    expect(nearDuplicates(questions, questions, 0.6)).toEqual([])
    expect(
      nearDuplicates(
        questions,
        childRows.map((row) => worded(row.text)),
        0.6,
      ),
    ).toEqual([])
  })
})

test('the table of policies/data/README.md counts what is there', () => {
  const count = (rows: readonly { readonly label: 0 | 1; readonly set: string }[]): string =>
    [
      rows.length,
      rows.filter((row) => row.label === 1).length,
      rows.filter((row) => row.label === 0).length,
      rows.filter((row) => row.set === 'dev').length,
    ].join(' | ')
  const lines = childFiles.map(({ name, rows }) => `| ${name} | ${count(rows)} |`)
  for (const name of files.filter(isMail))
    lines.push(`| ${name} | ${count(mails.filter((row) => name === `indirect-mails.${row.lang}.jsonl`))} |`)
  lines.push(`| all rows in the voice of children | ${count(childRows)} |`)
  const readme = readFileSync(new URL('data/README.md', policies), 'utf8')
  expect(
    readme
      .split('\n')
      .filter((line) => /^\| (?:\S+\.jsonl|all rows)/.test(line))
      .toSorted(),
  ).toEqual(lines.toSorted())
})
