import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { keepSecrets } from '../../../src/stack/private-file.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ai-ops-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('makes secrets once, adds new names, and keeps the file private', async () => {
  const file = path.join(folder, 'service', 'secrets.json')
  const first = await keepSecrets(file, ['one'])
  const second = await keepSecrets(file, ['one', 'two'])
  if (!first.ok || !second.ok) throw new Error('secrets were not kept')
  expect(first.value.one).toMatch(/^[0-9a-f]{64}$/)
  expect(second.value.one).toBe(first.value.one)
  expect(second.value.two).not.toBe(first.value.one)
  expect(statSync(file).mode & 0o777).toBe(0o600)
})

it('never replaces a file it cannot understand', async () => {
  const file = path.join(folder, 'secrets.json')
  writeFileSync(file, '{"one": "abc')
  const kept = await keepSecrets(file, ['one'])
  expect(kept).toMatchObject({ ok: false, error: { code: 'damaged-file' } })
  expect(readFileSync(file, 'utf8')).toBe('{"one": "abc')
})
