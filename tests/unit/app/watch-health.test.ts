import { expect, test } from 'vitest'
import type { HealthCheck } from '../../../src/contracts/platform.ts'
import { watchHealth } from '../../../src/watch-health.ts'

/** What Control heard after these looks, and what was logged. A look of undefined fails. */
async function watched(
  looks: readonly (boolean | undefined)[],
): Promise<{ readonly told: readonly string[]; readonly failures: readonly string[] }> {
  const told: string[] = []
  const failures: string[] = []
  const left = [...looks]
  let now = 0
  {
    await using _watch = watchHealth({
      check: () => {
        const ok = left.shift()
        const part = (name: string, isWell: boolean): HealthCheck => ({ name, ok: isWell, detail: 'unreachable' })
        return ok === undefined
          ? Promise.reject(new TypeError('broken'))
          : Promise.resolve([part('gateway', ok), part('disk', false), part('homeserver', false)])
      },
      conversation: { tellControl: async (source, key, { part, detail = '' }) => void told.push([source, key, part, detail].join(' ')) },
      log: { error: (event) => void failures.push(event) },
      now: () => (now += 1),
      repeat: (look) => {
        for (const _ of looks) look()
        return { [Symbol.dispose]: () => undefined }
      },
    })
  }
  return { told, failures }
}

test('Control hears once that a part is unwell, after two looks, and once that it is well again', async () => {
  const { told } = await watched([true, false, true, false, false, false, true, true, false, false])
  expect(told).toEqual([
    'health:gateway:2 control.part-unwell gateway unreachable',
    'health:gateway:2:well control.part-well gateway ',
    'health:gateway:3 control.part-unwell gateway unreachable',
  ])
})

test('a look that fails is logged, and the next goes on', async () => {
  expect(await watched([undefined, false, false])).toEqual({
    told: ['health:gateway:1 control.part-unwell gateway unreachable'],
    failures: ['health-watch-failed'],
  })
})
