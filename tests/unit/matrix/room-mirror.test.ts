import { describe, expect, it } from 'vitest'
import type { RoomDelta } from '../../../src/contracts/edge-store.ts'
import type { RoomId, UserId } from '../../../src/contracts/ids.ts'
import type { Membership, RoomMember } from '../../../src/contracts/room-state.ts'
import { RoomMirror } from '../../../src/interfaces/matrix/room-mirror.ts'

const roomId = '!room:localhost' as RoomId
const person = (name: string, membership: Membership, since: number): RoomMember => ({
  userId: `@${name}:localhost` as UserId,
  membership,
  since,
  displayName: name,
})
const delta = (change: Partial<RoomDelta> = {}): RoomDelta => ({
  roomId,
  joined: true,
  state: [],
  members: [],
  encrypted: false,
  events: [],
  gapFrom: undefined,
  ...change,
})
const apply = (mirror: RoomMirror, ...rooms: RoomDelta[]): void => mirror.apply({ nextToken: 's', rooms, accountData: [] })

describe('RoomMirror', () => {
  it('knows nothing of a room it has not seen: nothing would be sent there, and its tier is the strictest', () => {
    const mirror = new RoomMirror([])
    expect(mirror.view(roomId)).toEqual({ roomId, encryption: 'unknown', membersComplete: false, members: [] })
    expect(mirror.has(roomId)).toBe(false)
    expect(mirror.incomplete()).toEqual([])
  })

  it('a new room is incomplete until its members were read, and after every gap', () => {
    const mirror = new RoomMirror([])
    apply(mirror, delta())
    expect(mirror.incomplete()).toEqual([roomId])
    mirror.replaceMembers(roomId, [person('robin', 'join', 1)])
    expect(mirror.incomplete()).toEqual([])
    apply(mirror, delta({ gapFrom: 't1' }))
    expect(mirror.view(roomId).membersComplete).toBe(false)
  })

  it('encryption is never taken back', () => {
    const mirror = new RoomMirror([])
    mirror.setEncryption(roomId, 'plain')
    expect(mirror.view(roomId).encryption).toBe('plain')
    apply(mirror, delta({ encrypted: true }))
    mirror.setEncryption(roomId, 'plain')
    apply(mirror, delta())
    expect(mirror.view(roomId).encryption).toBe('encrypted')
  })

  it('follows memberships, but not back in time', () => {
    const mirror = new RoomMirror([])
    apply(mirror, delta({ members: [person('mia', 'join', 5)] }))
    apply(mirror, delta({ members: [person('mia', 'invite', 4)] }))
    expect(mirror.view(roomId).members).toEqual([person('mia', 'join', 5)])
    apply(mirror, delta({ members: [person('mia', 'leave', 6)] }))
    expect(mirror.view(roomId).members).toEqual([person('mia', 'leave', 6)])
  })

  it('a member who came while /members was on its way stays, as in the store', () => {
    const mirror = new RoomMirror([])
    apply(mirror, delta({ members: [person('mia', 'join', 9)] }))
    mirror.replaceMembers(roomId, [person('robin', 'join', 1)])
    expect(mirror.view(roomId).members).toEqual(expect.arrayContaining([person('robin', 'join', 1), person('mia', 'join', 9)]))
  })

  it('forgets the people of a room that was left, but never that it was encrypted', () => {
    const members = [person('robin', 'join', 1)]
    const mirror = new RoomMirror([{ roomId, encryption: 'encrypted', membersComplete: true, members }])
    apply(mirror, delta({ joined: false }))
    expect(mirror.has(roomId)).toBe(false)
    expect(mirror.incomplete()).toEqual([])
    mirror.setEncryption(roomId, 'plain')
    apply(mirror, delta())
    expect(mirror.view(roomId)).toEqual({ roomId, encryption: 'encrypted', membersComplete: false, members: [] })
  })

  it('counts the gaps of a room, so that a member list asked for before one is not taken as complete after it', () => {
    const mirror = new RoomMirror([])
    apply(mirror, delta())
    const before = mirror.gapsOf(roomId)
    apply(mirror, delta({ gapFrom: 't1' }))
    expect(mirror.gapsOf(roomId)).not.toBe(before)
  })

  it('gives out copies: what was read does not move along', () => {
    const mirror = new RoomMirror([])
    apply(mirror, delta({ members: [person('robin', 'join', 1)] }))
    const before = mirror.view(roomId)
    apply(mirror, delta({ members: [person('mia', 'join', 2)] }))
    expect(before.members).toHaveLength(1)
  })
})
