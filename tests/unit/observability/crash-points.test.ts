import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createCrashPoints } from '../../../src/observability/crash-points.ts'

const file = pathToFileURL(join(import.meta.dirname, '../../../src/observability/crash-points.ts')).href

/** Reaches these points in a process of its own; answers the signal that ended it, and how many were passed. */
function run(crashAt: string, points: readonly string[]): { readonly signal: string | null; readonly passed: number } {
  const script = `
    import { createCrashPoints } from ${JSON.stringify(file)}
    import { writeSync } from 'node:fs'
    const points = createCrashPoints(${JSON.stringify(crashAt)})
    for (const point of ${JSON.stringify(points)}) { points.reach(point); writeSync(1, '.') }`
  const result = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  return { signal: result.signal, passed: result.stdout.length }
}

describe('createCrashPoints', () => {
  test('none named, none does anything', () => {
    expect(() => createCrashPoints(undefined).reach('decrypted')).not.toThrow()
    expect(run('draft.after', ['decrypted', 'draft.before'])).toEqual({ signal: null, passed: 2 })
  })

  test('kills at the named point, and nothing behind it runs', () => {
    expect(run('draft.before', ['decrypted', 'draft.before', 'draft.after'])).toEqual({ signal: 'SIGKILL', passed: 1 })
  })

  test('name#n kills at the n-th time', () => {
    expect(run('decrypted#3', ['decrypted', 'draft.before', 'decrypted', 'decrypted', 'decrypted'])).toEqual({
      signal: 'SIGKILL',
      passed: 3,
    })
  })

  test.each(['decrypted#0', 'decrypted#x', 'decrypted#'])('%s is a mistake', (crashAt) => {
    expect(() => createCrashPoints(crashAt)).toThrow('count')
  })
})
