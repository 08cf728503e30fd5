import { describe, expect, test } from 'vitest'
import type { EventId, RoomId } from '../../../src/contracts/ids.ts'
import { settled } from '../../fakes/manual-clock.ts'
import { Harness } from './conversation-harness.ts'
import { binding, buildHousehold, CONTROL, FAMILY, member, message, person, ROOM, user, view } from './conversation-fixtures.ts'

const STRANGE = '!strange:home' as RoomId

describe('deliveries', () => {
  test('what is in flight or was just settled is not taken twice', async () => {
    const house = new Harness()
    const question = message('hello')
    await house.receive(question)
    await house.receive(question)
    house.model.last.write('Hello.')
    house.model.last.end()
    await settled()
    await house.receive(question)
    expect(house.model.calls).toHaveLength(1)
    expect(house.said).toEqual(['Hello.'])
  })

  test('rooms are answered beside each other, a room in its order', async () => {
    const house = new Harness()
    const other = '!other:home' as RoomId
    house.household = buildHousehold([member('robin', { role: 'owner' })], [binding(), binding({ roomId: other, name: 'other' })])
    house.views.set(other, view([person('robin')], { roomId: other }))
    await house.receive(message('one'), message('two'), message('three', { roomId: other }))
    expect(house.model.calls.map((call) => call.request.messages.at(-1)?.content)).toEqual(['one', 'three'])
  })

  test('a member or binding that is gone when the turn starts is not answered', async () => {
    const house = new Harness()
    await house.receive(message('long one'))
    const waiting = message('late')
    await house.receive(waiting)
    house.household = buildHousehold([member('alex')])
    house.model.last.write('Done.')
    house.model.last.end()
    await settled()
    expect(house.model.calls).toHaveLength(1)
    expect(house.edge.settled.get(waiting.eventId)).toBe('unknown-sender')
  })

  test('an entry that fails leaves the rest of its delivery alone', async () => {
    const house = new Harness()
    house.people('robin', 'kim')
    const settle = house.edge.inbox.settle
    house.edge.inbox.settle = (ids, reason) => (reason === 'unknown-sender' ? Promise.reject(new Error('no')) : settle(ids, reason))
    const stranger = message('hello', { sender: user('stranger') })
    await house.receive(stranger, message('@assistant hello'))
    expect(house.model.calls).toHaveLength(1)
    expect(house.logged.some(({ event }) => event === 'entry-failed')).toBe(true)
  })
})

describe('what the house says by itself', () => {
  test('the hint comes once for each member of a room', async () => {
    const house = new Harness()
    house.people('robin', 'kim')
    const first = message('hello')
    const second = message('hello?')
    await house.receive(first, second, message('hallo', { sender: user('kim') }))
    house.restart()
    await house.receive(message('hello??'))
    expect(house.said).toEqual(['[hint.unaddressed en]', '[hint.unaddressed de]'])
    expect(house.edge.settled.get(second.eventId)).toBe('not-addressed')
    expect(house.tenant.remembered).toEqual([])
  })

  test('privacy names who helps to judge, where that is not the model that answers', async () => {
    const house = new Harness()
    house.judge = 'wise'
    await house.receive(message('privacy'))
    expect(house.said).toEqual(['[command.privacy-provider en] home big Somebody\n[command.privacy-judge-provider en] wise Somebody'])
  })

  test('help, privacy and media are answered without a model, beside a running turn', async () => {
    const house = new Harness()
    await house.receive(message('Tell me'))
    await house.receive(message('help'), message('privacy'), message('', { content: 'media' }))
    expect(house.said).toEqual(['[command.help en] Ada', '[command.privacy-provider en] home big Somebody', '[media.unsupported en]'])
    expect(house.model.calls).toHaveLength(1)
  })

  test('new begins afresh, in its place among the turns', async () => {
    const house = new Harness()
    await house.receive(message('Tell me', { sentAt: 5_000 }), message('new', { sentAt: 6_000 }))
    expect(house.tenant.topics).toEqual([])
    house.model.last.write('Answer.')
    house.model.last.end()
    await settled()
    expect(house.tenant.topics).toEqual([6_000])
    expect(house.said).toEqual(['Answer.', '[command.new-done en]'])
  })

  test('a room without encryption is refused once, by a notice', async () => {
    const house = new Harness()
    house.views.set(ROOM, view([person('robin')], { encryption: 'plain' }))
    const second = message('hello?', { provenance: 'plain' })
    await house.receive(message('hello', { provenance: 'plain' }), second)
    expect(house.said).toEqual(['[room.unencrypted en]'])
    expect(house.lastRow.content.kind).toBe('notice')
    expect(house.edge.settled.get(second.eventId)).toBe('no-effect')
  })

  test('an unbound room gets one sentence and Control one question', async () => {
    const house = new Harness()
    house.views.set(STRANGE, view([person('robin')], { roomId: STRANGE }))
    const second = message('hello?', { roomId: STRANGE })
    await house.receive(message('hello', { roomId: STRANGE }), second)
    expect(house.edge.rows.map((row) => [row.roomId, row.content.kind, row.content.markdown, row.content.mentions])).toEqual([
      [STRANGE, 'answer', '[room.unbound en]', []],
      [CONTROL, 'alert', `[room.unbound-question en] ${user('robin')} ${STRANGE}`, [user('robin')]],
    ])
    expect(house.edge.settled.get(second.eventId)).toBe('unbound-room')
    expect(house.model.calls).toEqual([])
  })

  test('what cannot be decrypted is told once for each session', async () => {
    const house = new Harness()
    await house.conversation.undecryptable(ROOM, 'session', ['$1' as EventId])
    await house.conversation.undecryptable(ROOM, 'session', ['$2' as EventId])
    await house.conversation.undecryptable(ROOM, 'another', ['$3' as EventId])
    expect(house.said).toEqual([
      '[undecryptable.notice en]',
      '[control.undecryptable en] family',
      '[undecryptable.notice en]',
      '[control.undecryptable en] family',
    ])
  })

  test('an unsigned device is told to Control once', async () => {
    const house = new Harness()
    await house.conversation.unsignedDevice(user('robin'), 'DEV')
    await house.conversation.unsignedDevice(user('robin'), 'DEV')
    expect(house.said).toEqual([`[control.unsigned-device en] ${user('robin')} DEV`])
    expect(house.lastRow.roomId).toBe(CONTROL)
  })
})

