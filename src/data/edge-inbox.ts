import type { Inbox, InboxEntry, RawEvent } from '../contracts/edge-store.ts'
import type { EventId, RoomId } from '../contracts/ids.ts'
import type { DropReason } from '../contracts/incoming.ts'
import type { Connection } from './database.ts'
import type { EdgeTransactions } from './edge-transactions.ts'
import type { SettledEvents } from './settled-events.ts'

/** Committed events on their way to a decision. */
export class SqliteInbox implements Inbox {
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

  pending(): Promise<readonly InboxEntry[]> {
    return this.#transactions.read(() => this.#statements.pending.all().map(toEntry))
  }

  settle(eventIds: readonly EventId[], reason: DropReason | 'answered'): Promise<void> {
    return this.#transactions.write(() => this.#settled.settle(eventIds, reason, this.#now()))
  }

  beginDraft(source: EventId): Promise<void> {
    return this.#transactions.write(() => {
      this.#statements.beginDraft.run(source)
    })
  }

  draftSent(source: EventId, draft: EventId): Promise<void> {
    const note = (): void => {
      this.#statements.draftSent.run(draft, source)
      this.#statements.ownDraft.run(draft, source)
    }
    // that a draft was begun is durable; its id is learned again by sending it again
    return this.#transactions.write(note, { durability: 'normal' })
  }

  noticed(eventIds: readonly EventId[], at: number): Promise<void> {
    return this.#transactions.write(() => {
      for (const eventId of eventIds) this.#statements.noticed.run(at, eventId)
    })
  }

  counts(): Promise<Readonly<Record<string, number>>> {
    return this.#transactions.read(() => this.#settled.counts())
  }
}

interface InboxRow {
  readonly sequence: number
  readonly room_id: RoomId
  readonly event_id: EventId
  readonly sent_at: number
  readonly received_at: number
  readonly raw: string
  readonly draft_begun: number
  readonly draft_event: EventId | null
  readonly noticed_at: number | null
}

function toEntry(row: InboxRow): InboxEntry {
  return {
    sequence: row.sequence,
    roomId: row.room_id,
    eventId: row.event_id,
    sentAt: row.sent_at,
    receivedAt: row.received_at,
    raw: JSON.parse(row.raw) as RawEvent,
    draft: row.draft_begun ? { eventId: row.draft_event ?? undefined } : undefined,
    noticedAt: row.noticed_at ?? undefined,
  }
}

function prepareStatements(connection: Connection) {
  return {
    // what waits behind an open gap would overtake the events that are still to be fetched
    pending: connection.prepare<[], InboxRow>('select * from inbox where room_id not in (select room_id from gap) order by sequence'),
    beginDraft: connection.prepare<[string]>('update inbox set draft_begun = 1 where event_id = ?'),
    draftSent: connection.prepare<[string, string]>('update inbox set draft_begun = 1, draft_event = ? where event_id = ?'),
    ownDraft: connection.prepare<[string, string]>(
      'insert into own_event (event_id, room_id) values (?, (select room_id from inbox where event_id = ?)) on conflict do nothing',
    ),
    noticed: connection.prepare<[number, string]>('update inbox set noticed_at = ? where event_id = ?'),
  }
}
