import type { EdgeStore } from '../contracts/edge-store.ts'
import type { CrashPoints, Log } from '../contracts/platform.ts'
import type { Result } from '../contracts/result.ts'
import type { Seals } from '../contracts/tenant-stores.ts'
import { openDatabase } from './database.ts'
import type { DataFault } from './data-fault.ts'
import { SqliteEdgeFacts } from './edge-facts.ts'
import { SqliteInbox } from './edge-inbox.ts'
import { SqliteOutbox } from './edge-outbox.ts'
import { edgeMigrations } from './edge-schema.ts'
import { SqliteSyncStore } from './edge-sync.ts'
import { FailStopTransactions } from './edge-transactions.ts'
import { SettledEvents } from './settled-events.ts'

export interface EdgeStoreOptions {
  readonly file: string
  readonly key: Uint8Array
  readonly seals: Seals
  readonly crashPoints: CrashPoints
  /** Must end the process: after it was called, no promise of the store settles any more. */
  readonly onFatal: (error: Error) => void
  /** Told of sealed rows that do not open any more, by id. */
  readonly log?: Log
  /** ms since the epoch; default the clock. */
  readonly now?: () => number
}

/** Opens or creates edge.db. Its transactions run on this thread, in well under a millisecond each. */
export function openEdgeStore(options: EdgeStoreOptions): Result<EdgeStore, DataFault> {
  const opened = openDatabase({
    file: options.file,
    key: options.key,
    migrations: edgeMigrations,
    synchronous: 'full',
    probe: 'whole',
  })
  if (!opened.ok) return opened
  const database = opened.value
  const now = options.now ?? Date.now
  const transactions = new FailStopTransactions(database, options.crashPoints, options.onFatal)
  const settled = new SettledEvents(database.connection)
  return {
    ok: true,
    value: {
      sync: new SqliteSyncStore(transactions, settled, now),
      inbox: new SqliteInbox(transactions, settled, now),
      outbox: new SqliteOutbox(transactions, settled, { seals: options.seals, log: options.log, now }),
      facts: new SqliteEdgeFacts(transactions),
      [Symbol.asyncDispose]: async () => database[Symbol.dispose](),
    },
  }
}
