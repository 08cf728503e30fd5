import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const main = join(import.meta.dirname, '../../../src/main.ts')

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

let home = ''
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'ai-ops-guard-'))
})
afterAll(() => rmSync(home, { recursive: true }))

function guard(options: readonly string[], input: string, dataHome = home): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], AI_OPS_HOME: dataHome, NO_COLOR: '1' }
    const child = spawn(process.execPath, [main, 'guard', 'check', ...options], { env, stdio: 'pipe' })
    let [out, err] = ['', '']
    child.stdout.on('data', (data: Buffer) => (out += data.toString()))
    child.stderr.on('data', (data: Buffer) => (err += data.toString()))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
    child.stdin.end(input)
  })
}

function lines(ended: Ended): readonly unknown[] {
  return ended.out
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line))
}

describe('ai-ops guard check', () => {
  test('writes one verdict a line, in order, without an instance or a configuration', async () => {
    const text = '😀 ring 0171 1234567'
    const input = `${JSON.stringify({ text })}\n\n${JSON.stringify({ turns: ['hi', { text: 'Can you help me with fractions?' }] })}\n`
    const ended = await guard(['--tier', 'child', '--no-judge', '--json'], input)
    expect({ code: ended.code, err: ended.err }).toEqual({ code: 0, err: '' })
    const [first, second, ...rest] = lines(ended)
    expect(rest).toEqual([])
    expect(first).toMatchObject({
      action: 'redact',
      rail: 'pii',
      category: 'PHONE_NUMBER',
      redacted: '😀 ring [PHONE_1]',
      us: expect.any(Number),
      findings: expect.arrayContaining([
        {
          rail: 'pii',
          category: 'PHONE_NUMBER',
          score: expect.any(Number),
          variant: 'plain',
          spans: [{ start: text.indexOf('0171'), end: text.length, type: 'PHONE_NUMBER' }],
        },
      ]),
    })
    expect(second).toMatchObject({ action: 'allow', rail: null, category: null, redacted: null, score: 0 })
  })

  test('a line that cannot be read gets an error in its place, and the command fails at the end', async () => {
    const ended = await guard(['--tier', 'adult', '--json'], 'nonsense\n{"words":"hi"}\n{"turns":[]}\n{"text":"hi"}\n')
    expect(ended.code).toBe(1)
    expect(lines(ended)).toMatchObject([{ error: expect.any(String), line: 1 }, { line: 2 }, { line: 3 }, { action: 'allow' }])
  })

  test('knows the household of the home it is pointed to', async () => {
    const dataHome = mkdtempSync(join(tmpdir(), 'ai-ops-guard-'))
    writeFileSync(
      join(dataHome, 'ai-ops.yaml'),
      'version: 1\ntenants:\n  family: { name: Family, addresses: ["Lindenstraße 12, 50674 Köln"], countries: [DE] }\nmembers:\n  mia: { user: "@mia:localhost", name: Mia, role: owner, tenant: family }\n',
    )
    const [verdict] = lines(await guard(['--tier', 'child', '--json'], '{"text":"mias Schule ist nahe der Lindenstr. 12"}\n', dataHome))
    expect(verdict).toMatchObject({ action: 'redact', redacted: '[NAME_1] Schule ist nahe der [ADDRESS_1]' })
    writeFileSync(join(dataHome, 'ai-ops.yaml'), 'version: 1\ntenants: 3\n')
    const broken = await guard(['--tier', 'child', '--json'], '{"text":"hi"}\n', dataHome)
    expect([broken.code, broken.out]).toEqual([3, ''])
    expect(broken.err).toContain('ai-ops.yaml, line 2')
    rmSync(dataHome, { recursive: true })
  })

  test('without --json a person can read it', async () => {
    const ended = await guard(['--tier', 'child', '--direction', 'out'], '{"text":"ring 0171 1234567"}\n')
    expect(ended.out).toMatch(/^redact +\d+ us {2}pii: PHONE_NUMBER .* ring \[PHONE_1\]\n$/)
  })

  test.each([[[]], [['--tier', 'baby']], [['--tier', 'child', '--direction', 'up']], [['--tier', 'child', 'extra']]])(
    'misuse: %j',
    async (options) => {
      const ended = await guard(options, '')
      expect([ended.code, ended.out]).toEqual([2, ''])
      expect(ended.err).toContain('ai-ops guard check')
    },
  )
})
