import type { SyncBatch } from '../../contracts/edge-store.ts'
import type { RoomId, UserId } from '../../contracts/ids.ts'
import type { Encryption, RoomMember, RoomState, RoomView } from '../../contracts/room-state.ts'

interface MirroredRoom {
  encryption: Encryption
  membersComplete: boolean
  readonly members: Map<UserId, RoomMember>
}

/** What edge.db keeps of the rooms, in memory, moved along with each committed response. */
export class RoomMirror implements RoomState {
  readonly #rooms = new Map<RoomId, MirroredRoom>()

  constructor(rooms: readonly RoomView[]) {
    for (const view of rooms) {
      const members = new Map(view.members.map((member) => [member.userId, member]))
      this.#rooms.set(view.roomId, { encryption: view.encryption, membersComplete: view.membersComplete, members })
    }
  }

  view(roomId: RoomId): RoomView {
    const room = this.#rooms.get(roomId)
    if (room === undefined) return { roomId, encryption: 'unknown', membersComplete: false, members: [] }
    return { roomId, encryption: room.encryption, membersComplete: room.membersComplete, members: [...room.members.values()] }
  }

  has(roomId: RoomId): boolean {
    return this.#rooms.has(roomId)
  }

  /** Rooms whose member list has not been asked for since they appeared or since the last gap. */
  incomplete(): readonly RoomId[] {
    return [...this.#rooms].filter(([, room]) => !room.membersComplete).map(([roomId]) => roomId)
  }

  apply(batch: SyncBatch): void {
    for (const delta of batch.rooms) {
      if (!delta.joined) {
        this.#rooms.delete(delta.roomId)
        continue
      }
      const room = this.#roomOf(delta.roomId)
      if (delta.encrypted) room.encryption = 'encrypted'
      if (delta.gapFrom !== undefined) room.membersComplete = false
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

  #roomOf(roomId: RoomId): MirroredRoom {
    let room = this.#rooms.get(roomId)
    if (room === undefined) {
      room = { encryption: 'unknown', membersComplete: false, members: new Map() }
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
