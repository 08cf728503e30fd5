import { closeSync, existsSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import Sqlite from 'better-sqlite3-multiple-ciphers'
import type { Result } from '../contracts/result.ts'
import { dataFault, dataFaultOf, type DataFault } from './data-fault.ts'

/** A connection of the SQLite library; stays inside `src/data`. */
export type Connection = Sqlite.Database

/** One step forward of a file's schema. Steps that were released are never edited, only followed by others. */
export type Migration = string | ((connection: Connection) => void)

export interface DatabaseOptions {
  readonly file: string
  /** 32 random bytes, used as they are: a passphrase would run a key derivation of 100 ms and more at every open. */
  readonly key: Uint8Array
  readonly migrations: readonly Migration[]
  /** Of every commit that says nothing else. */
  readonly synchronous: Durability
  /** whole: every page is read and checked at open, for small files; schema: the first pages only, the others when they are used. */
  readonly probe: 'whole' | 'schema'
  /** How long a statement waits for another connection's lock; default 5,000. */
  readonly busyTimeoutMs?: number
}

/** Called right before and right after the COMMIT of one transaction. */
export interface CommitPoints {
  readonly before: () => void
  readonly after: () => void
}

/**
 * full: a commit outlives a power cut. normal: it outlives the process, and a power cut may take it back together with
 * every later one, never out of order; the next full commit makes it last.
 */
export type Durability = 'full' | 'normal'

/** COMMIT itself failed: nobody can know what the disk holds, so the process must not go on with what it believes. */
export class CommitError extends Error {
  override readonly name = 'CommitError'
}

/** An encrypted SQLite file, opened; closing it is the owner's duty. */
export interface Database extends Disposable {
  readonly file: string
  readonly connection: Connection
  /**
   * Runs `work` inside one immediate transaction. What `work` throws rolls back and comes through; a failing COMMIT
   * throws a `CommitError`.
   */
  transaction<Value>(work: () => Value, options?: TransactionOptions): Value
}

export interface TransactionOptions {
  readonly points?: CommitPoints | undefined
  /** Default: as the file was opened. */
  readonly durability?: Durability | undefined
}

/**
 * Opens or creates an encrypted SQLite file (mode 0600, WAL, deleted bytes overwritten) and brings its schema forward.
 * Every expected trouble is a `DataFault`; a file with a newer schema is refused before a byte of it changes.
 */
export function openDatabase(options: DatabaseOptions): Result<Database, DataFault> {
  let connection: Connection | undefined
  try {
    prepareFile(options.file)
    connection = new Sqlite(options.file, { timeout: options.busyTimeoutMs ?? 5_000 })
    const fault = unlock(connection, options) ?? settings(connection, options)
    if (fault) {
      connection.close()
      return { ok: false, error: fault }
    }
    return { ok: true, value: new SqliteDatabase(options, connection) }
  } catch (error) {
    connection?.close()
    const fault = dataFaultOf(error, options.file)
    if (!fault) throw error
    return { ok: false, error: fault }
  }
}

function prepareFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  // a file that exists is left alone: closing a descriptor of it would drop every lock this process has on it
  if (existsSync(file)) return
  // made before SQLite makes it, since the WAL beside it inherits the mode
  closeSync(openSync(file, 'a', 0o600))
}

function unlock(connection: Connection, options: DatabaseOptions): DataFault | undefined {
  if (options.key.length !== 32) throw new RangeError('a database key has 32 bytes')
  connection.pragma("cipher='sqlcipher'")
  connection.pragma(`key="x'${Buffer.from(options.key).toString('hex')}'"`)
  // the first read of the file: this is where a key that does not fit shows
  const version = schemaVersion(connection)
  if (version > options.migrations.length) {
    return dataFault('newer-schema', options.file, `schema ${version}, this version knows ${options.migrations.length}`)
  }
  return undefined
}

function settings(connection: Connection, options: DatabaseOptions): DataFault | undefined {
  connection.pragma('journal_mode = wal')
  connection.pragma(`synchronous = ${options.synchronous}`)
  connection.pragma('secure_delete = on')
  connection.pragma('foreign_keys = on')
  // spilled sorts would lie unencrypted in the system's temporary folder
  connection.pragma('temp_store = memory')
  if (options.probe === 'whole') {
    const verdict = connection.pragma('quick_check(1)', { simple: true })
    if (verdict !== 'ok') return dataFault('damaged', options.file, String(verdict).replaceAll('\n', ' '))
  }
  migrate(connection, options.migrations)
  return undefined
}

function migrate(connection: Connection, migrations: readonly Migration[]): void {
  for (let version = schemaVersion(connection); version < migrations.length; version = schemaVersion(connection)) {
    const migration = migrations[version]
    connection
      .transaction(() => {
        if (typeof migration === 'string') connection.exec(migration)
        else migration?.(connection)
        connection.pragma(`user_version = ${version + 1}`)
      })
      .immediate()
  }
}

function schemaVersion(connection: Connection): number {
  return Number(connection.pragma('user_version', { simple: true }))
}

class SqliteDatabase implements Database {
  readonly file: string
  readonly connection: Connection
  readonly #usual: Durability
  #current: Durability

  constructor({ file, synchronous }: Pick<DatabaseOptions, 'file' | 'synchronous'>, connection: Connection) {
    this.file = file
    this.connection = connection
    this.#usual = synchronous
    this.#current = synchronous
  }

  transaction<Value>(work: () => Value, { points, durability = this.#usual }: TransactionOptions = {}): Value {
    this.#use(durability)
    this.connection.exec('begin immediate')
    let value: Value
    try {
      value = work()
      points?.before()
    } catch (error) {
      this.#rollback()
      throw error
    }
    try {
      this.connection.exec('commit')
    } catch (error) {
      this.#rollback()
      throw new CommitError(`a commit to ${this.file} failed`, { cause: error })
    }
    points?.after()
    return value
  }

  [Symbol.dispose](): void {
    this.connection.close()
  }

  #use(durability: Durability): void {
    if (durability === this.#current) return
    this.connection.exec(`pragma synchronous = ${durability}`)
    this.#current = durability
  }

  #rollback(): void {
    try {
      // SQLite has rolled back by itself after a full disk or an I/O error
      if (this.connection.inTransaction) this.connection.exec('rollback')
    } catch {
      // the error that led here says more than this one
    }
  }
}
