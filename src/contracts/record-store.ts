/**
 * Records of the crypto store: what an IndexedDB of the Matrix SDK needs, on one encrypted SQLite file per IndexedDB database.
 * Synchronous, since an IndexedDB request must be answered inside its transaction. Keys are order-preserving bytes.
 */
export interface StoredRecord {
  readonly key: Uint8Array
  readonly primaryKey: Uint8Array
  readonly rawKey: Uint8Array
  readonly value: Uint8Array
}

export interface KeyRange {
  readonly lower: Uint8Array | undefined
  readonly lowerOpen: boolean
  readonly upper: Uint8Array | undefined
  readonly upperOpen: boolean
}

export interface RecordSpace {
  first(range: KeyRange): StoredRecord | undefined
  put(record: StoredRecord): void
  remove(range: KeyRange): readonly StoredRecord[]
  removeOne(key: Uint8Array, primaryKey: Uint8Array): void
  clear(): readonly StoredRecord[]
  count(range: KeyRange): number
  /** At most `limit` records from `after` (exclusive) on, in order or in reverse. */
  page(
    range: KeyRange,
    options: { readonly reverse: boolean; readonly limit: number; readonly after: readonly [Uint8Array, Uint8Array] | undefined },
  ): readonly StoredRecord[]
}

export interface RecordDatabase {
  readonly name: string
  /** Opens or creates the records of a store (`index` empty) or of one of its indexes. */
  space(store: string, index: string): RecordSpace
  dropSpace(store: string, index: string): void
  spaces(): readonly { readonly store: string; readonly index: string }[]
  readSchema(): { readonly version: number; readonly schema: Uint8Array } | undefined
  writeSchema(version: number, schema: Uint8Array): void
  /** One SQLite transaction. A failed commit ends the process: the Rust side already believes the write. */
  begin(): void
  commit(): void
  rollback(): void
  readonly inTransaction: boolean
}

/** All IndexedDB databases of one account, each a connection of its own; held by an advisory lock from open to dispose. */
export interface RecordStore extends Disposable {
  /** Who this store belongs to; undefined while new. Read before anything else is opened. */
  readonly owner: { readonly userId: string; readonly deviceId: string } | undefined
  claim(owner: { readonly userId: string; readonly deviceId: string }): void
  names(): readonly string[]
  open(name: string): RecordDatabase
  remove(name: string): void
}
