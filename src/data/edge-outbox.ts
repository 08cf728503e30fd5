import type { Job, NewOutboxRow, Outbox, OutboxContent, OutboxRow, Reply } from '../contracts/edge-store.ts'
import type { DeviceId, EventId, RoomId, TenantId, TurnId } from '../contracts/ids.ts'
import type { Log } from '../contracts/platform.ts'
import type { Seals } from '../contracts/tenant-stores.ts'
import type { Connection } from './database.ts'
import type { EdgeTransactions } from './edge-transactions.ts'
import { compactId, type SettledEvents } from './settled-events.ts'

export interface OutboxPorts {
  readonly seals: Seals
  readonly log: Log | undefined
  readonly now: () => number
}

/** A row that a power cut brings back is sent again under its transaction, which the homeserver knows. */
const sendAgain = { durability: 'normal' } as const

/** Replies and jobs; contents are sealed with their tenant's key. */
export class SqliteOutbox implements Outbox {
  readonly #transactions: EdgeTransactions
  readonly #settled: SettledEvents
  readonly #ports: OutboxPorts
  readonly #statements: ReturnType<typeof prepareStatements>
  #device: DeviceId | undefined

  constructor(transactions: EdgeTransactions, settled: SettledEvents, ports: OutboxPorts) {
    this.#transactions = transactions
    this.#settled = settled
    this.#ports = ports
    this.#statements = prepareStatements(transactions.connection)
  }

  sendAs(device: DeviceId): void {
    this.#device = device
  }

  commitReply(reply: Reply): Promise<void> {
    return this.#transactions.write(
      () => {
        const now = this.#ports.now()
        const added = reply.rows.filter((row) => this.#addRow(row, now)).length
        this.#settled.settle(reply.settles, 'answered', now)
        // a reply that was committed before brought its jobs with it
        if (reply.rows.length > 0 && added === 0) return
        for (const job of reply.jobs) {
          this.#statements.addJob.run(job.tenant, job.kind, this.#ports.seals.seal(job.tenant, job.payload))
        }
      },
      { boundary: 'commit-reply' },
    )
  }

  pending(): Promise<readonly OutboxRow[]> {
    return this.#transactions.read(() => this.#statements.pending.all().flatMap((row) => this.#toRow(row)))
  }

  waiting(): Promise<number> {
    return this.#transactions.read(() => this.#statements.waiting.get() ?? 0)
  }

  claim(id: number, device: DeviceId): Promise<void> {
    return this.#transactions.write(() => {
      this.#statements.claim.run(device, id)
    })
  }

  partSent(id: number, part: number, eventId: EventId): Promise<void> {
    const note = (): void => {
      this.#statements.partSent.run(part + 1, id)
      const row = this.#statements.find.get(id)
      const [opened] = row ? this.#toRow(row) : []
      const threadRoot = opened?.content.threadRoot ?? null
      this.#statements.own.run(eventId, row?.room_id ?? null, threadRoot, nameOf(row?.source))
      const draft = opened?.content.draft?.eventId
      if (draft) this.#statements.own.run(draft, row?.room_id ?? null, threadRoot, null)
    }
    return this.#transactions.write(note, sendAgain)
  }

  sent(id: number, at: number): Promise<void> {
    const close = (): void => {
      const row = this.#statements.find.get(id)
      if (!row) return
      this.#statements.rememberSource.run(compactId(row.source), at)
      this.#statements.remove.run(id)
    }
    return this.#transactions.write(close, { boundary: 'sent', ...sendAgain })
  }

  isOwn(eventId: EventId): Promise<boolean> {
    return this.#transactions.read(() => this.#statements.isOwn.get(eventId) !== undefined)
  }

  sourceOf(eventId: EventId): Promise<string | undefined> {
    return this.#transactions.read(() => this.#statements.sourceOf.get(eventId)?.source ?? undefined)
  }

  ownThread(threadRoot: EventId): Promise<boolean> {
    return this.#transactions.read(() => this.#statements.ownThread.get(threadRoot, threadRoot) !== undefined)
  }

  jobs(): Promise<readonly Job[]> {
    return this.#transactions.read(() => this.#statements.jobs.all().flatMap((row) => this.#toJob(row)))
  }

  jobDone(id: number): Promise<void> {
    const remove = (): void => void this.#statements.jobDone.run(id)
    // what a job did is done again without harm
    return this.#transactions.write(remove, { durability: 'normal' })
  }

  jobFailed(id: number): Promise<void> {
    return this.#transactions.write(() => {
      this.#statements.jobFailed.run(id)
    })
  }

  #addRow(row: NewOutboxRow, createdAt: number): boolean {
    if (this.#statements.wasSent.get(compactId(row.source))) return false
    const content = this.#ports.seals.seal(row.tenant, JSON.stringify(row.content))
    return (
      this.#statements.add.run(row.roomId, row.tenant, row.source, row.turn ?? null, content, createdAt, this.#device ?? null).changes > 0
    )
  }

  /** Empty if the seal does not open: one row whose tenant is gone must not hold back everyone's replies. */
  #toRow(row: StoredRow): readonly OutboxRow[] {
    const plain = this.#unseal(row.tenant, row.content, row.id, 'outbox-row-unreadable')
    if (plain === undefined) return []
    return [
      {
        id: row.id,
        roomId: row.room_id,
        tenant: row.tenant,
        source: row.source,
        turn: row.turn ?? undefined,
        content: parseContent(plain),
        createdAt: row.created_at,
        device: row.device ?? undefined,
        sentParts: row.sent_parts,
      },
    ]
  }

  #toJob(row: StoredJob): readonly Job[] {
    const payload = this.#unseal(row.tenant, row.payload, row.id, 'job-unreadable')
    return payload === undefined ? [] : [{ id: row.id, tenant: row.tenant, kind: row.kind, payload, attempts: row.attempts }]
  }

  #unseal(tenant: TenantId, sealed: Uint8Array, id: number, event: string): string | undefined {
    try {
      return this.#ports.seals.unseal(tenant, sealed)
    } catch {
      this.#ports.log?.error(event, { id, tenant })
      return undefined
    }
  }
}

