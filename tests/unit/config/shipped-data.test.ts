import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDataFiles } from '../../../src/config/data-files.ts'
import { readDemoHousehold } from '../../../src/config/demo-household.ts'
import { readMinors } from '../../../src/config/minors.ts'
import { readMeasured } from '../../../src/config/measured.ts'
import { createSentences } from '../../../src/config/sentences.ts'
import type { Sentences } from '../../../src/contracts/platform.ts'
import { createHome } from './home-fixture.ts'

const projectRoot = join(import.meta.dirname, '../../..')

async function shippedSentences(): Promise<Sentences> {
  const result = await createSentences(projectRoot)
  if (!result.ok) throw new Error(result.error.sentence)
  return result.value
}

function projectWithSentences(en: string, de: string): string {
  const root = createHome().projectRoot
  mkdirSync(join(root, 'config/sentences'))
  writeFileSync(join(root, 'config/sentences/en.yaml'), en)
  writeFileSync(join(root, 'config/sentences/de.yaml'), de)
  return root
}

describe('what ships', () => {
  test('four domains, and profiles for each', async () => {
    const data = await readDataFiles(projectRoot)
    if (!data.ok) throw new Error(data.error.sentence)
    expect([...data.value.domains.keys()].toSorted()).toEqual(['agentic', 'enterprise', 'family', 'gencreator'])
    for (const domain of data.value.domains.values()) expect(data.value.profiles.has(domain.profile)).toBe(true)
    expect(data.value.profiles.has('homework')).toBe(true)
  })

  test('whom the terms of each provider allow, the strict value where nothing was confirmed', async () => {
    const table = await readMinors(projectRoot)
    if (!table.ok) throw new Error(table.error.sentence)
    expect(Object.fromEntries([...table.value].map(([provider, { rule }]) => [provider, rule]))).toEqual({
      anthropic: 'conditions',
      openai: 'conditions',
      gemini: 'no',
      oci: 'no',
      ollama: 'yes',
      'ollama-cloud': 'no',
      'own-server': 'yes',
      'other-server': 'no',
    })
  })

  test('a demo whose rooms have domains and profiles that exist', async () => {
    const [demo, data] = await Promise.all([readDemoHousehold(projectRoot), readDataFiles(projectRoot)])
    if (!demo.ok || !data.ok) throw new Error('the demo is broken')
    const { members, rooms } = demo.value
    expect(Object.values(members).map((member) => member.role)).toEqual(['owner', 'teen', 'child'])
    expect(Object.fromEntries(Object.values(rooms).map((room) => [room.name, room.members]))).toEqual({
      Family: ['owner', 'teen'],
      Homework: ['owner', 'child'],
      Creator: ['owner'],
      Agents: ['owner'],
      Parents: ['owner'],
      Control: ['owner'],
    })
    for (const room of Object.values(rooms)) {
      expect(data.value.domains.has(room.domain)).toBe(true)
      expect(room.profile === undefined || data.value.profiles.has(room.profile)).toBe(true)
    }
  })

  test('every sentence is said somewhere', () => {
    const source = globSync(join(projectRoot, 'src/**/*.ts'))
      .map((file) => readFileSync(file, 'utf8'))
      .join('\n')
    const keys = [...readFileSync(join(projectRoot, 'config/sentences/en.yaml'), 'utf8').matchAll(/^(?:([\w-]+):$|  ([\w-]+):)/gm)].reduce<{
      readonly group: string
      readonly keys: readonly string[]
    }>(({ group, keys: found }, [, next, name]) => ({ group: next ?? group, keys: name ? [...found, `${group}.${name}`] : found }), {
      group: '',
      keys: [],
    }).keys
    expect(keys.length).toBeGreaterThan(40)
    // keys that end in a value of the program: `order-help.${command.name}`
    const families = [...source.matchAll(/say\(`([\w-]+\.[\w-]*)\$\{[^}]+\}`/g)].map(([, beginning = '']) => beginning)
    const isSaid = (key: string): boolean => source.includes(`'${key}'`) || families.some((beginning) => key.startsWith(beginning))
    // the gateway's sentences are named after its codes; their own test goes through those
    expect(keys.filter((key) => !key.startsWith('gateway.') && !isSaid(key))).toEqual([])
  })

  test('wherever people read how much gets past the rules, it is what was measured last', async () => {
    const measured = await readMeasured(projectRoot, createHome().home)
    if (!measured.ok) throw new Error(measured.error.sentence)
    const { passWithRulesAlone, rows, date } = measured.value.alone
    for (const page of ['README.md', 'docs/SECURITY.md']) {
      const said = [
        ...readFileSync(join(projectRoot, page), 'utf8').matchAll(/(\d+) pass with rules alone \((?:(\d+) )?own dev rows, ([\d-]+)/g),
      ]
      expect(said.length).toBeGreaterThan(0)
      for (const [, pass, of = String(rows), on] of said)
        expect([page, pass, of, on]).toEqual([page, String(passWithRulesAlone), String(rows), date])
    }
  })

  test('no sentence shouts', () => {
    for (const locale of ['en', 'de']) {
      // an order begins with one
      expect(readFileSync(join(projectRoot, `config/sentences/${locale}.yaml`), 'utf8')).not.toMatch(/!(?![a-z{])/)
    }
  })
})

describe('createSentences', () => {
  test('speaks the language, English for one it does not know, and fills in values', async () => {
    const sentences = await shippedSentences()
    expect(sentences.say('turn.surprise', 'en', { id: 'k7' })).toContain('Number k7')
    expect(sentences.say('turn.surprise', 'de-AT', { id: 7 })).toContain('Nummer 7')
    expect(sentences.say('command.stop-done', 'fr')).toBe(sentences.say('command.stop-done', 'en'))
    expect(sentences.say('command.stop-done', 'de')).not.toBe(sentences.say('command.stop-done', 'en'))
  })

  test('a value is taken as it is, even if it looks like a placeholder or a pattern', async () => {
    const sentences = await shippedSentences()
    expect(sentences.say('turn.surprise', 'en', { id: '{id}$&' })).toContain('Number {id}$&')
  })

  test('an unknown key and a missing value throw', async () => {
    const sentences = await shippedSentences()
    expect(() => sentences.say('no.such', 'en')).toThrow('no.such')
    expect(() => sentences.say('turn.surprise', 'en')).toThrow('id')
  })

  test.each([
    ['a sentence that is missing', 'a: { b: Hello }', 'a: { c: Hallo }', 'The sentence a.b is missing.'],
    ['other placeholders', 'a: { b: "Hello {name}" }', 'a: { b: "Hallo {nom}" }', 'has other placeholders'],
    ['a sentence that is not in English', 'a: { b: Hello }', 'a: { b: Hallo, c: Du }', 'en.yaml has no sentence a.c'],
  ])('%s is a fault', async (_what, en, de, wrong) => {
    const result = await createSentences(projectWithSentences(en, de))
    expect(result).toMatchObject({ ok: false, error: { sentence: expect.stringContaining(wrong) as string } })
  })
})
