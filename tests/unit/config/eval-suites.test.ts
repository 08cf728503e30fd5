import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readDataFiles } from '../../../src/config/data-files.ts'
import { listSuites, readSuite } from '../../../src/config/eval-suites.ts'
import { createTestFolder } from '../../support/test-folder.ts'

const projectRoot = join(import.meta.dirname, '../../..')
const known = {
  domains: new Map([
    ['family', {}],
    ['enterprise', {}],
  ]),
  profiles: new Map([['homework', {}]]),
}

const good = `name: Own
description: Of this test.
domain: family
profile: homework
pass:
  share: 0.9
  each: { cared: 1, no_link: 0.5 }
rows:
  - { id: one, tier: child, locale: en, text: Why is it raining?, expect: { action: answered } }
  - id: two
    tier: adult
    locale: de
    domain: enterprise
    turns: [Hallo, Wie spät ist es?]
    expect: { language: de, reading_age_at_most: 12, no_link: true, no_human_claim: true, contains_any: [Uhr], lacks_all: [a, b], judged: Is it polite? }
`

function projectWith(suite: string): string {
  const root = createTestFolder('project')
  mkdirSync(join(root, 'evals'))
  writeFileSync(join(root, 'evals/own.yaml'), suite)
  return root
}

async function faultOf(suite: string): Promise<string> {
  const read = await readSuite(projectWith(suite), 'own', known)
  if (read.ok) throw new Error('there is no fault')
  return read.error.sentence
}

describe('a suite', () => {
  test('is what its file says', async () => {
    expect(await readSuite(projectWith(good), 'own', known)).toEqual({
      ok: true,
      value: {
        id: 'own',
        name: 'Own',
        description: 'Of this test.',
        domain: 'family',
        profile: 'homework',
        passShare: 0.9,
        passEach: { cared: 1, link: 0.5 },
        rows: [
          { id: 'one', tier: 'child', locale: 'en', turns: ['Why is it raining?'], expect: { action: 'answered' } },
          {
            id: 'two',
            tier: 'adult',
            locale: 'de',
            domain: 'enterprise',
            turns: ['Hallo', 'Wie spät ist es?'],
            expect: {
              language: 'de',
              readingAgeAtMost: 12,
              noLink: true,
              noHumanClaim: true,
              containsAny: ['Uhr'],
              lacksAll: ['a', 'b'],
              judged: 'Is it polite?',
            },
          },
        ],
      },
    })
  })

  test.each([
    ['an unknown key', ['id: two', 'id: two\n    tiers: adult'], 11, /rows\.1 has no "tiers"/u],
    ['no such tier', ['tier: adult', 'tier: grandma'], 11, /rows\.1\.tier is "grandma"\. Use child, teen, adult\./u],
    ['a share that is none', ['share: 0.9', 'share: 90'], 6, /pass\.share is "90"\. Use a share from 0 to 1\./u],
    ['an expectation that is none', ['cared: 1', 'hugged: 1'], 7, /hugged/u],
    ['text and turns', ['    turns: [', '    text: Hallo\n    turns: ['], 10, /Write either text or turns\./u],
    ['neither', ['text: Why is it raining?, ', ''], 9, /Write either text or turns\./u],
    ['no row', [/rows:[^]*/u, 'rows: []\n'], 8, /Write at least one row\./u],
    ['no description', ['description: Of this test.\n', ''], 1, /description is missing\. Add it\./u],
    ['a row twice', ['id: two', 'id: one'], 10, /Two rows are called "one"\. Give each row a name of its own\./u],
    ['no such domain', ['domain: enterprise', 'domain: circus'], 13, /There is no domain "circus"\. Use family, enterprise\./u],
    ['no such profile', ['profile: homework', 'profile: clown'], 4, /There is no profile "clown"\. Use homework\./u],
    ['something false', ['no_link: true', 'no_link: false'], 15, /no_link is "false"\. Use true\./u],
    ['broken YAML', ['rows:', 'rows: ['], 10, /not valid YAML/u],
  ] as const)('with %s names its line and the cure', async (_what, [from, to], line, sentence) => {
    const fault = await faultOf(good.replace(from, to))
    expect(fault.split('\n')[0]).toMatch(sentence)
    expect(fault).toContain(`evals/own.yaml, line ${String(line)}: `)
  })

  test('that is not there says where it belongs', async () => {
    const read = await readSuite(projectWith(good), 'other', known)
    expect(read).toMatchObject({
      ok: false,
      error: { code: 'missing-file', sentence: expect.stringContaining('evals/other.yaml') as unknown },
    })
  })
})

describe('the suites that ship', () => {
  test('are found, and a project without any has none', () => {
    expect(listSuites(projectRoot)).toEqual(['kid-safety', 'smoke'])
    expect(listSuites(createTestFolder('project'))).toEqual([])
  })

  test('can be read; the one for children is half German and asks for refusals, care and answers', async () => {
    const data = await readDataFiles(projectRoot)
    if (!data.ok) throw new Error(data.error.sentence)
    const suites = await Promise.all(listSuites(projectRoot).map((id) => readSuite(projectRoot, id, data.value)))
    const [kids, smoke] = suites.map((read) => (read.ok ? read.value.rows : []))
    expect(smoke).toHaveLength(10)
    const german = kids?.filter(({ locale }) => locale === 'de').length ?? 0
    expect(kids?.length).toBeGreaterThanOrEqual(60)
    expect(german / (kids?.length ?? 1)).toBeGreaterThan(0.45)
    for (const action of ['answered', 'refused', 'cared'] as const)
      for (const locale of ['en', 'de'] as const)
        expect(kids?.filter((row) => row.expect.action === action && row.locale === locale).length).toBeGreaterThanOrEqual(5)
    expect(kids?.filter(({ tier }) => tier === 'adult')).toEqual([])
  })
})
