import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSentences } from '../../../src/config/sentences.ts'
import type { MemberId, RoomId, UserId } from '../../../src/contracts/ids.ts'
import type { GuardianPolicy } from '../../../src/contracts/rails.ts'
import type { RoomView } from '../../../src/contracts/room-state.ts'
import { promiseRoom } from '../../../src/conversation/room-promise.ts'
import { InMemoryEdge } from '../../fakes/in-memory-edge.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'
import { strictPolicy } from '../guardrails/policy-fixture.ts'
import { Harness } from './conversation-harness.ts'
import { ASSISTANT, binding, buildHousehold, FAMILY, member, message, person, ROOM, user, view } from './conversation-fixtures.ts'

const PARENTS = '!parents:home' as RoomId
const TRUSTED = '!trusted:home' as RoomId
const mia = member('mia', { role: 'child' })
const alex = member('alex', { role: 'teen' })
const tom = member('tom', { role: 'child', locale: 'de' })
const people = [member('robin', { role: 'owner', guardianOf: [mia.id, alex.id, tom.id] }), mia, alex, tom]
const parents = binding({ roomId: PARENTS, name: 'parents', kind: 'parents' })
const sentences = await createSentences(join(import.meta.dirname, '../../..'))

/** A room whose promise is asked for. */
class PromisingHouse {
  /** Who could not decrypt anything yet. */
  readonly deviceless = new Set<UserId>()
  readonly edge = new InMemoryEdge([])
  readonly policies = new Map<MemberId, Partial<GuardianPolicy>>()
  readonly views = new Map<RoomId, RoomView>([[PARENTS, view([person('robin')], { roomId: PARENTS })]])
  provider: string | undefined = 'Somebody'
  household = buildHousehold(people, [binding(), parents])

  constructor(...names: readonly string[]) {
    this.views.set(ROOM, view(names.map((name) => person(name))))
  }

  promise(): Promise<boolean> {
    if (!sentences.ok) throw new Error(sentences.error.sentence)
    const policyOf = (id: MemberId): GuardianPolicy => ({ alerts: 'excerpt', harmAtHome: 'nobody', ...this.policies.get(id) })
    return promiseRoom(
      {
        directory: { current: () => this.household },
        roomState: { view: (roomId) => this.views.get(roomId) ?? view([], { roomId, membersComplete: false }) },
        identity: { accounts: [ASSISTANT] },
        sentences: sentences.value,
        facts: this.edge.facts,
        outbox: this.edge.outbox,
        rules: {
          current: () => ({
            engineOf: () => {
              throw new Error('nothing is checked here')
            },
            policyOf: ({ member: id }) => ({ ...strictPolicy, guardians: id === undefined ? strictPolicy.guardians : policyOf(id) }),
            helpLinesOf: () => [],
          }),
        },
        readers: { canRead: (userId) => Promise.resolve(!this.deviceless.has(userId)) },
        readersOf: () => ({ homeserver: 'home', model: 'big', provider: this.provider }),
        clock: new ManualClock(),
      },
      ROOM,
    )
  }

  /** The last promise. */
  get said(): string {
    return this.edge.rows.at(-1)?.content.markdown ?? ''
  }
}

