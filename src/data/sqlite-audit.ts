import type { AuditEntry } from '../contracts/incidents.ts'
import type { Database } from './database.ts'

/** The audit of one tenant's file; synchronous, on the worker's side. Promises as in the contract `AuditLog`. */
export class SqliteAudit {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  append({ at, actor, action, subject, detail }: AuditEntry): void {
    const insert = this.#database.connection.prepare('insert into audit (at, actor, action, subject, detail) values (?, ?, ?, ?, ?)')
    this.#database.transaction(() => insert.run(at, actor, action, subject, JSON.stringify(detail)))
  }

  list(since: number): readonly AuditEntry[] {
    return this.#database.connection
      .prepare<[number], StoredEntry>('select at, actor, action, subject, detail from audit where at >= ? order by at, number')
      .all(since)
      .map((entry) => ({ ...entry, detail: JSON.parse(entry.detail) as AuditEntry['detail'] }))
  }
}

interface StoredEntry extends Omit<AuditEntry, 'detail'> {
  readonly detail: string
}
