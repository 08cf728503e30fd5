import { describe, expect, test } from 'vitest'
import type { Allowance } from '../../../src/contracts/allowance.ts'
import type { EventId, MemberId } from '../../../src/contracts/ids.ts'
import { usage } from '../../fakes/scripted-model.ts'
import { Harness } from './conversation-harness.ts'
import { buildHousehold, CONTROL, message, PARENTS, person, reaction, ROOM, user, view } from './conversation-fixtures.ts'

const MIA = 'mia' as MemberId
const perDay = (limits: Allowance['limits'], hours: Allowance['hours'] = []): Allowance => ({ period: 'day', limits, hours })

/** Mia with the assistant, her guardian Robin in the parents' room; the model answers at once, for 700 nano-USD. */
class Home extends Harness {
  constructor(allowance?: Allowance, tenant?: Allowance) {
    super()
    this.withParentsRoom()
    this.people('mia')
    this.allow(allowance, tenant)
    this.model.script = (call) => {
      call.write('Answer.')
      call.end({ usage: usage() })
    }
  }

  allow(own: Allowance | undefined, tenant?: Allowance): void {
    const members = new Map(own === undefined ? [] : [[MIA, own]])
    this.household = {
      ...this.household,
      allowances: { members, tenants: new Map(tenant === undefined ? [] : [[this.tenant.id, tenant]]) },
    }
  }

  /** What is said to Mia when she asks. */
  async ask(text = 'why is the sky blue'): Promise<string> {
    const asked = message(text, { sender: user('mia') })
    await this.receive(asked)
    return this.rows.find(({ source }) => source === asked.eventId)?.content.markdown ?? ''
  }

  get aliases(): readonly string[] {
    return this.tenant.openings.map(({ alias }) => alias)
  }
}

describe('an allowance', () => {
  test('of a child is forty messages a day as long as nobody sets one', async () => {
    const house = new Home()
    for (let count = 0; count < 40; count += 1) expect(await house.ask()).toContain('Answer.')
    expect(await house.ask()).toMatch(/^\[allowance\.reached.*allowance\.ask-more/su)
    expect(house.model.calls).toHaveLength(40)
  })

  test('says at 80 percent how much is left, quietly and once a period', async () => {
    const house = new Home(perDay({ messages: 10 }))
    const answers: string[] = []
    for (let count = 0; count < 10; count += 1) answers.push(await house.ask())
    expect(answers.map((answer) => answer.includes('allowance.near'))).toEqual([
      false,
      false,
      false,
      false,
      false,
      false,
      false,
      false,
      true,
      false,
    ])
  })

  test('of money goes on with the economy model when it runs short, and stops when it is used up', async () => {
    const house = new Home(perDay({ money: 1_000 * 7 }))
    for (let count = 0; count < 10; count += 1) await house.ask()
    expect(await house.ask()).toContain('allowance.reached')
    expect(house.aliases.slice(0, 9).every((alias) => alias === 'smart')).toBe(true)
    expect(house.aliases.at(-1)).toBe('economy')
    expect(house.aliases).toHaveLength(10)
  })

  test('begins anew with the next day of the member', async () => {
    const house = new Home(perDay({ messages: 1 }))
    await house.ask()
    expect(await house.ask()).toContain('allowance.reached')
    await house.clock.advance(86_400_000)
    expect(await house.ask()).toContain('Answer.')
  })

  test('holds only within its hours, and says when it goes on', async () => {
    const house = new Home(perDay({}, [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, untilMinute: 1 }]))
    expect(await house.ask()).toContain('allowance.outside-hours')
    house.allow(perDay({}, [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, untilMinute: 24 * 60 }]))
    expect(await house.ask()).toContain('Answer.')
  })

  test('of the household stops everybody, and no parent is asked for it', async () => {
    const house = new Home(undefined, perDay({ money: 700 }))
    await house.ask()
    const end = await house.ask()
    expect(end).toContain('allowance.tenant-reached')
    expect(end).not.toContain('ask-more')
    await house.ask()
    const alerts = house.rows.filter(({ source }) => source.startsWith('limit:family:money:'))
    expect(new Set(alerts.map(({ source }) => source)).size).toBe(1)
    expect(alerts[0]).toMatchObject({ roomId: CONTROL, content: { kind: 'alert' } })
  })

  test('is looked at after the guardrails: who asks for help gets it, whatever is used up or paused', async () => {
    const house = new Home(perDay({ messages: 0 }))
    house.household = {
      ...house.household,
      pauses: { members: new Map([[MIA, { until: undefined, by: 'robin' as MemberId }]]), rooms: new Map() },
    }
    house.guardrails.onInput = () => stop
    expect(await house.ask('i want to die')).toContain('care.self-harm')
  })

  test('lets one question of many at once go beyond it, and no more', async () => {
    const house = new Home(perDay({ money: 100 }))
    const asked = Array.from({ length: 5 }, (_, number) => message(`question ${String(number)}`, { sender: user('mia') }))
    await house.receive(...asked)
    const answers = asked.map(({ eventId }) => house.rows.find(({ source }) => source === eventId)?.content.markdown ?? '')
    expect(answers.filter((answer) => answer.includes('Answer.'))).toHaveLength(1)
  })
})

