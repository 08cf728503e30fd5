/**
 * What we hook inside fake-indexeddb. Its package declares none of it, so its version is pinned exactly and `parseInternals`
 * looks before anything is hooked.
 */
export interface RawRecord {
  key: unknown
  readonly value: unknown
}

/** The records of one object store or index; the methods are the ones we replace. */
export interface RawRecords {
  /** True for object stores and unique indexes: one record for each key. */
  readonly keysAreUnique: boolean
}

export interface RecordsMethods {
  get: (this: RawRecords, keyOrRange: unknown) => RawRecord | undefined
  put: (this: RawRecords, record: RawRecord, noOverwrite?: boolean) => RawRecord | undefined
  delete: (this: RawRecords, keyOrRange: unknown) => readonly RawRecord[]
  deleteByKeyAndValue: (this: RawRecords, key: unknown, value: unknown) => void
  clear: (this: RawRecords) => readonly RawRecord[]
  values: (this: RawRecords, range?: RawKeyRange, direction?: string) => Iterable<RawRecord>
  size: (this: RawRecords) => number
}

export interface RawKeyRange {
  readonly lower: unknown
  readonly upper: unknown
  readonly lowerOpen: boolean
  readonly upperOpen: boolean
}

export type KeyPath = string | readonly string[]

interface RawIndex {
  readonly name: string
  readonly keyPath: KeyPath
  readonly multiEntry: boolean
  readonly unique: boolean
  readonly records: RawRecords
  initialized: boolean
}

export interface RawStore {
  readonly name: string
  readonly keyPath: KeyPath | null
  readonly autoIncrement: boolean
  readonly records: RawRecords
  readonly rawIndexes: Map<string, RawIndex>
  readonly keyGenerator: { num: number } | null
}

export interface RawDatabase {
  readonly name: string
  readonly version: number
  readonly transactions: readonly RawTransaction[]
  readonly rawObjectStores: Map<string, RawStore>
}

export interface RawTransaction {
  readonly mode: 'readonly' | 'readwrite' | 'versionchange'
  readonly db: { readonly _rawDatabase: RawDatabase }
  readonly _scope: ReadonlySet<string>
  readonly _started: boolean
  readonly _state: 'active' | 'inactive' | 'committing' | 'finished'
  _start(): void
}

interface TransactionMethods {
  _abort: (this: RawTransaction, errorName: string | null) => void
  _markFinished: (this: RawTransaction) => void
}

export interface RawCursor {
  readonly source: { readonly _rawObjectStore: RawStore } | { readonly _rawIndex: RawIndex }
  readonly direction: 'next' | 'nextunique' | 'prev' | 'prevunique'
  readonly _range: RawKeyRange | undefined
  readonly _position: unknown
  readonly _objectStorePosition: unknown
}

interface CursorMethods {
  _iterate: (this: RawCursor, key?: unknown, primaryKey?: unknown) => unknown
}

export interface RawFactory {
  _databases: Map<string, RawDatabase>
  deleteDatabase(name: string): RawRequest
}

interface RawRequest {
  dispatchEvent(event: { readonly type: string }): boolean
}

export interface Internals {
  readonly RecordStore: { readonly prototype: RecordsMethods; new (keysAreUnique: boolean): RawRecords }
  readonly ObjectStore: {
    readonly prototype: { count: (this: RawStore, range: RawKeyRange | undefined) => number }
    new (database: RawDatabase, name: string, keyPath: KeyPath | null, autoIncrement: boolean): RawStore
  }
  readonly Index: {
    readonly prototype: { count: (this: RawIndex, range: RawKeyRange | undefined) => number }
    // the library's own order
    new (store: RawStore, ...rest: readonly [name: string, keyPath: KeyPath, multiEntry: boolean, unique: boolean]): RawIndex
  }
  readonly Database: {
    readonly prototype: { processTransactions: (this: RawDatabase) => void }
    new (name: string, version: number): RawDatabase
  }
  readonly Transaction: { readonly prototype: TransactionMethods }
  readonly Cursor: { readonly prototype: CursorMethods }
  readonly KeyRange: new (...bounds: never) => RawKeyRange
  readonly Factory: new () => RawFactory
}

/** Loads the classes, the public ones and those that only stand in files of the package. */
export async function loadInternals(): Promise<{ readonly publicNames: Readonly<Record<string, unknown>>; readonly internals: Internals }> {
  const address = import.meta.resolve('fake-indexeddb')
  const load = async (path: string): Promise<Readonly<Record<string, unknown>>> => import(new URL(path, address).href)
  const [entry, records, store, index, database] = await Promise.all(
    ['', './lib/RecordStore.js', './lib/ObjectStore.js', './lib/Index.js', './lib/Database.js'].map(load),
  )
  const internals = parseInternals({
    RecordStore: records?.['default'],
    ObjectStore: store?.['default'],
    Index: index?.['default'],
    Database: database?.['default'],
    Transaction: entry?.['IDBTransaction'],
    Cursor: entry?.['IDBCursor'],
    KeyRange: entry?.['IDBKeyRange'],
    Factory: entry?.['IDBFactory'],
  })
  return { publicNames: entry ?? {}, internals }
}

/** Throws, naming the first thing that is missing, unless the classes have what is hooked. */
export function parseInternals(found: Readonly<Record<keyof Internals, unknown>>): Internals {
  for (const [name, methods] of Object.entries(hookedMethods)) {
    const candidate = found[name as keyof Internals]
    demand(typeof candidate === 'function', name)
    for (const method of methods) demand(typeof candidate.prototype?.[method] === 'function', `${name}.${method}`)
  }
  const internals = found as unknown as Internals
  const database = new internals.Database('probe', 1)
  demand(Array.isArray(database.transactions) && database.rawObjectStores instanceof Map, 'the fields of Database')
  const store = new internals.ObjectStore(database, 'probe', null, true)
  demand(store.records instanceof internals.RecordStore && store.rawIndexes instanceof Map, 'the fields of ObjectStore')
  demand(store.keyGenerator?.num === 0, 'ObjectStore.keyGenerator')
  const index = new internals.Index(store, 'probe', 'path', true, true)
  demand(index.records instanceof internals.RecordStore && index.initialized === false, 'the fields of Index')
  demand(index.keyPath === 'path' && index.multiEntry && index.unique, 'the arguments of Index')
  demand(index.records.keysAreUnique && !new internals.RecordStore(false).keysAreUnique, 'RecordStore.keysAreUnique')
  demand(new internals.Factory()._databases instanceof Map, 'IDBFactory._databases')
  return internals
}

const hookedMethods: Readonly<Record<keyof Internals, readonly string[]>> = {
  RecordStore: ['get', 'put', 'delete', 'deleteByKeyAndValue', 'clear', 'values', 'size'],
  ObjectStore: ['count'],
  Index: ['count'],
  Database: ['processTransactions'],
  Transaction: ['_start', '_abort', '_markFinished'],
  Cursor: ['_iterate'],
  KeyRange: ['includes'],
  Factory: ['deleteDatabase'],
}

function demand(condition: boolean, what: string): asserts condition {
  if (condition) return
  throw new Error(
    `The crypto store is built on fake-indexeddb 6.2.8, and the installed one differs (${what}). Install the locked packages again with npm ci.`,
  )
}
