import { describe, expect, test } from 'vitest'
import type { Role, Tier } from '../../../src/contracts/household.ts'
import { audienceOf, memberIn, memberTier, roomTier, youngestAge } from '../../../src/conversation/members.ts'
import { ASSISTANT, buildHousehold, FAMILY, member, person, user, view } from './conversation-fixtures.ts'

const NOW = Date.UTC(2026, 5, 15)

describe('the tier of a member', () => {
  const cases: readonly (readonly [Role, number | undefined, Tier])[] = [
    ['owner', undefined, 'adult'],
    ['adult', undefined, 'adult'],
    ['teen', undefined, 'teen'],
    ['child', undefined, 'child'],
    ['guest', undefined, 'child'],
    ['guest', 1980, 'child'],
    ['adult', 1980, 'adult'],
    // 18 this year, but perhaps not yet
    ['adult', 2008, 'teen'],
    ['adult', 2007, 'adult'],
    ['teen', 2013, 'child'],
    ['teen', 2012, 'teen'],
    ['child', 1990, 'child'],
    ['owner', 2015, 'child'],
  ]
  test.each(cases)('%s born %s is %s', (role, birthYear, tier) => {
    expect(memberTier(member('someone', { role, birthYear }), NOW)).toBe(tier)
  })

  test('a stranger counts as child', () => {
    expect(memberTier(undefined, NOW)).toBe('child')
  })

  test('nobody turns older while it is still last year somewhere', () => {
    expect(youngestAge(2000, Date.UTC(2026, 0, 1, 6))).toBe(24)
    expect(youngestAge(2000, Date.UTC(2026, 0, 1, 13))).toBe(25)
  })
})

describe('members and tenants', () => {
  const household = buildHousehold([
    member('robin', { role: 'owner' }),
    member('alex', { role: 'teen' }),
    member('sam', { role: 'adult', tenant: 'studio' }),
    member('kim', { role: 'owner', tenant: 'studio' }),
  ])
  test('members of another tenant are strangers, its owner is not', () => {
    expect(memberIn(household, FAMILY, user('alex'))?.id).toBe('alex')
    expect(memberIn(household, FAMILY, user('sam'))).toBeUndefined()
    expect(memberIn(household, FAMILY, user('kim'))?.id).toBe('kim')
    expect(memberIn(household, FAMILY, user('nobody'))).toBeUndefined()
  })

  const tierOf = (people: Parameters<typeof view>[0], isComplete = true): Tier =>
    roomTier({
      household,
      tenant: FAMILY,
      view: { ...view(people), membersComplete: isComplete },
      ownAccounts: [ASSISTANT],
      now: NOW,
    })

  test.each([
    ['its youngest joined person', [person('robin'), person('alex')], 'teen'],
    ['invited people too', [person('robin'), person('alex', 'invite')], 'teen'],
    ['not those who left', [person('robin'), person('alex', 'leave')], 'adult'],
    ['not those who knock or are banned', [person('robin'), person('alex', 'knock'), person('sam', 'ban')], 'adult'],
    ['strangers as children', [person('robin'), person('stranger')], 'child'],
    ["another tenant's members as children", [person('robin'), person('sam')], 'child'],
    ['nobody at all as child', [], 'child'],
  ] as const)('a room has the tier of %s', (_name, people, tier) => {
    expect(tierOf(people)).toBe(tier)
  })

  test('until all members are known a room counts as child', () => {
    expect(tierOf([person('robin')], false)).toBe('child')
  })

  test('the audience is who joined, since the latest of them', () => {
    const people = [person('robin', 'join', 10), person('alex', 'join', 30), person('sam', 'invite', 50)]
    expect(audienceOf(view(people), [ASSISTANT])).toEqual({ audience: [user('robin'), user('alex')], audienceSince: 30 })
  })
})
