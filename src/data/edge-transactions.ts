import Sqlite from 'better-sqlite3-multiple-ciphers'
import type { CrashPoint, CrashPoints } from '../contracts/platform.ts'
import { CommitError, type Connection, type Database, type Durability } from './database.ts'

/** A boundary of a message's way that has a COMMIT in its middle. */
export type CommitBoundary = 'accept-sync' | 'commit-reply' | 'sent'

/** The ways into edge.db: work is synchronous inside and a promise outside, so that another engine can stand behind it. */
export interface EdgeTransactions {
  readonly connection: Connection
  /** Several statements that see one state. */
  read<Value>(work: () => Value): Promise<Value>
  /** One transaction, committed before the promise resolves; full where `options` say nothing. */
  write<Value>(work: () => Value, options?: WriteOptions): Promise<Value>
}

export interface WriteOptions {
  readonly boundary?: CommitBoundary
  /** normal only where what a power cut takes back is done again without harm: the disk is waited for in the middle of everything. */
  readonly durability?: Durability
}

/**
 * Fail-stop: after a failed COMMIT, a full disk or a disk error, `onFatal` is called once and neither this promise nor any
 * later one ever settles. What the process believes may be newer than the file, so no further request may leave on it.
 */
export class FailStopTransactions implements EdgeTransactions {
  readonly connection: Connection
  readonly #database: Database
  readonly #crashPoints: CrashPoints
  readonly #onFatal: (error: Error) => void
  #stopped = false

  constructor(database: Database, crashPoints: CrashPoints, onFatal: (error: Error) => void) {
    this.connection = database.connection
    this.#database = database
    this.#crashPoints = crashPoints
    this.#onFatal = onFatal
  }

  read<Value>(work: () => Value): Promise<Value> {
    return this.#run(work)
  }

  write<Value>(work: () => Value, { boundary, durability }: WriteOptions = {}): Promise<Value> {
    const points = boundary && {
      before: () => this.#crashPoints.reach(`${boundary}.before` satisfies CrashPoint),
      after: () => this.#crashPoints.reach(`${boundary}.after` satisfies CrashPoint),
    }
    return this.#run(() => this.#database.transaction(work, { points, durability }))
  }

  #run<Value>(work: () => Value): Promise<Value> {
    if (this.#stopped) return never()
    try {
      return Promise.resolve(work())
    } catch (error) {
      const surprise = error instanceof Error ? error : new Error(String(error))
      if (!endsTheProcess(surprise)) return Promise.reject(surprise)
      this.#stopped = true
      this.#onFatal(surprise)
      return never()
    }
  }
}

function endsTheProcess(error: Error): boolean {
  if (error instanceof CommitError) return true
  return error instanceof Sqlite.SqliteError && /^SQLITE_(FULL|IOERR|CORRUPT|NOTADB|READONLY|NOMEM|CANTOPEN)/.test(error.code)
}

function never<Value>(): Promise<Value> {
  return new Promise<Value>(() => {})
}
