import type { RecordOwner, RecordSpace, RecordStore, StoredDatabase } from '../contracts/record-store.ts'
import type { Result } from '../contracts/result.ts'
import { DataError, dataFaultOf, type DataFault } from './data-fault.ts'
import { openDatabase, type Connection, type Database } from './database.ts'
import { prepareSpaces } from './record-space.ts'

export interface RecordStoreOptions {
  /** The one file of the store; its `-wal` and `-shm` lie beside it while it is open. */
  readonly file: string
  /** 32 random bytes. */
  readonly key: Uint8Array
  /**
   * Ends the process. Called when the file fails after it was opened, a failed COMMIT above all, before anything could
   * take the write for done: with a `DataError` whose sentence names the cure, or with what SQLite threw.
   */
  readonly onFatal: (error: Error) => never
}

/**
 * Opens or creates the crypto store and takes its lock, which dies with the process however that ends. All IndexedDB
 * databases of an account share the one file: a space of records for each object store and index.
 *
 * Expected trouble is a `DataFault`: `locked` when any process (this one too) holds the store, `wrong-key`, `newer-schema`,
 * `damaged`, `unreadable`, `no-space`. The lock is a POSIX lock on the file: while the store is open, nothing else in this
 * process may open and close that file, since a close drops every lock the process has on it.
 */
export function openRecordStore(options: RecordStoreOptions): Result<RecordStore, DataFault> {
  const opened = openDatabase({
    file: options.file,
    key: options.key,
    migrations,
    // the private half of a key must outlive a power cut once the public half has left the machine
    synchronous: 'full',
    // every session ever received is kept: reading them all would make each start slower than the one before
    probe: 'schema',
    busyTimeoutMs: 0,
  })
  if (!opened.ok) return { ok: false, error: withOwnCure(opened.error) }
  try {
    takeLock(opened.value.connection)
    return { ok: true, value: new SqliteRecordStore(opened.value, options) }
  } catch (error) {
    opened.value[Symbol.dispose]()
    const fault = dataFaultOf(error, options.file)
    if (!fault) throw error
    return { ok: false, error: withOwnCure(fault) }
  }
}

const migrations = [
  `create table owner (id integer primary key check (id = 1), user_id text not null, device_id text not null);
   create table databases (name text primary key, version integer not null, schema text not null) without rowid;
   create table spaces (id integer primary key, database text not null references databases (name), sequence integer not null default 0);
   -- with rowids, unlike the others: values of several kB in the key's own tree make it deep, larger by half and slower to write
   create table records (space integer not null, key blob not null, subkey blob not null, value blob not null,
     primary key (space, key, subkey));
   create table lock (id integer primary key check (id = 1), taken integer not null);`,
]

function takeLock(connection: Connection): void {
  connection.pragma('cache_size = -8000')
  connection.pragma('locking_mode = exclusive')
  // exclusive locking begins with the first write and ends with the connection
  connection.exec('begin immediate; insert into lock values (1, 1) on conflict do update set taken = taken + 1; commit')
  // a killed process leaves its log behind, and every later start would read it again
  connection.pragma('journal_size_limit = 4194304')
  connection.pragma('wal_checkpoint(truncate)')
}

class SqliteRecordStore implements RecordStore {
  readonly #database: Database
  readonly #options: RecordStoreOptions
  readonly #space: (id: number) => RecordSpace
  #nextSpace: number
  #owner: RecordOwner | undefined

  constructor(database: Database, options: RecordStoreOptions) {
    this.#database = database
    this.#options = options
    this.#space = prepareSpaces(database.connection, this.#guarded)
    const last = database.connection.prepare<[], { last: number }>('select coalesce(max(id), 0) as last from spaces').get()
    this.#nextSpace = (last?.last ?? 0) + 1
    this.#owner = database.connection
      .prepare<[], { userId: string; deviceId: string }>('select user_id as userId, device_id as deviceId from owner')
      .get()
    // read once here, so that a damaged page shows as a fault of opening
    this.#readDatabases()
  }

