import { expect, test } from 'vitest'
import type { SettingChange } from '../../../src/contracts/settings.ts'
import { homeHandlers } from '../../../src/home-commands.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { buildHousehold, FAMILY, member } from '../conversation/conversation-fixtures.ts'

/** What `tenant set family budget VALUE` changes: money in nano-USD, or the code of its fault. */
async function budget(value: string): Promise<unknown> {
  const changes: SettingChange[] = []
  const settings = {
    change: async (change: SettingChange) => {
      changes.push(change)
      return { ok: true as const, value: { before: 'aa', after: 'bb' } }
    },
  }
  const tenant = new InMemoryTenant(FAMILY, [])
  const household = buildHousehold([member('robin', { role: 'owner' })])
  const { set } = homeHandlers({ household: () => household, tenants: { open: () => tenant }, settings, now: () => 0 })
  const done = await set?.({ what: 'tenant', id: FAMILY, key: 'budget', value }, new AbortController().signal)
  if (done?.ok === false) return [done.error.code, changes.length, tenant.safety.audited.length]
  const [change] = changes
  return change?.kind === 'tenant-allowance' ? [change.allowance?.limits.money, tenant.safety.audited.length] : undefined
}

test.each([
  ['20', 20_000_000_000],
  ['$2.50', 2_500_000_000],
  ['0', 0],
])('a budget of %s is set and audited', async (value, nanoUsd) => {
  expect(await budget(value)).toEqual([nanoUsd, 1])
})

test.each(['', ' ', '-1', '1e300', '0x10', 'Infinity', '20 messages', '+5', 'a lot', '900000000'])(
  'a budget of "%s" is misuse, and changes nothing',
  async (value) => {
    expect(await budget(value)).toEqual(['misuse', 0, 0])
  },
)