interface StoredRow {
  readonly id: number
  readonly room_id: RoomId
  readonly tenant: TenantId
  readonly source: string
  readonly turn: TurnId | null
  readonly content: Uint8Array
  readonly created_at: number
  readonly device: DeviceId | null
  readonly sent_parts: number
}

interface StoredJob {
  readonly id: number
  readonly tenant: TenantId
  readonly kind: Job['kind']
  readonly payload: Uint8Array
  readonly attempts: number
}

/** Sources that are events need no place: nobody looks for what an answer answers. */
function nameOf(source: string | undefined): string | null {
  return source === undefined || source.startsWith('$') ? null : source
}

/** JSON drops what is undefined; the contract has every field. */
function parseContent(json: string): OutboxContent {
  const content = JSON.parse(json) as OutboxContent
  return {
    ...content,
    replyTo: content.replyTo,
    threadRoot: content.threadRoot,
    draft: content.draft && { eventId: content.draft.eventId },
  }
}

function prepareStatements(connection: Connection) {
  return {
    add: connection.prepare<[string, string, string, string | null, Uint8Array, number, string | null]>(
      `insert into outbox (room_id, tenant, source, turn, content, created_at, device) values (?, ?, ?, ?, ?, ?, ?)
       on conflict (source) do nothing`,
    ),
    wasSent: connection.prepare<[Uint8Array], unknown>('select 1 from sent_source where source = ?'),
    waiting: connection.prepare<[], number>('select count(*) from outbox').pluck(),
    pending: connection.prepare<[], StoredRow>('select * from outbox order by id'),
    find: connection.prepare<[number], StoredRow>('select * from outbox where id = ?'),
    claim: connection.prepare<[string, number]>('update outbox set device = coalesce(device, ?) where id = ?'),
    partSent: connection.prepare<[number, number]>('update outbox set sent_parts = max(sent_parts, ?) where id = ?'),
    rememberSource: connection.prepare<[Uint8Array, number]>('insert into sent_source values (?, ?) on conflict do nothing'),
    remove: connection.prepare<[number]>('delete from outbox where id = ?'),
    own: connection.prepare<[string, string | null, string | null, string | null]>(
      `insert into own_event (event_id, room_id, thread_root, source) values (?, ?, ?, ?)
       on conflict (event_id) do update set thread_root = coalesce(excluded.thread_root, thread_root)`,
    ),
    isOwn: connection.prepare<[string], unknown>('select 1 from own_event where event_id = ?'),
    sourceOf: connection.prepare<[string], { source: string | null }>('select source from own_event where event_id = ?'),
    ownThread: connection.prepare<[string, string], unknown>(
      'select 1 from own_event where thread_root = ? union all select 1 from own_event where event_id = ? limit 1',
    ),
    addJob: connection.prepare<[string, string, Uint8Array]>('insert into job (tenant, kind, payload) values (?, ?, ?)'),
    jobs: connection.prepare<[], StoredJob>('select * from job order by id'),
    jobDone: connection.prepare<[number]>('delete from job where id = ?'),
    jobFailed: connection.prepare<[number]>('update job set attempts = attempts + 1 where id = ?'),
  }
}
