import { describe, expect, test } from 'vitest'
import { createHealth } from '../../../src/observability/health.ts'

describe('createHealth', () => {
  test('asks all parts; one that throws or hangs is not ok and holds nobody up', async () => {
    let aborted = false
    const health = createHealth(
      [
        { name: 'matrix', probe: () => Promise.resolve({ ok: true, detail: 'synced' }) },
        { name: 'gateway', probe: () => Promise.reject(new Error('refused')) },
        {
          name: 'disk',
          probe: (signal) =>
            new Promise(() => {
              signal.addEventListener('abort', () => (aborted = true))
            }),
        },
      ],
      50,
    )
    expect(await health.check()).toEqual([
      { name: 'matrix', ok: true, detail: 'synced' },
      { name: 'gateway', ok: false, detail: 'refused' },
      { name: 'disk', ok: false, detail: 'no answer in 50 ms' },
    ])
    expect(aborted).toBe(true)
  })
})
