import type { Gap, RawEvent, RoomDelta, SavedSync, SyncBatch, SyncStore } from '../contracts/edge-store.ts'
import type { EventId, RoomId, UserId } from '../contracts/ids.ts'
import type { Membership, RoomMember, RoomView } from '../contracts/room-state.ts'
import type { Connection } from './database.ts'
import type { EdgeTransactions } from './edge-transactions.ts'
import type { SettledEvents } from './settled-events.ts'

/** Sequences kept free for one gap's events: far more than /messages is ever asked for. */
const gapBlock = 1_000_000

/** What /sync brought: token, room state and inbox of edge.db. */
export class SqliteSyncStore implements SyncStore {
  readonly #transactions: EdgeTransactions
  readonly #settled: SettledEvents
  readonly #now: () => number
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(transactions: EdgeTransactions, settled: SettledEvents, now: () => number) {
    this.#transactions = transactions
    this.#settled = settled
    this.#now = now
    this.#statements = prepareStatements(transactions.connection)
  }

  savedSync(): Promise<SavedSync | undefined> {
    return this.#transactions.read(() => {
      const saved = this.#statements.token.get()
      if (!saved) return undefined
      const states = Map.groupBy(this.#statements.states.all(), (row) => row.room_id)
      return {
        token: saved.token,
        rooms: this.#statements.joinedRooms
          .all()
          .map((room) => ({ roomId: room.room_id, state: (states.get(room.room_id) ?? []).map(toEvent) })),
        accountData: this.#statements.accountData.all().map(toEvent),
      }
    })
  }

  acceptSync(batch: SyncBatch): Promise<void> {
    const accept = (): void => {
      for (const room of batch.rooms) this.#acceptRoom(room)
      for (const event of batch.accountData) {
        if (typeof event['type'] === 'string') this.#statements.putAccountData.run(event['type'], JSON.stringify(event))
      }
      this.#statements.putToken.run(batch.nextToken)
      this.#settled.prune(this.#now())
    }
    // a power cut takes token and events back together, and the older token brings the events again
    return this.#transactions.write(accept, { boundary: 'accept-sync', durability: 'normal' })
  }

  gaps(): Promise<readonly Gap[]> {
    return this.#transactions.read(() =>
      this.#statements.gaps
        .all()
        .map((row) => ({ roomId: row.room_id, from: row.from_token, until: row.until_event ?? undefined, sequence: row.sequence })),
    )
  }

  fillGap(gap: Gap, events: RoomDelta['events']): Promise<void> {
    if (events.length > gapBlock) return Promise.reject(new RangeError(`a gap of ${events.length} events`))
    return this.#transactions.write(() => {
      // filled before, or the room was left in the meantime
      if (this.#statements.closeGap.run(gap.sequence).changes === 0) return
      this.#addEvents(gap.roomId, events, gap.sequence)
      const last = events.at(-1)
      if (last) this.#statements.lastEventAfterGap.run(last.eventId, gap.roomId, gap.until ?? null)
    })
  }

  replaceMembers(roomId: RoomId, members: RoomView['members']): Promise<void> {
    return this.#transactions.write(() => {
      this.#statements.knowRoom.run(roomId)
      // who changed after the newest membership of this answer may have come after it was made: those stay
      this.#statements.dropMembers.run(roomId, Math.max(0, ...members.map((member) => member.since)))
      this.#putMembers(roomId, members)
      this.#statements.membersComplete.run(1, roomId)
    })
  }

  setEncrypted(roomId: RoomId): Promise<void> {
    return this.#transactions.write(() => {
      this.#statements.knowRoom.run(roomId)
      this.#statements.encrypted.run(roomId)
    })
  }

  rooms(): Promise<readonly RoomView[]> {
    return this.#transactions.read(() => {
      const members = Map.groupBy(this.#statements.members.all(), (row) => row.room_id)
      return this.#statements.joinedRooms.all().map((room) => ({
        roomId: room.room_id,
        // that no encryption event was seen is no proof that there is none: the edge asks before it sends
        encryption: room.encrypted ? 'encrypted' : 'unknown',
        membersComplete: room.members_complete === 1,
        members: (members.get(room.room_id) ?? []).map(toMember),
      }))
    })
  }

  #acceptRoom(room: RoomDelta): void {
    const statements = this.#statements
    statements.knowRoom.run(room.roomId)
    if (!room.joined) this.#leaveRoom(room.roomId)
    else {
      statements.join.run(room.roomId)
      this.#putMembers(room.roomId, room.members)
      for (const event of room.state) this.#putState(room.roomId, event)
    }
    if (room.encrypted) statements.encrypted.run(room.roomId)
    let sequence = statements.nextSequence.get()?.next ?? 1
    if (room.joined && room.gapFrom !== undefined) {
      statements.openGap.run(sequence, room.roomId, room.gapFrom, room.roomId)
      statements.membersComplete.run(0, room.roomId)
      sequence += gapBlock
    }
    sequence = this.#addEvents(room.roomId, room.events, sequence)
    statements.setSequence.run(sequence)
    const last = room.events.at(-1)
    if (last && room.joined) statements.lastEvent.run(last.eventId, room.roomId)
  }

  #leaveRoom(roomId: RoomId): void {
    this.#statements.leave.run(roomId)
    this.#statements.dropState.run(roomId)
    this.#statements.dropMembers.run(roomId, Number.MAX_SAFE_INTEGER)
    this.#statements.dropGaps.run(roomId)
  }

  #putMembers(roomId: RoomId, members: readonly RoomMember[]): void {
    for (const member of members) {
      this.#statements.putMember.run(roomId, member.userId, member.membership, member.since, member.displayName ?? null)
    }
  }

  #putState(roomId: RoomId, event: RawEvent): void {
    const { type, state_key: stateKey } = event
    if (typeof type !== 'string' || typeof stateKey !== 'string') return
    this.#statements.putState.run(roomId, type, stateKey, JSON.stringify(event))
  }

  /** Answers the sequence after the last that was given away. */
  #addEvents(roomId: RoomId, events: RoomDelta['events'], from: number): number {
    const receivedAt = this.#now()
    let sequence = from
    for (const event of events) {
      if (this.#settled.has(event.eventId)) continue
      const added = this.#statements.addEvent.run(sequence, roomId, event.eventId, event.sentAt, receivedAt, JSON.stringify(event.raw))
      sequence += added.changes
    }
    return sequence
  }
}

