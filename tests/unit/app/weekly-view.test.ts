import { expect, test } from 'vitest'
import type { MemberId } from '../../../src/contracts/ids.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { sendWeeklyViews } from '../../../src/weekly-view.ts'
import { buildHousehold, FAMILY, member } from '../conversation/conversation-fixtures.ts'

const robin = member('robin', { role: 'owner', guardianOf: ['mia' as MemberId], timeZone: 'Europe/Berlin' })
const household = buildHousehold([robin, member('mia', { role: 'child' })])
const SUNDAY = Date.parse('2026-11-29T17:30:00Z')

/** What the rooms heard, and what was logged. */
async function heard(parts: { readonly openFails?: boolean; readonly tellFails?: boolean }): Promise<readonly string[]> {
  const lines: string[] = []
  const open = (): InMemoryTenant => {
    if (parts.openFails === true) throw new TypeError('broken')
    return new InMemoryTenant(FAMILY, [])
  }
  const week = { tenants: { open }, now: () => SUNDAY, categoryOf: (category: string) => category, toldOf: () => 'category' as const }
  const tellControl = async (source: string, key: string): Promise<void> => {
    if (parts.tellFails === true) throw new RangeError('closed')
    lines.push(`control ${source} ${key}`)
  }
  {
    await using _views = sendWeeklyViews(
      {
        week,
        directory: { current: () => household },
        sentences: { say: (key) => key },
        log: { error: (event) => void lines.push(`log ${event}`) },
      },
      { tellControl, tellParents: async (tenant, source) => void lines.push(`parents ${tenant} ${source}`) },
    )
  }
  return lines
}

test('the parents’ room hears the week', async () => {
  expect(await heard({})).toEqual(['parents family week:family:2026-11-22'])
})

test('a weekly view that cannot be made is told to Control, under a name that says it once a day', async () => {
  expect(await heard({ openFails: true })).toEqual([
    'log weekly-view-failed',
    'control weekly-view-failed:2026-11-29 control.weekly-view-failed',
  ])
})

test('what cannot be told either is logged', async () => {
  expect(await heard({ openFails: true, tellFails: true })).toEqual(['log weekly-view-failed', 'log weekly-view-failure-not-told'])
})
