import { expect, test } from 'vitest'
import type { Household } from '../../../src/contracts/household.ts'
import type { MemberId, RoomId, TurnId } from '../../../src/contracts/ids.ts'
import { type WeekPorts, weeklyViews } from '../../../src/control-room/week.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { buildHousehold, FAMILY, member } from '../conversation/conversation-fixtures.ts'

const sentences = { say: (key: string, _locale: string, values = {}) => `${key} ${JSON.stringify(values)}` }
const SUNDAY = Date.parse('2026-11-29T17:30:00Z')
const robin = member('robin', { role: 'owner', guardianOf: ['mia' as MemberId], timeZone: 'Europe/Berlin' })

async function view(
  now: number,
  change: { readonly household?: Household; readonly told?: 'none' | 'category' } = {},
): Promise<readonly { readonly source: string; readonly markdown: string }[]> {
  const tenant = new InMemoryTenant(FAMILY, [])
  const at = now - 3_600_000
  const call = {
    attempt: 1,
    call: 1,
    roomId: '!den' as RoomId,
    domain: 'family',
    alias: 'smart',
    reservedNanoUsd: 5_000_000,
    inputTokensEstimate: 1,
  } as const
  await tenant.ledger.openCall({ ...call, turn: 'one' as TurnId, member: 'mia' as MemberId, purpose: 'chat', openedAt: at })
  await tenant.ledger.openCall({ ...call, turn: 'two' as TurnId, member: 'mia' as MemberId, purpose: 'chat', openedAt: at + 120_000 })
  await tenant.ledger.openCall({
    ...call,
    turn: 'two' as TurnId,
    call: 2,
    member: 'mia' as MemberId,
    purpose: 'judge',
    openedAt: at + 120_000,
  })
  await tenant.ledger.openCall({
    ...call,
    turn: 'old' as TurnId,
    member: 'mia' as MemberId,
    purpose: 'chat',
    openedAt: now - 8 * 86_400_000,
  })
  const incident = { roomId: '!den' as RoomId, member: 'mia' as MemberId, direction: 'in', severity: 'low', action: 'refuse', at } as const
  await tenant.incidents.record({ ...incident, turn: 'one' as TurnId, category: 'weapons' }, 0)
  await tenant.incidents.record({ ...incident, turn: 'home' as TurnId, category: 'harm-at-home', action: 'care' }, 0)
  const ports: WeekPorts = {
    tenants: { open: () => tenant },
    now: () => now,
    categoryOf: (category) => category,
    toldOf: () => change.told ?? 'category',
  }
  return weeklyViews(
    ports,
    change.household ?? buildHousehold([robin, member('mia', { role: 'child' }), member('tom', { role: 'child' })]),
    sentences,
  )
}

test('guardians read the week of their children in numbers, without a word of what was said', async () => {
  const [one, ...others] = await view(SUNDAY)
  expect(others).toEqual([])
  expect(one?.source).toBe('week:family:2026-11-22')
  expect(one?.markdown).toContain('"name":"Mia"')
  expect(one?.markdown).toContain('"count":2,"minutes":3')
  expect(one?.markdown).toContain('week.cost {"cost":"$0.01"}')
  expect(one?.markdown).toContain('"count":1,"kinds":"weapons (1)"')
  expect(one?.markdown).not.toContain('Tom')
})

test('harm at home is in no number, and refusals only where the policy lets guardians know', async () => {
  expect(JSON.stringify(await view(SUNDAY))).not.toContain('harm')
  const [quiet] = await view(SUNDAY, { told: 'none' })
  expect(quiet?.markdown).not.toContain('week.refusals')
  expect(quiet?.markdown).toContain('week.questions')
})

test.each([
  ['before the evening', '2026-11-29T16:59:00Z', 0],
  ['on Sunday evening', '2026-11-29T17:00:00Z', 1],
  ['a minute before midnight', '2026-11-29T22:59:00Z', 1],
  ['on Monday', '2026-11-29T23:00:00Z', 0],
  ['on Saturday', '2026-11-28T18:00:00Z', 0],
])('%s', async (_when, now, count) => {
  expect(await view(Date.parse(now))).toHaveLength(count)
})

test('nobody is told where nobody is a guardian', async () => {
  expect(await view(SUNDAY, { household: buildHousehold([member('robin', { role: 'owner' }), member('mia', { role: 'child' })]) })).toEqual(
    [],
  )
})
