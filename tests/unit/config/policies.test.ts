import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { policyFolder, readHelpLines, readPolicies } from '../../../src/config/policies.ts'
import type { ConfigFault } from '../../../src/config/config-fault.ts'
import type { Result } from '../../../src/contracts/result.ts'
import { findLoosened } from '../../../src/guardrails/policy.ts'

const projectRoot = join(import.meta.dirname, '../../..')
const copies: string[] = []

afterEach(() => {
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true })
})

/** The shipped policies with one file changed. */
async function readChanged(file: string, change: (text: string) => string): Promise<Result<unknown, ConfigFault>> {
  const copy = mkdtempSync(join(tmpdir(), 'ai-ops-policies-'))
  copies.push(copy)
  for (const name of ['child.yaml', 'teen.yaml', 'adult.yaml', 'help-lines.yaml']) {
    cpSync(join(projectRoot, policyFolder, name), join(copy, policyFolder, name))
  }
  const path = join(copy, policyFolder, file)
  const before = readFileSync(path, 'utf8')
  const after = change(before)
  expect(after).not.toBe(before)
  writeFileSync(path, after)
  return file === 'help-lines.yaml' ? readHelpLines(copy) : readPolicies(copy)
}

describe('the shipped policies', () => {
  test('are whole, and the stricter tier is stricter in everything', async () => {
    const read = await readPolicies(projectRoot)
    if (!read.ok) throw new Error(read.error.sentence)
    const byTier = read.value
    const [child, teen, adult] = [byTier.get('child'), byTier.get('teen'), byTier.get('adult')]
    if (!child || !teen || !adult) throw new Error('a tier is missing')
    expect(findLoosened(adult, teen)).toEqual([])
    expect(findLoosened(teen, child)).toEqual([])
    const guardians = [child, teen, adult].map((policy) => [policy.withoutJudge, policy.guardians.alerts, policy.guardians.harmAtHome])
    expect(guardians).toEqual([
      ['refuse', 'excerpt', 'nobody'],
      ['allow', 'category', 'nobody'],
      ['allow', 'none', 'nobody'],
    ])
    for (const policy of byTier.values()) {
      for (const category of ['self-harm', 'harm-at-home'] as const) expect(policy.kidSafety.categories[category]).toBe('care')
    }
  })

  test('every country has help for children, in a crisis and against abuse, with source and date', async () => {
    const read = await readHelpLines(projectRoot)
    if (!read.ok) throw new Error(read.error.sentence)
    const helpLines = read.value.byCountry
    expect(read.value.international.map((line) => line.for).toSorted()).toEqual(['abuse', 'children', 'suicide'])
    for (const country of ['DE', 'AT', 'CH', 'US', 'GB', 'IE', 'AU', 'CA', 'NZ', 'FR']) {
      const lines = helpLines.get(country) ?? []
      expect({ country, kinds: [...new Set(lines.map((line) => line.for))].toSorted() }).toEqual({
        country,
        kinds: ['abuse', 'children', 'suicide'],
      })
    }
  })
})

describe('a bad policy is refused with file, line and cure', () => {
  test.each<readonly [file: string, change: readonly [from: string | RegExp, to: string], code: string, sentence: RegExp]>([
    [
      'child.yaml',
      ['secrets: { in: redact', 'secrets: { in: shred'],
      'wrong-value',
      /child\.yaml, line \d+: secrets\.in is "shred"\. Use allow, redact/,
    ],
    ['teen.yaml', ['kid_safety:', 'kid_safty:'], 'wrong-value', /teen\.yaml, line \d+: (?:kid_safety is missing|There is no "kid_safty")/],
    ['child.yaml', ['[EMAIL_ADDRESS,', '[EMAIL,'], 'wrong-value', /policies\/child\.yaml, line \d+: pii\.in\.0 is "EMAIL"/],
    ['child.yaml', [/self-harm: care/, 'self-harm: refuse'], 'wrong-value', /kid_safety\.categories\.self-harm is "refuse"\. Use care/],
    [
      'child.yaml',
      [/judge_from: never, act_from: never/, 'judge_from: 0.9, act_from: 0.2'],
      'wrong-value',
      /Use a judge_from that is not above act_from/,
    ],
    ['teen.yaml', [/grooming: care/, 'grooming: allow'], 'wrong-value', /teen\.yaml, line \d+: .*grooming is "allow"\. Use care/],
    ['teen.yaml', ['without_judge: allow', ''], 'wrong-value', /teen\.yaml.*without_judge is missing/],
    ['child.yaml', ['alerts: excerpt', 'alerts: all'], 'wrong-value', /guardians\.alerts is "all"\. Use none, category, excerpt, text/],
    ['child.yaml', ['harm_at_home: nobody', 'harm_at_home: guardians'], 'wrong-value', /guardians\.harm_at_home is "guardians"/],
    ['adult.yaml', ['version: 1', 'version: 1\nversion: 1'], 'broken-yaml', /A key stands here twice/],
    [
      'help-lines.yaml',
      ['for: children', 'for: everybody'],
      'wrong-value',
      /help-lines\.yaml, line \d+: countries\.DE\.0\.for is "everybody"/,
    ],
    ['help-lines.yaml', [/phone: "116 111"/, 'phone: 116111'], 'wrong-value', /countries\.DE\.0\.phone is "116111"/],
  ])('%s with %s is %s', async (file, [from, to], code, sentence) => {
    const read = await readChanged(file, (text) => text.replace(from, to))
    expect(read.ok ? 'ok' : read.error.code).toBe(code)
    expect(read.ok ? '' : read.error.sentence).toMatch(sentence)
  })

  test('a missing file, and all problems of all files together', async () => {
    const missing = await readPolicies(join(projectRoot, 'tests'))
    expect(missing.ok ? 0 : missing.error.problems.length).toBe(3)
    expect(missing.ok ? '' : missing.error.code).toBe('missing-file')
  })
})
