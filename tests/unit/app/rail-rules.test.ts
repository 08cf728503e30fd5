import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { MemberId, TenantId } from '../../../src/contracts/ids.ts'
import type { RailRules } from '../../../src/contracts/rails.ts'
import { loadGuardrails } from '../../../src/load-guardrails.ts'
import { createRailRules } from '../../../src/rail-rules.ts'
import type { InstanceRules } from '../../../src/rail-rules.ts'
import { createTestFolder } from '../../support/test-folder.ts'
import { createHome, goodFile } from '../config/home-fixture.ts'

type Change = Parameters<Parameters<RailRules['onChange']>[0]>[0]

const shipped = join(import.meta.dirname, '../../../policies')
const family = 'family' as TenantId
const mia = { tier: 'child', tenant: family, room: 'family', member: 'child' as MemberId } as const

const opened: Disposable[] = []
afterEach(() => {
  for (const rules of opened.splice(0)) rules[Symbol.dispose]()
})

interface Folders {
  readonly home: string
  readonly projectRoot: string
}

function makeFolders(file: string = goodFile): Folders {
  const folders = createHome(file)
  cpSync(shipped, join(folders.projectRoot, 'policies'), {
    recursive: true,
    filter: (from) => !from.startsWith(join(shipped, 'data')) && !from.endsWith('.jsonl'),
  })
  return folders
}

async function open(folders: Folders): Promise<{ readonly rules: InstanceRules; readonly changes: Change[] }> {
  const result = await createRailRules(folders)
  if (!result.ok) throw new Error(result.error.sentence)
  opened.push(result.value)
  const changes: Change[] = []
  result.value.onChange((change) => changes.push(change))
  return { rules: result.value, changes }
}

function edit(path: string, from: string | RegExp, to: string): void {
  const before = readFileSync(path, 'utf8')
  const after = before.replace(from, to)
  expect(after).not.toBe(before)
  writeFileSync(path, after)
}

const looser = goodFile.replace('locale: de }', 'locale: de, guardrails: { without_judge: allow } }')
const approved = looser.replace('without_judge: allow', 'without_judge: allow, approved_by: owner')

describe('createRailRules', () => {
  test('follows the policies, the lexicons and the household', async () => {
    const folders = makeFolders()
    const { rules, changes } = await open(folders)
    const before = rules.current()
    expect(before.policyOf(mia).guardians.alerts).toBe('excerpt')
    const verdict = before.engineOf(family).check({ tier: 'child', direction: 'in', locale: 'de', text: 'ich heiße Mia' })
    expect(verdict.redacted).not.toContain('Mia')

    edit(join(folders.projectRoot, 'policies/child.yaml'), 'alerts: excerpt', 'alerts: text')
    await vi.waitFor(() => expect(rules.current().policyOf(mia).guardians.alerts).toBe('text'), 5_000)

    edit(join(folders.home, 'ai-ops.yaml'), 'name: Mia', 'name: Quendolin')
    const check = (text: string): string | undefined =>
      rules.current().engineOf(family).check({ tier: 'child', direction: 'in', locale: 'de', text }).redacted
    await vi.waitFor(() => expect(check('ich war bei Quendolin')).not.toContain('Quendolin'), 5_000)

    const count = changes.length
    edit(join(folders.projectRoot, 'policies/lexicon/de.yaml'), /^language: de$/m, 'language: de # edited')
    await vi.waitFor(() => expect(changes.length).toBeGreaterThan(count), 5_000)
    expect(changes.every((change) => 'book' in change)).toBe(true)
  })

  test('a bad edit keeps the old book and is told once; the next good one is taken', async () => {
    const folders = makeFolders()
    const { rules, changes } = await open(folders)
    const before = rules.current()
    const policy = join(folders.projectRoot, 'policies/child.yaml')
    edit(policy, 'alerts: excerpt', 'alerts: everything')
    await vi.waitFor(() => expect(changes).toHaveLength(1), 5_000)
    expect(changes[0]).toMatchObject({
      fault: { sentence: expect.stringMatching(/policies\/child\.yaml, line \d+: .*Use none/) as string },
    })
    expect(rules.current()).toBe(before)

    edit(join(folders.projectRoot, 'policies/teen.yaml'), 'alerts: category', 'alerts: text')
    edit(policy, 'alerts: everything', 'alerts: text')
    await vi.waitFor(() => expect(changes.at(-1)).toHaveProperty('book'), 5_000)
    expect(changes.filter((change) => 'fault' in change)).toHaveLength(1)
  })

  test('what is looser for a child needs an owner who answers for it', async () => {
    const refused = await createRailRules(makeFolders(looser))
    expect(refused).toMatchObject({
      ok: false,
      error: {
        code: 'contradiction',
        sentence: expect.stringMatching(
          /^ai-ops\.yaml, line 14: members\.child\.guardrails is looser .*\(without_judge\).* Add approved_by/,
        ) as string,
      },
    })
    const { rules } = await open(makeFolders(approved))
    expect(rules.current().policyOf(mia).withoutJudge).toBe('allow')
    expect(rules.loosened()).toMatchObject([
      { kind: 'member', name: 'child', tenant: 'family', rules: ['without_judge'], approvedBy: 'owner' },
    ])
  })

  test.each<readonly [file: string, from: string | RegExp, to: string, sentence: RegExp]>([
    [
      'child.yaml',
      'harm_at_home: nobody',
      'harm_at_home: parents',
      /policies\/child\.yaml, line \d+: guardians\.harm_at_home is "parents"/,
    ],
    ['help-lines.yaml', 'international:', 'elsewhere:', /policies\/help-lines\.yaml, line \d+: There is no "elsewhere"/],
    ['lexicon/de.yaml', /when: \[[^\]]*\]/, 'when: [no-such-group]', /policies\/lexicon\/de\.yaml, line [1-9]\d*: .*"no-such-group"/],
    ['lexicon/en.yaml', 'language: en\ngroups:', 'language: en\ngroup:', /policies\/lexicon\/en\.yaml, line \d+: There is no "group"/],
    ['weights/toxicity.bin', /^/, 'x', /policies\/weights: A file is damaged/],
  ])('a bad %s at start is refused', async (file, from, to, sentence) => {
    const folders = makeFolders()
    edit(join(folders.projectRoot, 'policies', file), from, to)
    const result = await createRailRules(folders)
    expect(result.ok ? '' : result.error.sentence).toMatch(sentence)
  })
})

describe('loadGuardrails', () => {
  test('needs no household, and goes by the same checks where there is one', async () => {
    const folders = makeFolders(looser)
    expect(await loadGuardrails({ ...folders, home: createTestFolder('empty') })).toMatchObject({ ok: true })
    expect(await loadGuardrails(folders)).toMatchObject({ ok: false, error: { code: 'contradiction' } })
  })
})
