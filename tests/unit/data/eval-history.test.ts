import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SuiteResult } from '../../../src/contracts/evaluation.ts'
import { createEvalHistory } from '../../../src/data/eval-history.ts'
import { createTestFolder } from '../../support/test-folder.ts'

const result = (at: number, change: Partial<SuiteResult> = {}): SuiteResult => ({
  suite: 'own',
  at,
  alias: undefined,
  model: 'scripted',
  rows: [{ id: 'one', passed: false, failures: ['action:refused'], action: 'refused', ms: 12, costNanoUsd: 700 }],
  passed: 0,
  of: 1,
  short: ['cared'],
  passes: false,
  costNanoUsd: 700,
  ...change,
})

describe('the history of suites', () => {
  test('is there again in another process, each suite by itself', async () => {
    const home = createTestFolder('home')
    const history = createEvalHistory(home)
    expect(await history.last('own')).toBeUndefined()
    await history.keep(result(1))
    await history.keep(result(2, { alias: 'fast', model: undefined }))
    await history.keep(result(3, { suite: 'other' }))
    expect(await createEvalHistory(home).last('own')).toEqual(result(2, { alias: 'fast', model: undefined }))
    expect(await createEvalHistory(home).last('other')).toEqual(result(3, { suite: 'other' }))
  })

  test('keeps the last fifty runs, also of those that end at the same time, for its user alone', async () => {
    const home = createTestFolder('home')
    const history = createEvalHistory(home)
    await Promise.all(Array.from({ length: 60 }, (_, at) => history.keep(result(at))))
    const file = join(home, 'evals/own.jsonl')
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
    expect(lines.map((line) => (JSON.parse(line) as SuiteResult).at)).toEqual(Array.from({ length: 50 }, (_, index) => index + 10))
    expect([statSync(file).mode & 0o777, statSync(join(home, 'evals')).mode & 0o777]).toEqual([0o600, 0o700])
    expect(readdirSync(join(home, 'evals'))).toEqual(['own.jsonl'])
  })

  test('passes over lines that are no runs, as a file that was cut leaves them', async () => {
    const home = createTestFolder('home')
    const history = createEvalHistory(home)
    await history.keep(result(1))
    const file = join(home, 'evals/own.jsonl')
    writeFileSync(file, `${readFileSync(file, 'utf8')}{"suite":"own"}\n{"suite":"own","at":2,"ro`)
    expect(await history.last('own')).toEqual(result(1))
    await history.keep(result(3))
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(2)
  })

  test('that cannot be written rejects, and goes on once it can', async () => {
    const home = createTestFolder('home')
    writeFileSync(join(home, 'evals'), 'in the way')
    const history = createEvalHistory(home)
    await expect(history.keep(result(1))).rejects.toThrow(/EEXIST|ENOTDIR/u)
    rmSync(join(home, 'evals'))
    await history.keep(result(2))
    expect(await history.last('own')).toEqual(result(2))
  })
})