interface RoomRow {
  readonly room_id: RoomId
  readonly encrypted: number
  readonly members_complete: number
}

interface MemberRow {
  readonly room_id: RoomId
  readonly user_id: UserId
  readonly membership: Membership
  readonly since: number
  readonly display_name: string | null
}

interface GapRow {
  readonly sequence: number
  readonly room_id: RoomId
  readonly from_token: string
  readonly until_event: EventId | null
}

interface EventRow {
  readonly event: string
}

function toEvent(row: EventRow): RawEvent {
  return JSON.parse(row.event) as RawEvent
}

function toMember(row: MemberRow): RoomMember {
  return { userId: row.user_id, membership: row.membership, since: row.since, displayName: row.display_name ?? undefined }
}

function prepareStatements(connection: Connection) {
  return { ...prepareReads(connection), ...prepareRoomWrites(connection), ...prepareInboxWrites(connection) }
}

function prepareReads(connection: Connection) {
  return {
    token: connection.prepare<[], { token: string }>('select token from saved_sync'),
    states: connection.prepare<[], EventRow & { room_id: RoomId }>('select room_id, event from room_state'),
    accountData: connection.prepare<[], EventRow>('select event from account_data'),
    joinedRooms: connection.prepare<[], RoomRow>('select * from room where joined = 1 order by number'),
    members: connection.prepare<[], MemberRow>('select * from member'),
    gaps: connection.prepare<[], GapRow>('select * from gap order by sequence'),
    nextSequence: connection.prepare<[], { next: number }>('select next from sequence_counter'),
  }
}

function prepareRoomWrites(connection: Connection) {
  return {
    knowRoom: connection.prepare<[string]>('insert into room (room_id) values (?) on conflict do nothing'),
    join: connection.prepare<[string]>('update room set joined = 1 where room_id = ?'),
    leave: connection.prepare<[string]>('update room set joined = 0, members_complete = 0, last_event = null where room_id = ?'),
    encrypted: connection.prepare<[string]>('update room set encrypted = 1 where room_id = ?'),
    membersComplete: connection.prepare<[number, string]>('update room set members_complete = ? where room_id = ?'),
    putMember: connection.prepare<[string, string, string, number, string | null]>(`
      insert into member values (?, ?, ?, ?, ?)
      on conflict (room_id, user_id) do update
      set membership = excluded.membership, since = excluded.since, display_name = excluded.display_name
      where excluded.since >= member.since`),
    dropMembers: connection.prepare<[string, number]>('delete from member where room_id = ? and since <= ?'),
    putState: connection.prepare<[string, string, string, string]>('insert or replace into room_state values (?, ?, ?, ?)'),
    dropState: connection.prepare<[string]>('delete from room_state where room_id = ?'),
    putAccountData: connection.prepare<[string, string]>('insert or replace into account_data values (?, ?)'),
  }
}

function prepareInboxWrites(connection: Connection) {
  return {
    putToken: connection.prepare<[string]>('insert into saved_sync values (1, ?) on conflict (id) do update set token = excluded.token'),
    setSequence: connection.prepare<[number]>('update sequence_counter set next = ?'),
    openGap: connection.prepare<[number, string, string, string]>(
      'insert into gap values (?, ?, ?, (select last_event from room where room_id = ?))',
    ),
    closeGap: connection.prepare<[number]>('delete from gap where sequence = ?'),
    dropGaps: connection.prepare<[string]>('delete from gap where room_id = ?'),
    lastEvent: connection.prepare<[string, string]>('update room set last_event = ? where room_id = ?'),
    // nothing followed the gap: its own last event is then the newest
    lastEventAfterGap: connection.prepare<[string, string, string | null]>(
      'update room set last_event = ? where room_id = ? and last_event is ?',
    ),
    addEvent: connection.prepare<[number, string, string, number, number, string]>(
      `insert into inbox (sequence, room_id, event_id, sent_at, received_at, raw) values (?, ?, ?, ?, ?, ?)
       on conflict (event_id) do nothing`,
    ),
  }
}
