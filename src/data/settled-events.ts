import { createHash } from 'node:crypto'
import type { EventId } from '../contracts/ids.ts'
import type { DropReason } from '../contracts/incoming.ts'
import type { Connection } from './database.ts'

const dayMs = 86_400_000
const keptDays = 30
/** A new device's first sync brings the last events of each room however old they are: those must stay known. */
const keptPerRoom = 500

/** The events that are done with, remembered so that none is handled twice. Used inside the transactions of edge.db. */
export class SettledEvents {
  readonly #statements: ReturnType<typeof prepareStatements>
  #prunedDay = 0

  constructor(connection: Connection) {
    this.#statements = prepareStatements(connection)
  }

  has(eventId: EventId): boolean {
    return this.#statements.find.get(compactId(eventId)) !== undefined
  }

  settle(eventIds: readonly EventId[], reason: DropReason | 'answered', now: number): void {
    let count = 0
    for (const eventId of eventIds) {
      const room = this.#statements.roomOf.get(eventId)?.number ?? 0
      count += this.#statements.add.run(compactId(eventId), room, dayOf(now)).changes
      this.#statements.removeEntry.run(eventId)
    }
    if (count > 0) this.#statements.count.run(reason, count)
  }

  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#statements.counts.all().map((row) => [row.reason, row.count]))
  }

  /** Forgets events settled more than 30 days ago, once a day, the newest 500 of each room apart. */
  prune(now: number): void {
    const day = dayOf(now)
    if (day === this.#prunedDay) return
    this.#statements.prune.run(day - keptDays, keptPerRoom)
    this.#prunedDay = day
  }
}

/** 128 bits of SHA-256: no two ids of a lifetime share them. */
export function compactId(id: string): Uint8Array {
  return createHash('sha256').update(id).digest().subarray(0, 16)
}

function dayOf(at: number): number {
  return Math.floor(at / dayMs)
}

function prepareStatements(connection: Connection) {
  return {
    find: connection.prepare<[Uint8Array], unknown>('select 1 from settled where event = ?'),
    roomOf: connection.prepare<[string], { number: number }>('select number from room join inbox using (room_id) where event_id = ?'),
    add: connection.prepare<[Uint8Array, number, number]>('insert into settled values (?, ?, ?) on conflict do nothing'),
    removeEntry: connection.prepare<[string]>('delete from inbox where event_id = ?'),
    count: connection.prepare<[string, number]>(
      'insert into settled_count values (?, ?) on conflict (reason) do update set count = count + excluded.count',
    ),
    counts: connection.prepare<[], { reason: string; count: number }>('select reason, count from settled_count'),
    prune: connection.prepare<[number, number]>(`
      delete from settled where event in (
        select event from (select event, day, row_number() over (partition by room order by day desc) as place from settled)
        where day < ? and place > ?
      )`),
  }
}
