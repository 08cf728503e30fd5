/**
 * Ordered records in one encrypted file, with transactions: what the IndexedDB of the Matrix SDK stands on.
 * Synchronous, since an IndexedDB request must be answered inside its transaction.
 *
 * Keys are bytes, compared byte by byte. No key of a space is a prefix of another one, so a key with a zero byte behind it
 * stands for "right after this key".
 */
export interface StoredRecord {
  readonly key: Uint8Array
  /** Orders records of the same key; empty in a space whose keys are unique. */
  readonly subkey: Uint8Array
  readonly value: Uint8Array
}

/** Half open: keys from `from` (inclusive) up to `until` (exclusive). */
export interface RecordRange {
  readonly from: Uint8Array
  readonly until: Uint8Array
}

export interface RecordPage {
  readonly reverse: boolean
  readonly limit: number
  /** Go on behind this record, whether it still exists or not; undefined starts at the edge of the range. */
  readonly after: Pick<StoredRecord, 'key' | 'subkey'> | undefined
}

/** The records of one object store or of one index. */
export interface RecordSpace {
  first(range: RecordRange): StoredRecord | undefined
  page(range: RecordRange, page: RecordPage): readonly StoredRecord[]
  count(range: RecordRange): number
  /** Replaces the record of the same key and subkey. */
  put(record: StoredRecord): void
  remove(range: RecordRange): void
  removeOne(key: Uint8Array, subkey: Uint8Array): void
  /** The highest number the space's key generator has given out; 0 at first. */
  sequence(): number
  setSequence(sequence: number): void
}

/** An IndexedDB database as it is kept; `schema` belongs to whoever wrote it. */
export interface StoredDatabase {
  readonly name: string
  readonly version: number
  readonly schema: string
}

export interface RecordOwner {
  readonly userId: string
  readonly deviceId: string
}

/**
 * All IndexedDB databases of one account. Held against every other process from open to dispose.
 *
 * Reads and writes go to one connection, so that there is one transaction at a time over all databases; what is written
 * outside begin and commit is committed at once. Any failure of the file after it was opened ends the process, since the
 * crypto that stands above believes its writes and could not take them back.
 */
export interface RecordStore extends Disposable {
  /** Who this store belongs to; undefined while it is new. */
  readonly owner: RecordOwner | undefined
  /** Makes a new store belong to this user and device for ever. Throws if it belongs to others. */
  claim(owner: RecordOwner): void
  databases(): readonly StoredDatabase[]
  /** Creates or replaces the database; spaces it had before and that are not among `spaces` lose their records. */
  writeDatabase(database: StoredDatabase, spaces: readonly number[]): void
  removeDatabase(name: string): void
  /** An id for a new space. Nothing is stored until a `writeDatabase` names it. */
  newSpace(): number
  space(id: number): RecordSpace
  begin(): void
  /** Returns only when the transaction is on the disk. */
  commit(): void
  rollback(): void
}
