import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openChildLog } from '../../../src/stack/child-log.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'ai-ops-log-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('rotates by size, keeps the youngest files and shows them to nobody else', () => {
  const log = openChildLog({ folder, name: 'part', maxBytes: 10, keep: 2 })
  for (const line of ['one-----\n', 'two-----\n', 'three---\n', 'four----\n']) log.write(Buffer.from(line))
  log[Symbol.dispose]()
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8')
  expect(readdirSync(folder).toSorted()).toEqual(['part.log', 'part.log.1', 'part.log.2'])
  expect([read('part.log'), read('part.log.1'), read('part.log.2')]).toEqual(['four----\n', 'three---\n', 'two-----\n'])
  expect(readdirSync(folder).map((name) => statSync(path.join(folder, name)).mode & 0o777)).toEqual([0o600, 0o600, 0o600])
  expect(log.tail().endsWith('four----')).toBe(true)
})

it('goes on where an earlier process stopped, and survives words after its end', () => {
  for (const line of ['first\n', 'second\n']) {
    const log = openChildLog({ folder, name: 'part' })
    log.write(Buffer.from(line))
    log[Symbol.dispose]()
    log.write(Buffer.from('too late\n'))
  }
  expect(readFileSync(path.join(folder, 'part.log'), 'utf8')).toBe('first\nsecond\n')
})
