/** As much of IndexedDB's interface as the tests call, and promises over its events. */
export interface Db {
  readonly version: number
  readonly objectStoreNames: Iterable<string>
  createObjectStore(name: string, options?: { readonly keyPath?: string; readonly autoIncrement?: boolean }): DbStore
  deleteObjectStore(name: string): void
  transaction(names: string | readonly string[], mode?: 'readonly' | 'readwrite'): DbTransaction
  close(): void
}

export interface DbTransaction {
  readonly error: { readonly name: string } | null
  oncomplete: (() => void) | null
  onabort: (() => void) | null
  objectStore(name: string): DbStore
  abort(): void
}

export interface DbSource {
  get(key: unknown): DbRequest
  getKey(key: unknown): DbRequest
  getAll(query?: unknown, count?: number): DbRequest
  getAllKeys(query?: unknown, count?: number): DbRequest
  getAllRecords(options: {
    readonly query: unknown
    readonly count: number
    readonly direction: string
  }): DbRequest<readonly { readonly key: unknown; readonly primaryKey: unknown; readonly value: unknown }[]>
  count(query?: unknown): DbRequest<number>
  openCursor(query?: unknown, direction?: string): DbRequest<DbCursor | null>
  openKeyCursor(query?: unknown, direction?: string): DbRequest<DbCursor | null>
}

interface DbStore extends DbSource {
  readonly transaction: DbTransaction
  add(value: unknown, key?: unknown): DbRequest
  put(value: unknown, key?: unknown): DbRequest
  delete(key: unknown): DbRequest
  clear(): DbRequest
  createIndex(
    name: string,
    keyPath: string | readonly string[],
    options?: { readonly unique?: boolean; readonly multiEntry?: boolean },
  ): DbSource
  deleteIndex(name: string): void
  index(name: string): DbSource
}

export interface DbCursor {
  readonly key: unknown
  readonly primaryKey: unknown
  readonly value?: unknown
  continue(key?: unknown): void
  continuePrimaryKey(key: unknown, primaryKey: unknown): void
  advance(count: number): void
  update(value: unknown): DbRequest
  delete(): DbRequest
}

export interface DbRequest<Value = unknown> {
  readonly result: Value
  readonly error: { readonly name: string } | null
  onsuccess: (() => void) | null
  onerror: ((event: { preventDefault(): void; stopPropagation(): void }) => void) | null
}

export interface DbFactory {
  open(
    name: string,
    version?: number,
  ): DbRequest<Db> & { readonly transaction: DbTransaction; onupgradeneeded: ((event: { readonly oldVersion: number }) => void) | null }
  deleteDatabase(name: string): DbRequest
  databases(): Promise<readonly { readonly name: string; readonly version: number }[]>
  cmp(first: unknown, second: unknown): number
}

interface KeyRanges {
  only(key: unknown): unknown
  lowerBound(key: unknown, open?: boolean): unknown
  upperBound(key: unknown, open?: boolean): unknown
  bound(lower: unknown, upper: unknown, lowerOpen?: boolean, upperOpen?: boolean): unknown
}

export interface IndexedDbGlobals {
  readonly indexedDB: DbFactory
  readonly IDBKeyRange: KeyRanges
}

/** What `installIndexedDb` has put on the global object. */
export function installedIndexedDb(): IndexedDbGlobals {
  return globalThis as unknown as IndexedDbGlobals
}

export function result<Value>(request: DbRequest<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      resolve(request.result)
    }
    request.onerror = () => {
      reject(new Error(request.error?.name))
    }
  })
}

export function finished(transaction: DbTransaction): Promise<'complete' | 'abort'> {
  return new Promise((resolve) => {
    transaction.oncomplete = () => {
      resolve('complete')
    }
    transaction.onabort = () => {
      resolve('abort')
    }
  })
}

export function openDb(
  factory: DbFactory,
  at: { readonly name: string; readonly version?: number },
  upgrade?: (db: Db, transaction: DbTransaction, oldVersion: number) => void,
): Promise<Db> {
  const request = factory.open(at.name, at.version)
  request.onupgradeneeded = ({ oldVersion }) => upgrade?.(request.result, request.transaction, oldVersion)
  return result(request)
}
