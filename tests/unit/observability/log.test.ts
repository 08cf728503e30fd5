import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createLog } from '../../../src/observability/log.ts'
import { createTestFolder } from '../../support/test-folder.ts'

function newFile(): string {
  return join(createTestFolder('log'), 'bot.log')
}

const read = (file: string): readonly unknown[] =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line))

describe('createLog', () => {
  test('writes one JSON object a line, for the owner of the file only', () => {
    const file = newFile()
    {
      using log = createLog({ level: 'info', file })
      log.info('turn-ended', { turn: 't1', durationMs: 12, draft: false, model: undefined })
      log.error('two\nlines')
    }
    expect(read(file)).toMatchObject([
      { level: 'info', event: 'turn-ended', turn: 't1', durationMs: 12, draft: false },
      { level: 'error', event: 'two\nlines' },
    ])
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  test('leaves out what is below its level', () => {
    const file = newFile()
    using log = createLog({ level: 'warn', file })
    log.info('a')
    log.warn('b')
    log.error('c')
    expect(read(file)).toMatchObject([{ event: 'b' }, { event: 'c' }])
  })

  test('cuts what is too long to be an id, and never throws', () => {
    const file = newFile()
    const log = createLog({ level: 'info', file })
    log.info('a', { text: 'x'.repeat(5_000) })
    expect(JSON.stringify(read(file)).length).toBeLessThan(400)
    log[Symbol.dispose]()
    expect(() => log.info('b')).not.toThrow()
  })
})
