import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createDirectory } from '../../../src/config/directory.ts'
import { createSettings } from '../../../src/config/settings.ts'
import type { Household } from '../../../src/contracts/household.ts'
import type { MemberId, TenantId, UserId } from '../../../src/contracts/ids.ts'
import type { SettingChange, Settings } from '../../../src/contracts/settings.ts'
import { createHome, goodFile } from './home-fixture.ts'

const CHILD = 'child' as MemberId
const BY = 'owner' as MemberId
const allowance: SettingChange = {
  kind: 'allowance',
  member: CHILD,
  allowance: {
    period: 'week',
    limits: { money: 1_500_000_000, messages: 7 },
    hours: [{ days: [1, 6], fromMinute: 420, untilMinute: 1_200 }],
  },
}

interface Open extends Disposable {
  readonly home: string
  readonly settings: Settings
  readonly current: () => Household
}

async function open(): Promise<Open> {
  const folders = createHome()
  const directory = await createDirectory({ ...folders, standIn: false })
  if (!directory.ok) throw new Error(directory.error.sentence)
  const { value } = directory
  return {
    home: folders.home,
    settings: createSettings({ ...folders, refresh: () => value.refresh() }),
    current: () => value.current(),
    [Symbol.dispose]: () => value[Symbol.dispose](),
  }
}

test('a change is in force at once, stands in the overlay, and leaves the file of people alone', async () => {
  using house = await open()
  const changed = await house.settings.change(allowance)
  expect(changed).toMatchObject({
    ok: true,
    value: { before: expect.stringMatching(/^[0-9a-f]{64}$/u), after: expect.stringMatching(/^[0-9a-f]{64}$/u) },
  })
  expect(house.current().allowances.members.get(CHILD)).toEqual(allowance.kind === 'allowance' ? allowance.allowance : undefined)
  expect(readFileSync(join(house.home, 'ai-ops.yaml'), 'utf8')).toBe(goodFile)
  expect(readFileSync(join(house.home, 'control-room.yaml'), 'utf8')).toMatch(/^# Written by the assistant/u)
})

test('each kind of change is read back as it was meant, one on top of the other', async () => {
  using house = await open()
  const until = Date.parse('2026-11-26T17:00:00Z')
  const changes: readonly SettingChange[] = [
    allowance,
    {
      kind: 'tenant-allowance',
      tenant: 'family' as TenantId,
      allowance: { period: 'month', limits: { money: 20_000_000_000 }, hours: [] },
    },
    { kind: 'room', room: 'family', answers: 'never', alias: 'fast' },
    {
      kind: 'member',
      member: 'tom' as MemberId,
      fields: { userId: '@tom:localhost' as UserId, name: 'Tom', role: 'adult', tenant: 'family' as TenantId, locale: 'de' },
    },
    { kind: 'member', member: CHILD, fields: { role: 'teen' } },
    { kind: 'member-pause', member: CHILD, pause: { until, by: BY } },
    { kind: 'room-pause', room: 'family', pause: { until: undefined, by: BY } },
  ]
  for (const change of changes) expect(await house.settings.change(change)).toMatchObject({ ok: true })
  const { members, rooms, pauses, allowances } = house.current()
  expect([...members.values()].map(({ id, role }) => `${id} ${role}`)).toEqual(['owner owner', 'child teen', 'tom adult'])
  expect([...rooms.values()].find(({ name }) => name === 'family')).toMatchObject({ answers: 'never', alias: 'fast' })
  expect(pauses.members.get(CHILD)).toEqual({ until, by: 'owner' })
  expect(pauses.rooms.get('family')).toEqual({ until: undefined, by: 'owner' })
  expect(allowances.tenants.get('family' as TenantId)?.limits).toEqual({ money: 20_000_000_000 })
  expect(allowances.members.get(CHILD)?.limits.messages).toBe(7)
  await house.settings.change({ kind: 'member-pause', member: CHILD, pause: undefined })
  await house.settings.change({ kind: 'member-removed', member: 'tom' as MemberId })
  expect(house.current().pauses.members.size).toBe(0)
  expect(house.current().members.size).toBe(2)
})

test('what would contradict the file is a fault, and changes nothing', async () => {
  using house = await open()
  const wrong = await house.settings.change({ kind: 'member', member: BY, fields: { role: 'child' } })
  expect(wrong).toMatchObject({ ok: false, error: { sentence: expect.stringContaining('Nobody has the role owner') } })
  expect(existsSync(join(house.home, 'control-room.yaml'))).toBe(false)
  expect(house.current().members.get('@owner:localhost' as UserId)?.role).toBe('owner')
})

test('an overlay that somebody broke is not overwritten', async () => {
  using house = await open()
  const file = join(house.home, 'control-room.yaml')
  writeFileSync(file, 'version: 1\nmembers:\n  child: { role: [nonsense }\n')
  const changed = await house.settings.change(allowance)
  expect(changed).toMatchObject({ ok: false, error: { sentence: expect.stringMatching(/^control-room\.yaml, line 3/u) } })
  expect(readFileSync(file, 'utf8')).toContain('nonsense')
})

test('two at once both happen', async () => {
  using house = await open()
  await Promise.all([house.settings.change(allowance), house.settings.change({ kind: 'room', room: 'family', answers: 'all' })])
  expect(house.current().allowances.members.has(CHILD)).toBe(true)
  expect([...house.current().rooms.values()].find(({ name }) => name === 'family')?.answers).toBe('all')
})

test('people win by taking away: what the overlay says of somebody the file no longer has is left out', async () => {
  using house = await open()
  await house.settings.change(allowance)
  const without = goodFile.replace(/ {2}child: \{.*\n/u, '').replace('    guardian_of: [child]\n', '')
  writeFileSync(join(house.home, 'ai-ops.yaml'), without)
  expect(await house.settings.change({ kind: 'room', room: 'family', answers: 'all' })).toMatchObject({ ok: true })
  expect([...house.current().members.values()].map(({ id }) => id)).toEqual(['owner'])
})

test('an overlay that cannot be written is a fault that says so, and the old one stays', async () => {
  using house = await open()
  await house.settings.change(allowance)
  mkdirSync(join(house.home, 'control-room.yaml.new'))
  const changed = await house.settings.change({ kind: 'room', room: 'family', answers: 'all' })
  expect(changed).toMatchObject({ ok: false, error: { code: 'not-written', sentence: expect.stringContaining('Nothing was changed') } })
  expect(house.current().allowances.members.has(CHILD)).toBe(true)
})