describe('invitations', () => {
  const invitation = { roomId: STRANGE, inviter: user('kim'), direct: true, at: 500 }

  test("a member's direct room binds itself and is answered from then on", async () => {
    const house = new Harness()
    expect(await house.conversation.invited(invitation)).toBe(true)
    expect(house.edge.bound).toMatchObject([{ roomId: STRANGE, name: 'direct-kim', tenant: FAMILY, domain: 'family', boundAt: 500 }])
    house.views.set(STRANGE, view([person('kim')], { roomId: STRANGE }))
    const old = message('before', { roomId: STRANGE, sender: user('kim'), sentAt: 499 })
    await house.receive(old, message('hallo', { roomId: STRANGE, sender: user('kim') }))
    expect(house.edge.settled.get(old.eventId)).toBe('older-than-binding')
    expect(house.model.calls).toHaveLength(1)
  })

  test('a room that is no direct room is joined and not bound', async () => {
    const house = new Harness()
    expect(await house.conversation.invited({ ...invitation, direct: false })).toBe(true)
    expect(house.edge.bound).toEqual([])
  })

  test("strangers' invitations are declined", async () => {
    const house = new Harness()
    expect(await house.conversation.invited({ ...invitation, inviter: user('stranger') })).toBe(false)
    expect(house.edge.bound).toEqual([])
  })

  test('the person outside may invite into the one room that the configuration has for them', async () => {
    const house = new Harness()
    house.household = buildHousehold([member('robin')], [binding({ roomId: STRANGE, name: 'trusted', kind: 'trusted' })])
    expect(await house.conversation.invited({ ...invitation, inviter: user('aunt') })).toBe(true)
    expect(house.edge.bound).toEqual([])
  })

  test('a configured room stays what it is', async () => {
    const house = new Harness()
    expect(await house.conversation.invited({ ...invitation, roomId: ROOM })).toBe(true)
    expect(house.edge.bound).toEqual([])
  })
})

describe('draining', () => {
  test('lets the running turn end and leaves what waits to the next process', async () => {
    const house = new Harness()
    const [running, waiting] = [message('one'), message('two')]
    await house.receive(running, waiting)
    const drained = house.conversation.drain(5_000)
    await house.receive(message('three'))
    house.model.last.write('Answer.')
    house.model.last.end()
    await drained
    expect(house.edge.settled.get(running.eventId)).toBe('answered')
    expect(house.edge.settled.has(waiting.eventId)).toBe(false)
    expect(house.model.calls).toHaveLength(1)

    house.restart()
    await house.receive(waiting)
    expect(house.model.calls).toHaveLength(2)
  })

  test('cuts a turn that takes too long: booked, but neither answered nor settled', async () => {
    const house = new Harness()
    const question = message('one')
    await house.receive(question)
    house.model.last.write('One. ')
    await house.clock.advance(400)
    const drained = house.conversation.drain(5_000)
    await house.clock.advance(5_000)
    await drained
    expect(house.tenant.endings).toMatchObject([{ kind: 'estimated' }])
    expect(house.edge.settled.size).toBe(0)
    expect(house.said).toEqual([])
    expect(house.sender.redacted).toEqual([])
  })
})