const stop = {
  kind: 'stop',
  direction: 'in',
  action: 'care',
  rail: 'kid-safety',
  category: 'self-harm',
  sentence: 'care.self-harm',
  helpLines: [],
  incident: undefined,
  mayAskParent: false,
} as const

describe('a pause', () => {
  test('of a member or a room answers nothing but says until when, and ends by itself', async () => {
    const house = new Home()
    const now = house.clock.now()
    house.household = {
      ...house.household,
      pauses: { members: new Map(), rooms: new Map([['family', { until: now + 3_600_000, by: 'robin' as MemberId }]]) },
    }
    expect(await house.ask()).toContain('allowance.paused-until')
    expect(house.model.calls).toEqual([])
    await house.clock.advance(3_600_001)
    expect(await house.ask()).toContain('Answer.')
  })
})

describe('asking for more', () => {
  const shortHome = async (): Promise<Home> => {
    const house = new Home(perDay({ messages: 1 }))
    await house.ask()
    return house
  }
  const request = (house: Home) => house.rows.find(({ source }) => source.startsWith('more:'))

  test('is told to the guardians once a period', async () => {
    const house = await shortHome()
    expect(await house.ask('more')).toBe('[more.asked en]')
    expect(request(house)).toMatchObject({ roomId: PARENTS, content: { kind: 'alert', mentions: [user('robin')] } })
    expect(await house.ask('mehr')).toBe('[more.asked-before en]')
    expect(house.rows.filter(({ roomId }) => roomId === PARENTS)).toHaveLength(1)
  })

  test('rings with nobody in their quiet hours, and stands there', async () => {
    const house = await shortHome()
    const quietHours = [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, untilMinute: 24 * 60 }]
    const members = new Map([...house.household.members].map(([userId, one]) => [userId, { ...one, quietHours }]))
    house.household = { ...house.household, members }
    expect(await house.ask('more')).toBe('[more.asked en]')
    expect(request(house)?.content).toMatchObject({ kind: 'alert', quiet: true, mentions: [] })
  })

  test('has no sense where there is enough, or no allowance', async () => {
    const plenty = new Home(perDay({ messages: 10 }))
    expect(await plenty.ask('more')).toBe('[more.plenty en]')
    const grownUp = new Home()
    grownUp.people('robin')
    const asked = message('more')
    await grownUp.receive(asked)
    expect(grownUp.rows.find(({ source }) => source === asked.eventId)?.content.markdown).toBe('[more.unlimited en]')
  })

  test('finds nobody where no guardian reads', async () => {
    const house = await shortHome()
    house.views.set(PARENTS, view([], { roomId: PARENTS }))
    expect(await house.ask('more')).toBe('[more.nobody en]')
  })

  const ALERT = '$alert' as EventId
  const react = async (house: Home, key: string, sender = 'robin'): Promise<void> => {
    house.edge.sources.set(ALERT, request(house)?.source ?? '')
    await house.receive(reaction(ALERT, key, { roomId: PARENTS, sender: user(sender) }))
  }

  test('is granted by one reaction of a guardian, once, and the child goes on', async () => {
    const house = await shortHome()
    await house.ask('more')
    await react(house, '👍')
    await react(house, '✅')
    expect(house.said.slice(-3).map((said) => /^\[([\w.-]+)/u.exec(said)?.[1])).toEqual([
      'more.given',
      'more.child-given',
      'more.given-before',
    ])
    expect(house.tenant.grants).toMatchObject([{ member: 'mia', unit: 'messages', amount: 10, grantedBy: 'robin' }])
    expect(house.tenant.safety.audited).toMatchObject([{ actor: 'robin', action: 'allowance.granted', subject: 'mia' }])
    expect(await house.ask()).toContain('Answer.')
  })

  test('is granted by nobody else, and not by another sign', async () => {
    const house = await shortHome()
    await house.ask('more')
    house.views.set(PARENTS, view([person('robin'), person('alex')], { roomId: PARENTS }))
    await react(house, '👍', 'alex')
    await react(house, '👎')
    await react(house, '🎉')
    expect(house.tenant.grants).toEqual([])
  })

  test('comes too late when the period is over', async () => {
    const house = await shortHome()
    await house.ask('more')
    await house.clock.advance(86_400_000)
    await react(house, '👍')
    expect(house.said.at(-1)).toContain('more.over')
    expect(house.tenant.grants).toEqual([])
  })
})

test('a household without allowances books as before', async () => {
  const house = new Harness()
  house.household = buildHousehold([...house.household.members.values()])
  house.model.script = (call) => {
    call.write('Answer.')
    call.end()
  }
  await house.receive(message('hello', { roomId: ROOM }))
  expect(house.said).toEqual(['Answer.'])
})
