import type { RecordStore } from '../../../contracts/record-store.ts'
import { loadInternals } from './internals.ts'
import { databaseHooks, restoreDatabases } from './stored-databases.ts'
import { storeRecordsIn } from './stored-records.ts'
import { queueTransactions } from './transaction-queue.ts'

const { internals, publicNames } = await loadInternals()
let isInstalled = false

/**
 * Gives this process an IndexedDB whose records lie in the store: `globalThis.indexedDB` and all `IDB*` classes. A
 * transaction is on the disk before its `complete` event fires.
 *
 * Once per process, before the Matrix SDK's crypto is set up, since the SDK finds its database through the globals. Throws
 * when it was called before, or when the installed fake-indexeddb is not the one this was written for.
 */
export function installIndexedDb(store: RecordStore): void {
  if (isInstalled) throw new Error('this process has its IndexedDB already')
  isInstalled = true
  const records = storeRecordsIn(store, internals)
  const queue = queueTransactions(store, internals, databaseHooks(store, records))
  const factory = new internals.Factory()
  restoreDatabases({ store, internals, records, queue }, factory)
  for (const [name, value] of Object.entries(publicNames)) if (name.startsWith('IDB')) defineGlobal(name, value)
  defineGlobal('indexedDB', factory)
}

function defineGlobal(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, enumerable: false, configurable: true, writable: true })
}