describe('what a room of children and teens is promised', () => {
  test('once, in words of a child, to be pinned', async () => {
    const house = new PromisingHouse('mia')
    expect(await house.promise()).toBe(true)
    expect(await house.promise()).toBe(false)
    expect(house.edge.rows).toMatchObject([{ roomId: ROOM, tenant: FAMILY, content: { kind: 'answer', pin: true, mentions: [] } }])
    for (const part of ['a machine and not a person', '**big** at **Somebody**', 'only you and I', 'the beginning', 'nobody at home'])
      expect(house.said).toContain(part)
  })

  test('a crash before it was noted says it no second time', async () => {
    const house = new PromisingHouse('mia')
    await house.promise()
    house.edge.values.clear()
    await house.promise()
    expect(house.edge.rows).toHaveLength(1)
  })

  test.each([
    ['the model', (house: PromisingHouse) => (house.provider = undefined), 'runs on our own machine'],
    ['what guardians are told', (house: PromisingHouse) => house.policies.set(mia.id, { alerts: 'text' }), 'and what you wrote'],
    [
      'who is in the room',
      (house: PromisingHouse) => house.views.set(ROOM, view([person('mia'), person('robin')])),
      'Everybody in this room',
    ],
    ["who is in the parents' room", (house: PromisingHouse) => house.views.set(PARENTS, view([])), 'nobody gets a message'],
  ])('again when %s changed, and again when it is as before', async (_what, change, part) => {
    const house = new PromisingHouse('mia')
    await house.promise()
    const before = house.said
    change(house)
    expect(await house.promise()).toBe(true)
    expect(house.said).toContain(part)
    house.provider = 'Somebody'
    house.policies.clear()
    house.views.set(ROOM, view([person('mia')])).set(PARENTS, view([person('robin')], { roomId: PARENTS }))
    await house.promise()
    expect(house.said).toBe(before)
    expect(house.edge.rows).toHaveLength(3)
  })

  test('not before one of them could decrypt it, and again for who could not', async () => {
    const house = new PromisingHouse('alex', 'mia', 'robin')
    house.deviceless.add(alex.userId).add(mia.userId)
    expect(await house.promise()).toBe(false)
    house.deviceless.delete(alex.userId)
    expect([await house.promise(), await house.promise()]).toEqual([true, false])
    const first = house.said
    house.deviceless.delete(mia.userId)
    expect([await house.promise(), await house.promise()]).toEqual([true, false])
    expect(house.said).toBe(first)
    expect(house.edge.rows).toHaveLength(2)
  })

  test('what most can be told of any child or teen in the room', async () => {
    const house = new PromisingHouse('alex', 'mia', 'robin')
    house.policies.set(alex.id, { alerts: 'category' }).set(mia.id, { alerts: 'none' })
    await house.promise()
    expect(house.said).toContain('Not your words.')
  })

  test('the words of the policy while it is not known who reads the parents’ room', async () => {
    const house = new PromisingHouse('mia')
    house.views.delete(PARENTS)
    await house.promise()
    expect(house.said).toContain('the beginning')
  })

  test('that a parent can be asked only where one would read it', async () => {
    const house = new PromisingHouse('mia')
    await house.promise()
    expect(house.said).toContain('**ask**')
    house.household = buildHousehold(people, [binding()])
    await house.promise()
    expect(house.said).not.toContain('**ask**')
    expect(house.said).toContain('nobody gets a message')
  })

  test('the trusted person only where the policy and the configuration both have one', async () => {
    const house = new PromisingHouse('mia')
    house.policies.set(mia.id, { harmAtHome: 'trusted' })
    await house.promise()
    expect(house.said).not.toContain('outside your home')
    house.household = buildHousehold(people, [binding(), parents, binding({ roomId: TRUSTED, name: 'trusted', kind: 'trusted' })])
    await house.promise()
    expect(house.said).toContain('outside your home')
  })

  test('in the language the children share', async () => {
    const german = new PromisingHouse('tom', 'robin')
    await german.promise()
    expect(german.said).toContain('eine Maschine und kein Mensch')
    const both = new PromisingHouse('tom', 'mia')
    await both.promise()
    expect(both.said).toContain('a machine and not a person')
  })

  test.each([
    ['grown-ups only', ['robin'], {}],
    ['a stranger among grown-ups', ['robin', 'nobody'], {}],
    ['nobody knows who is there', ['mia'], { membersComplete: false }],
    ['no encryption', ['mia'], { encryption: 'plain' }],
    ['unknown encryption', ['mia'], { encryption: 'unknown' }],
  ] as const)('nothing where there is %s', async (_what, names, change) => {
    const house = new PromisingHouse()
    house.views.set(
      ROOM,
      view(
        names.map((name) => person(name)),
        change,
      ),
    )
    expect(await house.promise()).toBe(false)
    expect(house.edge.rows).toEqual([])
  })

  test("nothing in a parents' room", async () => {
    const house = new PromisingHouse('mia')
    house.household = buildHousehold(people, [binding({ kind: 'parents' })])
    expect(await house.promise()).toBe(false)
  })
})

describe('when it is said', () => {
  const promises = (house: Harness): readonly string[] =>
    house.edge.rows.filter(({ content }) => content.pin === true).map(({ roomId }) => roomId)

  test('in each room of minors once the instance is ready', async () => {
    const house = new Harness()
    house.people('robin', 'mia')
    await house.conversation.promiseRooms()
    expect(promises(house)).toEqual([ROOM])
    await house.conversation.promiseRooms()
    expect(promises(house)).toEqual([ROOM])
  })

  test('before the first answer in a room that has become a minor’s', async () => {
    const house = new Harness()
    house.people('mia')
    const help = message('help', { sender: user('mia') })
    await house.receive(help)
    expect(house.edge.rows.map(({ source }) => source.split(':')[0])).toEqual(['promise', help.eventId])
  })

  test('in a direct room that a child made, before anything is written', async () => {
    const house = new Harness()
    const roomId = '!direct:home' as RoomId
    await house.conversation.invited({ roomId, inviter: user('mia'), direct: true, at: 5 })
    house.views.set(roomId, view([person('mia')], { roomId }))
    await house.clock.advance(200)
    expect(promises(house)).toEqual([roomId])
  })

  test('a promise that cannot be made holds no answer up, and is logged', async () => {
    const house = new Harness()
    house.people('mia')
    house.book.policyOf = () => {
      throw new Error('broken')
    }
    await house.receive(message('help', { sender: user('mia') }))
    expect(house.said).toEqual([expect.stringContaining('command.help')])
    expect(house.logged).toMatchObject([{ event: 'promise-failed' }])
  })
})
