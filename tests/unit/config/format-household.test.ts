import { expect, test } from 'vitest'
import { formatHousehold } from '../../../src/config/format-household.ts'
import { loadHousehold } from '../../../src/config/load-household.ts'
import type { RoomId } from '../../../src/contracts/ids.ts'
import { createHome } from './home-fixture.ts'

test('what is written can be read: ids that YAML would take for tags or errors are quoted', async () => {
  const text = formatHousehold(
    {
      version: 1,
      instance: { name: 'Home: ours', stack: 'local' },
      tenants: { family: { name: 'Family' } },
      members: { owner: { user: '@owner:localhost', name: 'Robin', role: 'owner', tenant: 'family' } },
      rooms: { family: { room: '!x:localhost', tenant: 'family', domain: 'family', answers: 'addressed' } },
    },
    'Ours.',
  )
  const loaded = await loadHousehold({ ...createHome(text), standIn: true })
  if (!loaded.ok) throw new Error(loaded.error.sentence)
  expect(text).toMatch(/^# Ours.\n/)
  expect(loaded.value.household.instanceName).toBe('Home: ours')
  expect(loaded.value.household.rooms.get('!x:localhost' as RoomId)).toMatchObject({ name: 'family', answers: 'addressed' })
})

test('what could not be read is not written', () => {
  expect(() => formatHousehold({ version: 1, tenants: {}, members: { Bad: {} as never } }, '')).toThrow('Bad')
})
