import { describe, expect, test } from 'vitest'
import { readHouseholdNames } from '../../../src/config/household-names.ts'
import { householdSchema } from '../../../src/config/schema.ts'

const file = householdSchema.parse({
  version: 1,
  tenants: {
    family: { name: 'Family', names: ['Oma Hilde'], addresses: ['Lindenstraße 12, 50674 Köln'], countries: ['DE'] },
    work: { name: 'Work' },
  },
  members: {
    mia: { user: '@mia:localhost', name: 'Mia', role: 'child', tenant: 'family' },
    boss: { user: '@boss:localhost', name: 'Boss', role: 'owner', tenant: 'work' },
  },
})

describe('readHouseholdNames', () => {
  test('of one tenant nothing of another is known', () => {
    expect(readHouseholdNames(file, 'family')).toEqual({
      names: ['Mia', 'Oma Hilde'],
      addresses: ['Lindenstraße 12, 50674 Köln'],
      countries: ['DE'],
    })
    expect(readHouseholdNames(file, 'work')).toEqual({ names: ['Boss'], addresses: [], countries: [] })
  })

  test('without a tenant all are known together', () => {
    expect(readHouseholdNames(file).names).toEqual(['Mia', 'Boss', 'Oma Hilde'])
  })

  test.each([{ countries: ['Germany'] }, { addresses: ['x'] }, { names: [''] }])('refuses %j', (entry) => {
    expect(householdSchema.safeParse({ version: 1, tenants: { family: { name: 'F', ...entry } }, members: {} }).success).toBe(false)
  })
})