  get owner(): RecordOwner | undefined {
    return this.#owner
  }

  claim(owner: RecordOwner): void {
    const current = this.#owner
    if (current) {
      if (current.userId === owner.userId && current.deviceId === owner.deviceId) return
      throw new Error(`the crypto store belongs to ${current.userId} (${current.deviceId})`)
    }
    this.#guarded(() => {
      this.#database.connection.prepare('insert into owner values (1, ?, ?)').run(owner.userId, owner.deviceId)
    })
    this.#owner = { userId: owner.userId, deviceId: owner.deviceId }
  }

  databases(): readonly StoredDatabase[] {
    return this.#guarded(() => this.#readDatabases())
  }

  writeDatabase(database: StoredDatabase, spaces: readonly number[]): void {
    this.#guarded(() => {
      const { connection } = this.#database
      connection
        .prepare('insert into databases values (?, ?, ?) on conflict do update set version = excluded.version, schema = excluded.schema')
        .run(database.name, database.version, database.schema)
      this.#dropSpaces(database.name, spaces)
      const add = connection.prepare('insert into spaces (id, database) values (?, ?) on conflict do nothing')
      for (const id of spaces) add.run(id, database.name)
    })
  }

  removeDatabase(name: string): void {
    this.#guarded(() => {
      this.#dropSpaces(name, [])
      this.#database.connection.prepare('delete from databases where name = ?').run(name)
    })
  }

  newSpace(): number {
    return this.#nextSpace++
  }

  space(id: number): RecordSpace {
    return this.#space(id)
  }

  begin(): void {
    this.#guarded(() => this.#database.connection.exec('begin immediate'))
  }

  commit(): void {
    this.#guarded(() => this.#database.connection.exec('commit'))
  }

  rollback(): void {
    this.#guarded(() => this.#database.connection.exec('rollback'))
  }

  [Symbol.dispose](): void {
    this.#database[Symbol.dispose]()
  }

  #readDatabases(): readonly StoredDatabase[] {
    return this.#database.connection.prepare<[], StoredDatabase>('select name, version, schema from databases order by name').all()
  }

  #dropSpaces(database: string, kept: readonly number[]): void {
    const { connection } = this.#database
    const known = connection.prepare<[string], { id: number }>('select id from spaces where database = ?').all(database)
    for (const { id } of known) {
      if (kept.includes(id)) continue
      connection.prepare('delete from records where space = ?').run(id)
      connection.prepare('delete from spaces where id = ?').run(id)
    }
  }

  readonly #guarded = <Value>(work: () => Value): Value => {
    try {
      return work()
    } catch (error) {
      const fault = dataFaultOf(error, this.#options.file)
      if (fault) return this.#options.onFatal(new DataError(withOwnCure(fault), { cause: error }))
      if (isSqliteError(error)) return this.#options.onFatal(error)
      throw error
    }
  }
}

/** The usual cure, a backup, would be poison here: the keys of an older copy have moved on, and two of them must never run. */
function withOwnCure(fault: DataFault): DataFault {
  const { file } = fault
  const startAgain =
    'move the file away and start again: with the recovery key, AI Ops comes back as a new, signed device and reads the past from the key backup. Never put back an older copy, it would send with keys that were used already.'
  switch (fault.code) {
    case 'damaged':
      return { ...fault, sentence: `${file} is damaged: ${startAgain}` }
    case 'wrong-key':
      return {
        ...fault,
        sentence: `${file} does not open with this key: give the master key this data home was made with. If the key is right, the first page is damaged: ${startAgain}`,
      }
    case 'newer-schema':
      return { ...fault, sentence: `${file} was written by a newer version of AI Ops: install that version.` }
    case 'locked':
    case 'no-space':
    case 'unreadable':
    case 'worker-lost':
      return fault
  }
}

function isSqliteError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'SqliteError'
}
