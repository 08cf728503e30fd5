import { expect, test } from 'vitest'
import type { EventId, MemberId } from '../../../src/contracts/ids.ts'
import { createJobs, rememberJob } from '../../../src/conversation/jobs.ts'
import { InMemoryEdge } from '../../fakes/in-memory-edge.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'
import { FAMILY, ROOM } from './conversation-fixtures.ts'

const words = { eventId: '$1' as EventId, author: 'member', member: 'robin' as MemberId, name: 'Robin', text: 'hello', at: 1 } as const

function createHouse(): {
  readonly edge: InMemoryEdge
  readonly tenant: InMemoryTenant
  readonly clock: ManualClock
  readonly jobs: ReturnType<typeof createJobs>
} {
  const edge = new InMemoryEdge([])
  const tenant = new InMemoryTenant(FAMILY, [])
  const clock = new ManualClock()
  const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const jobs = createJobs({
    outbox: edge.outbox,
    tenants: { open: () => tenant },
    clock,
    crashPoints: { reach: () => undefined },
    log: quiet,
  })
  return { edge, tenant, clock, jobs }
}
const commit = (edge: InMemoryEdge): Promise<void> =>
  edge.outbox.commitReply({
    settles: [],
    rows: [],
    jobs: [rememberJob(FAMILY, { roomId: ROOM, threadRoot: undefined, messages: [words] })],
  })

test('what an earlier process left is done first', async () => {
  const { edge, tenant, jobs } = createHouse()
  await commit(edge)
  await jobs.run()
  expect(tenant.remembered).toEqual([words])
  expect(edge.pendingJobs.size).toBe(0)
})

test('a failed job waits longer each time and is given up after five', async () => {
  const { edge, tenant, clock, jobs } = createHouse()
  let tries = 0
  tenant.onRemember = () => {
    tries += 1
    return Promise.reject(new Error('no'))
  }
  await commit(edge)
  await jobs.run()
  await jobs.run()
  expect(tries).toBe(1)
  for (const pauseMs of [2_000, 4_000, 8_000, 16_000]) {
    await clock.advance(pauseMs - 1)
    await jobs.run()
    const before = tries
    await clock.advance(1)
    await jobs.run()
    expect(tries).toBe(before + 1)
  }
  expect(tries).toBe(5)
  expect(edge.pendingJobs.size).toBe(0)
})

test('a job that is committed during a run is done by it', async () => {
  const { edge, tenant, jobs } = createHouse()
  await commit(edge)
  tenant.onRemember = async () => {
    tenant.onRemember = async () => undefined
    await commit(edge)
    jobs.wake()
  }
  await jobs.run()
  expect(tenant.remembered).toHaveLength(2)
})

test('a store that cannot list its jobs is asked again', async () => {
  const { edge, tenant, jobs } = createHouse()
  const list = edge.outbox.jobs
  edge.outbox.jobs = () => Promise.reject(new Error('no'))
  await commit(edge)
  await jobs.run()
  edge.outbox.jobs = list
  await jobs.run()
  expect(tenant.remembered).toHaveLength(1)
})
