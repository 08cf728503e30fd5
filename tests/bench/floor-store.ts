import Sqlite from 'better-sqlite3-multiple-ciphers'
import { MemoryStore } from 'matrix-js-sdk'
import type { IEvent, ISyncResponse } from 'matrix-js-sdk'
import type { ISavedSync } from 'matrix-js-sdk/lib/store/index.js'

type WireEvent = Readonly<Record<string, unknown>>
interface WireRoom {
  readonly state?: { readonly events?: readonly WireEvent[] }
  readonly timeline?: { readonly events?: readonly WireEvent[] }
  readonly state_after?: { readonly events?: readonly WireEvent[] }
  readonly 'org.matrix.msc4222.state_after'?: { readonly events?: readonly WireEvent[] }
}

const KEPT = new Set(['m.room.create', 'm.room.encryption', 'm.room.power_levels', 'm.room.history_visibility', 'm.room.join_rules'])

/** The least a bot needs to lose no message: sync token, some state and the open messages, one transaction per /sync response. */
export class FloorStore extends MemoryStore {
  readonly #db: Sqlite.Database
  readonly #ownUserId: string
  readonly #seen = new Set<string>()

  constructor(file: string, ownUserId: string) {
    super({})
    this.#ownUserId = ownUserId
    this.#db = new Sqlite(file)
    this.#db.pragma('journal_mode = wal')
    this.#db.pragma('synchronous = normal')
    this.#db.exec(`
      create table if not exists token (id integer primary key check (id = 1), value text not null);
      create table if not exists state (room text, type text, key text, event text not null, primary key (room, type, key)) without rowid;
      create table if not exists inbox (event_id text unique, event text not null);
      create table if not exists account (type text primary key, event text not null) without rowid`)
  }

  /** Messages that were committed and not finished, in their order. */
  pending(): readonly Partial<IEvent>[] {
    return this.#rows('select event from inbox order by rowid') as readonly Partial<IEvent>[]
  }

  finished(eventId: string): void {
    this.#seen.add(eventId)
    this.#db.prepare('delete from inbox where event_id = ?').run(eventId)
  }

  override getSavedSyncToken(): Promise<string | null> {
    const row = this.#db.prepare<[], { value: string }>('select value from token').get()
    return Promise.resolve(row?.value ?? null)
  }

  override async getSavedSync(): Promise<ISavedSync | null> {
    const nextBatch = await this.getSavedSyncToken()
    if (nextBatch === null) return null
    const states = Map.groupBy(
      this.#db.prepare<[], { room: string; event: string }>('select room, event from state').all(),
      (row) => row.room,
    )
    const join = Object.fromEntries(
      [...states].map(([room, rows]) => [
        room,
        {
          state: { events: rows.map((row) => JSON.parse(row.event) as unknown) },
          timeline: { events: [], prev_batch: null },
          ephemeral: { events: [] },
          account_data: { events: [] },
          summary: {},
          unread_notifications: {},
        },
      ]),
    )
    const saved = { nextBatch, roomsData: { join, invite: {}, leave: {}, knock: {} }, accountData: this.#rows('select event from account') }
    return saved as unknown as ISavedSync
  }

  override setSyncData(response: ISyncResponse): Promise<void> {
    this.#db.transaction(() => {
      for (const [roomId, room] of Object.entries(response.rooms?.join ?? {})) this.#keep(roomId, room as unknown as WireRoom)
      const putAccount = this.#db.prepare('insert or replace into account values (?, ?)')
      for (const event of response.account_data?.events ?? []) putAccount.run(event.type, JSON.stringify(event))
      this.#db.prepare('insert or replace into token values (1, ?)').run(response.next_batch)
    })()
    return Promise.resolve()
  }

  #keep(roomId: string, room: WireRoom): void {
    const timeline = room.timeline?.events ?? []
    const after = room.state_after?.events ?? room['org.matrix.msc4222.state_after']?.events ?? []
    const putState = this.#db.prepare('insert or replace into state values (?, ?, ?, ?)')
    for (const event of [...(room.state?.events ?? []), ...timeline, ...after].filter((one) => this.#isKept(one))) {
      putState.run(roomId, event['type'], event['state_key'], JSON.stringify(event))
    }
    const add = this.#db.prepare('insert or ignore into inbox values (?, ?)')
    for (const { unsigned: _unsigned, ...event } of timeline.filter((one) => this.#isMessage(one))) {
      add.run(event['event_id'], JSON.stringify({ ...event, room_id: roomId }))
    }
  }

  #isKept({ type, state_key: key }: WireEvent): boolean {
    return KEPT.has(String(type)) ? key === '' : type === 'm.room.member' && key === this.#ownUserId
  }

  #isMessage(event: WireEvent): boolean {
    return event['state_key'] === undefined && event['sender'] !== this.#ownUserId && !this.#seen.has(String(event['event_id']))
  }

  #rows(select: string): readonly unknown[] {
    return this.#db
      .prepare<[], { event: string }>(select)
      .all()
      .map((row) => JSON.parse(row.event) as unknown)
  }
}
