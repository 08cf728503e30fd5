import type { ISyncResponse } from 'matrix-js-sdk'
import { describe, expect, it, test } from 'vitest'
import type { RoomDelta, SyncBatch } from '../../../src/contracts/edge-store.ts'
import type { RoomId, UserId } from '../../../src/contracts/ids.ts'
import { readSync } from '../../../src/interfaces/matrix/read-sync.ts'
import type { SyncContext } from '../../../src/interfaces/matrix/read-sync.ts'

const own = '@assistant:localhost' as UserId
const known = '!known:localhost' as RoomId
const context: SyncContext = { ownUserId: own, isKnown: (roomId) => roomId === known, ignoreBefore: 0 }

const response = (rooms: unknown, more: object = {}): ISyncResponse => ({ next_batch: 's2', rooms, ...more }) as unknown as ISyncResponse
const read = (join: Record<string, unknown>, change: Partial<SyncContext> = {}): SyncBatch =>
  readSync(response({ join }), { ...context, ...change })
const only = (batch: SyncBatch): RoomDelta => {
  const [room] = batch.rooms
  if (room === undefined) throw new Error('no room')
  return room
}
const encrypted = (id: string, more: object = {}): object => ({
  event_id: id,
  type: 'm.room.encrypted',
  sender: '@robin:localhost',
  origin_server_ts: 1_000,
  content: { ciphertext: 'x' },
  ...more,
})
const member = (userId: string, membership: string, at = 5): object => ({
  type: 'm.room.member',
  state_key: userId,
  sender: userId,
  event_id: `$m-${userId}`,
  origin_server_ts: at,
  content: { membership, displayname: 'Name' },
})

describe('readSync', () => {
  it('keeps the order of the timeline, and nothing of our own', () => {
    const room = only(read({ [known]: { timeline: { events: [encrypted('$1'), encrypted('$2', { sender: own }), encrypted('$3')] } } }))
    expect(room.events.map((event) => event.eventId)).toEqual(['$1', '$3'])
    expect(room.events[0]?.raw).toMatchObject({ room_id: known, content: { ciphertext: 'x' } })
  })

  it('leaves out what the server adds for the moment', () => {
    const room = only(read({ [known]: { timeline: { events: [encrypted('$1', { unsigned: { age: 5 } })] } } }))
    expect(room.events[0]?.raw).not.toHaveProperty('unsigned')
  })

  it('reads members from state and timeline, and keeps of the state only what the SDK needs', () => {
    const state = [
      member('@robin:localhost', 'join'),
      member(own, 'join'),
      { type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } },
      { type: 'm.room.topic', state_key: '', content: { topic: 'secret' } },
    ]
    const room = only(read({ [known]: { state: { events: state }, timeline: { events: [member('@mia:localhost', 'invite', 9)] } } }))
    expect(room.encrypted).toBe(true)
    expect(room.state.map((event) => event['type'])).toEqual(['m.room.member', 'm.room.encryption'])
    expect(room.members).toEqual([
      { userId: '@robin:localhost', membership: 'join', since: 5, displayName: 'Name' },
      { userId: own, membership: 'join', since: 5, displayName: 'Name' },
      { userId: '@mia:localhost', membership: 'invite', since: 9, displayName: 'Name' },
    ])
    expect(room.events).toEqual([])
  })

  test.each(['state_after', 'org.matrix.msc4222.state_after'])('finds encryption in %s too', (part) => {
    const events = [{ type: 'm.room.encryption', state_key: '', content: {} }]
    expect(only(read({ [known]: { [part]: { events } } })).encrypted).toBe(true)
  })

  it('a limited timeline is a gap in a room that was known, elsewhere it is the past', () => {
    const timeline = { limited: true, prev_batch: 't1', events: [encrypted('$1')] }
    expect(only(read({ [known]: { timeline } })).gapFrom).toBe('t1')
    expect(only(read({ '!new:localhost': { timeline } })).gapFrom).toBeUndefined()
    expect(only(read({ [known]: { timeline: { ...timeline, limited: false } } })).gapFrom).toBeUndefined()
    expect(only(read({ [known]: { timeline: { ...timeline, prev_batch: null } } })).gapFrom).toBeUndefined()
  })

  it('ignores the past that a first sync brings', () => {
    const events = [encrypted('$old', { origin_server_ts: 99 }), encrypted('$new', { origin_server_ts: 100 })]
    const room = only(read({ [known]: { timeline: { events } } }, { ignoreBefore: 100 }))
    expect(room.events.map((event) => event.eventId)).toEqual(['$new'])
  })

  it('a room that was left is told as not joined', () => {
    expect(readSync(response({ leave: { [known]: {} } }), context).rooms).toEqual([
      { roomId: known, joined: false, state: [], members: [], encrypted: false, events: [], gapFrom: undefined },
    ])
  })

  const broken: readonly unknown[] = [null, 7, 'x', [], {}, { event_id: 5, type: 'm.room.message' }, { event_id: '$x', type: 5 }]
  test.each([
    ['no room data', null],
    ['no timeline', { timeline: null, state: null }],
    ['lists that are none', { timeline: { events: 'x', limited: 'yes', prev_batch: 5 }, state: { events: 5 }, state_after: [] }],
    ['broken events', { timeline: { events: broken }, state: { events: broken } }],
    [
      'broken members',
      {
        state: {
          events: [
            { type: 'm.room.member', state_key: '@a:b' },
            { type: 'm.room.member', state_key: '@a:b', content: null },
            { type: 'm.room.member', state_key: '@a:b', content: { membership: 'king' } },
          ],
        },
      },
    ],
  ])('never stops at malformed parts: %s', (_name, room) => {
    const batch = read({ '!bad:localhost': room, [known]: { timeline: { events: [encrypted('$1')] } } })
    expect(batch.nextToken).toBe('s2')
    expect(batch.rooms[0]).toMatchObject({ events: [], members: [], gapFrom: undefined })
    expect(batch.rooms[1]?.events.map((event) => event.eventId)).toEqual(['$1'])
  })

  it('survives a response without rooms and with broken account data', () => {
    expect(readSync(response(undefined, { account_data: { events: [null, { type: 'm.direct', content: {} }] } }), context)).toEqual({
      nextToken: 's2',
      rooms: [],
      accountData: [{ type: 'm.direct', content: {} }],
    })
  })

  it('an event without a time is from the beginning of time, and a display name has its limit', () => {
    const events = [encrypted('$1', { origin_server_ts: 'now' })]
    const state = [{ ...member('@robin:localhost', 'join'), content: { membership: 'join', displayname: 'n'.repeat(5_000) } }]
    const room = only(read({ [known]: { state: { events: state }, timeline: { events } } }))
    expect(room.events[0]?.sentAt).toBe(0)
    expect(room.members[0]?.displayName).toHaveLength(200)
  })
})
