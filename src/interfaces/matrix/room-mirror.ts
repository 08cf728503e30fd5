import type { SyncBatch } from '../../contracts/edge-store.ts'
import type { RoomId, UserId } from '../../contracts/ids.ts'
import type { Encryption, RoomMember, RoomState, RoomView } from '../../contracts/room-state.ts'

interface MirroredRoom {
  /** False after we left: only that the room was encrypted is still known. */
  joined: boolean
  encryption: Encryption
  membersComplete: boolean
  /** Grows with each gap: a member list asked for before one is not complete after it. */
  gaps: number
  readonly members: Map<UserId, RoomMember>
}

/** What edge.db keeps of the rooms, in memory, moved along with each committed response. */
export class RoomMirror implements RoomState {
  readonly #rooms = new Map<RoomId, MirroredRoom>()

  constructor(rooms: readonly RoomView[]) {
    for (const view of rooms) {
      const members = new Map(view.members.map((member) => [member.userId, member]))
      const { encryption, membersComplete } = view
      this.#rooms.set(view.roomId, { joined: true, encryption, membersComplete, gaps: 0, members })
    }
  }

  view(roomId: RoomId): RoomView {
    const room = this.#rooms.get(roomId)
    if (room === undefined) return { roomId, encryption: 'unknown', membersComplete: false, members: [] }
    return { roomId, encryption: room.encryption, membersComplete: room.membersComplete, members: [...room.members.values()] }
  }

  has(roomId: RoomId): boolean {
    return this.#rooms.get(roomId)?.joined === true
  }

  /** Rooms whose member list has not been asked for since they appeared or since the last gap. */
  incomplete(): readonly RoomId[] {
    return [...this.#rooms].filter(([, room]) => room.joined && !room.membersComplete).map(([roomId]) => roomId)
  }

  /** How many gaps the room has had in this process; the same before and after a request: none opened meanwhile. */
  gapsOf(roomId: RoomId): number {
    return this.#rooms.get(roomId)?.gaps ?? 0
  }

  apply(batch: SyncBatch): void {
    for (const delta of batch.rooms) {
      if (!delta.joined) {
        this.#leave(delta.roomId)
        continue
      }
      const room = this.#roomOf(delta.roomId)
      room.joined = true
      if (delta.encrypted) room.encryption = 'encrypted'
      if (delta.gapFrom !== undefined) {
        room.membersComplete = false
        room.gaps += 1
      }
      putMembers(room, delta.members)
    }
  }

  /** As the store does it: who changed after the newest membership of this answer may have come after it was made, and stays. */
  replaceMembers(roomId: RoomId, members: readonly RoomMember[]): void {
    const room = this.#roomOf(roomId)
    const newest = Math.max(0, ...members.map((member) => member.since))
    for (const known of room.members.values()) if (known.since <= newest) room.members.delete(known.userId)
    putMembers(room, members)
    room.membersComplete = true
  }

  setEncryption(roomId: RoomId, encryption: Exclude<Encryption, 'unknown'>): void {
    const room = this.#roomOf(roomId)
    // encryption is never taken back: a homeserver that denies it later is not believed
    if (room.encryption !== 'encrypted') room.encryption = encryption
  }

  #leave(roomId: RoomId): void {
    const room = this.#rooms.get(roomId)
    if (room === undefined) return
    // a room that was encrypted stays so, also for whoever comes back to it
    Object.assign(room, { joined: false, membersComplete: false })
    room.members.clear()
  }

  #roomOf(roomId: RoomId): MirroredRoom {
    let room = this.#rooms.get(roomId)
    if (room === undefined) {
      room = { joined: true, encryption: 'unknown', membersComplete: false, gaps: 0, members: new Map() }
      this.#rooms.set(roomId, room)
    }
    return room
  }
}

function putMembers(room: MirroredRoom, members: readonly RoomMember[]): void {
  for (const member of members) {
    const known = room.members.get(member.userId)
    if (known === undefined || known.since <= member.since) room.members.set(member.userId, member)
  }
}
