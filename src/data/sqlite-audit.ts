import type { AuditAnchor, AuditEntry, AuditRange, AuditRecord, AuditVerdict } from '../contracts/audit.ts'
import { type ChainHead, hashEntry, noHash, verifyChain } from './audit-chain.ts'
import type { Connection, Database } from './database.ts'

/** The audit of one tenant's file; synchronous, on the worker's side. Promises as in the contract `AuditLog`. */
export class SqliteAudit {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  append(entry: AuditEntry): void {
    const { connection } = this.#database
    this.#database.transaction(() => {
      const { rows, hash: previous } = readHead(connection)
      const stored = toStored(entry, rows + 1)
      const { cause, action, subject } = stored
      if (cause !== null && connection.prepare(findCause).get(cause, action, subject) !== undefined) return
      // over what will be read back, not over what was given
      const hash = hashEntry(toRecord(stored), previous)
      connection.prepare(insert).run({ ...stored, hash })
      connection.prepare('update audit_head set rows = ?, hash = ?').run(rows + 1, hash)
    })
  }

  list(since: number): readonly AuditRecord[] {
    return this.#database.connection
      .prepare<[number], StoredEntry>('select * from audit where at >= ? order by at, number')
      .all(since)
      .map(toRecord)
  }

  read({ since, after = Number.MIN_SAFE_INTEGER, limit }: AuditRange): readonly AuditRecord[] {
    return this.#database.connection
      .prepare<[number, number, number], StoredEntry>('select * from audit where number > ? and at >= ? order by number limit ?')
      .all(after, since, limit)
      .map(toRecord)
  }

  verify(anchor?: AuditAnchor): AuditVerdict {
    const { connection } = this.#database
    const entries = connection.prepare<[], StoredEntry>('select * from audit order by number')
    return verifyChain({ records: () => recordsOf(entries.iterate()), head: readHead(connection) }, anchor)
  }
}

/** Brings entries that were written before there was a chain into one. */
export function chainAudit(connection: Connection): void {
  connection.exec(`
    drop trigger audit_stays;
    alter table audit add column device text;
    alter table audit add column before_hash text;
    alter table audit add column after_hash text;
    alter table audit add column cause text;
    alter table audit add column hash text not null default '';
    create index audit_by_cause on audit (cause, action, subject) where cause is not null;
    create table audit_head (
      id integer primary key check (id = 1),
      rows integer not null,
      hash text not null
    ) strict;
    insert into audit_head values (1, 0, '');`)
  const entries = connection.prepare<[], StoredEntry>('select * from audit order by number').all()
  const setHash = connection.prepare<[string, number]>('update audit set hash = ? where number = ?')
  let previous = noHash
  for (const entry of entries) {
    previous = hashEntry(toRecord(entry), previous)
    setHash.run(previous, entry.number)
  }
  connection.prepare('update audit_head set rows = ?, hash = ?').run(entries.length, previous)
  connection.exec(`create trigger audit_stays before update on audit begin select raise(abort, 'the audit is append-only'); end;`)
}

const findCause = 'select 1 from audit where cause = ? and action = ? and subject = ?'
const insert = `
  insert into audit (number, at, actor, action, subject, detail, device, before_hash, after_hash, cause, hash)
  values (@number, @at, @actor, @action, @subject, @detail, @device, @before_hash, @after_hash, @cause, @hash)`

interface StoredEntry {
  readonly number: number
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly subject: string
  readonly detail: string
  readonly device: string | null
  readonly before_hash: string | null
  readonly after_hash: string | null
  readonly cause: string | null
  readonly hash: string
}

function readHead(connection: Connection): ChainHead {
  const head = connection.prepare<[], ChainHead>('select rows, hash from audit_head').get()
  // without its head a chain ends nowhere
  return head ?? { rows: 0, hash: noHash }
}

/** Without its hash yet. */
function toStored({ at, actor, action, subject, detail, device, before, after, cause }: AuditEntry, number: number): StoredEntry {
  return {
    number,
    at,
    // SQLite keeps text as UTF-8, which half a pair of surrogates does not outlive
    actor: actor.toWellFormed(),
    action: action.toWellFormed(),
    subject: subject.toWellFormed(),
    detail: JSON.stringify(detail),
    device: device?.toWellFormed() ?? null,
    before_hash: before?.toWellFormed() ?? null,
    after_hash: after?.toWellFormed() ?? null,
    cause: cause?.toWellFormed() ?? null,
    hash: noHash,
  }
}

function* recordsOf(entries: Iterable<StoredEntry>): Iterable<AuditRecord> {
  for (const entry of entries) yield toRecord(entry)
}

function toRecord(stored: StoredEntry): AuditRecord {
  const { number, at, actor, action, subject, device, before_hash: before, after_hash: after, cause, hash } = stored
  return {
    number,
    at,
    actor,
    action,
    subject,
    detail: readDetail(stored.detail),
    ...(device === null ? {} : { device }),
    ...(before === null ? {} : { before }),
    ...(after === null ? {} : { after }),
    ...(cause === null ? {} : { cause }),
    hash,
  }
}

/** What is no longer JSON was tampered with, and must not keep the chain from being checked. */
function readDetail(text: string): AuditEntry['detail'] {
  try {
    return JSON.parse(text) as AuditEntry['detail']
  } catch {
    return { unreadable: text }
  }
}
