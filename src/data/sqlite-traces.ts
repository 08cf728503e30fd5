import type { TurnTrace } from '../contracts/traces.ts'
import type { Database } from './database.ts'

/** Traces of one tenant's file; synchronous, on the worker's side. Promises as in the contract `TraceStore`. */
export class SqliteTraces {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  write(trace: TurnTrace): void {
    const insert = this.#database.connection.prepare('insert or replace into trace values (?, ?, ?, ?)')
    // nobody was promised a trace
    this.#database.transaction(() => insert.run(trace.turn, trace.attempt, trace.startedAt, JSON.stringify(trace)), {
      durability: 'normal',
    })
  }

  /** Newest first. */
  recent(limit: number): readonly TurnTrace[] {
    const rows = this.#database.connection
      .prepare<[number], { facts: string }>('select facts from trace order by started_at desc, attempt desc limit ?')
      .all(limit)
    return rows.map((row) => {
      const trace = JSON.parse(row.facts) as TurnTrace
      // JSON drops what is undefined; the contract has every field
      return { ...trace, model: trace.model }
    })
  }
}
