import type { RecordStore } from '../../../contracts/record-store.ts'
import type { Internals, KeyPath, RawDatabase, RawFactory, RawStore, RawTransaction } from './internals.ts'
import type { StoredRecords } from './stored-records.ts'
import type { TransactionHooks, TransactionQueue } from './transaction-queue.ts'

/** A database's object stores and indexes as they are kept; `space` is where the records lie. */
interface StoredObjectStore {
  readonly name: string
  readonly space: number
  readonly keyPath: KeyPath | null
  readonly autoIncrement: boolean
  readonly indexes: readonly {
    readonly name: string
    readonly space: number
    readonly keyPath: KeyPath
    readonly multiEntry: boolean
    readonly unique: boolean
  }[]
}

/** Keeps schemas and key generators, which the library holds in memory, in step with the records. */
export function databaseHooks(store: RecordStore, records: StoredRecords): TransactionHooks {
  return {
    beforeCommit(transaction) {
      const database = transaction.db._rawDatabase
      if (transaction.mode === 'versionchange') {
        const schema = schemaOf(database, records)
        const spaces = schema.flatMap(({ space, indexes }) => [space, ...indexes.map((index) => index.space)])
        store.writeDatabase({ name: database.name, version: database.version, schema: JSON.stringify(schema) }, spaces)
      }
      for (const { keyGenerator, space } of generatorsOf(transaction, records)) {
        if (keyGenerator.num !== space.sequence()) space.setSequence(keyGenerator.num)
      }
    },
    aroundAbort: records.ignoringChanges,
    afterRollback(transaction) {
      // the library does not take back the numbers of keys that were given explicitly
      for (const { keyGenerator, space } of generatorsOf(transaction, records)) keyGenerator.num = space.sequence()
    },
  }
}

/** Makes the library's databases as they were stored, and lets deletions reach the store. */
export function restoreDatabases(
  parts: { readonly store: RecordStore; readonly internals: Internals; readonly records: StoredRecords; readonly queue: TransactionQueue },
  factory: RawFactory,
): void {
  const databases = new StoredDatabases(parts.store, parts.queue)
  for (const { name, version, schema } of parts.store.databases()) {
    const database = new parts.internals.Database(name, version)
    for (const objectStore of JSON.parse(schema) as readonly StoredObjectStore[]) restoreObjectStore(parts, database, objectStore)
    databases.set(name, database)
  }
  factory._databases = databases
  const deleteDatabase = factory.deleteDatabase.bind(factory)
  factory.deleteDatabase = (name) => {
    const request = deleteDatabase(name)
    const dispatchEvent = request.dispatchEvent.bind(request)
    request.dispatchEvent = (event) => {
      const deletion = event.type === 'success' ? databases.deletions.get(name) : undefined
      if (!deletion) return dispatchEvent(event)
      void deletion.then(() => dispatchEvent(event))
      return true
    }
    return request
  }
}

class StoredDatabases extends Map<string, RawDatabase> {
  readonly deletions = new Map<string, Promise<void>>()
  readonly #store: RecordStore
  readonly #queue: TransactionQueue

  constructor(store: RecordStore, queue: TransactionQueue) {
    super()
    this.#store = store
    this.#queue = queue
  }

  override delete(name: string): boolean {
    const deletion = this.#queue.alone(() => {
      this.#store.removeDatabase(name)
      this.deletions.delete(name)
    })
    this.deletions.set(name, deletion)
    return super.delete(name)
  }
}

function restoreObjectStore(
  { store, internals, records }: { readonly store: RecordStore; readonly internals: Internals; readonly records: StoredRecords },
  database: RawDatabase,
  stored: StoredObjectStore,
): void {
  const objectStore = new internals.ObjectStore(database, stored.name, stored.keyPath, stored.autoIncrement)
  records.bind(objectStore.records, stored.space)
  if (objectStore.keyGenerator) objectStore.keyGenerator.num = store.space(stored.space).sequence()
  for (const { name, space, keyPath, multiEntry, unique } of stored.indexes) {
    const index = new internals.Index(objectStore, name, keyPath, multiEntry, unique)
    records.bind(index.records, space)
    index.initialized = true
    objectStore.rawIndexes.set(name, index)
  }
  database.rawObjectStores.set(stored.name, objectStore)
}

function schemaOf(database: RawDatabase, records: StoredRecords): readonly StoredObjectStore[] {
  return Array.from(database.rawObjectStores.values(), (objectStore) => ({
    name: objectStore.name,
    space: records.idOf(objectStore.records),
    keyPath: objectStore.keyPath,
    autoIncrement: objectStore.autoIncrement,
    indexes: Array.from(objectStore.rawIndexes.values(), (index) => ({
      name: index.name,
      space: records.idOf(index.records),
      keyPath: index.keyPath,
      multiEntry: index.multiEntry,
      unique: index.unique,
    })),
  }))
}

function generatorsOf(transaction: RawTransaction, records: StoredRecords) {
  const { rawObjectStores } = transaction.db._rawDatabase
  return Array.from(transaction._scope, (name) => rawObjectStores.get(name))
    .filter((objectStore): objectStore is RawStore & { readonly keyGenerator: { num: number } } => Boolean(objectStore?.keyGenerator))
    .map(({ keyGenerator, records: own }) => ({ keyGenerator, space: records.spaceOf(own) }))
}
