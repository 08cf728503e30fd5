import type { RecordStore } from '../../../contracts/record-store.ts'
import type { Internals, RawDatabase, RawTransaction } from './internals.ts'

export interface TransactionQueue {
  /** Runs `change` in a transaction of its own, as soon as none is open; later ones wait for it. Resolves when committed. */
  alone(change: () => void): Promise<void>
}

export interface TransactionHooks {
  /** Writes what only stands in memory: the last word before COMMIT. */
  readonly beforeCommit: (transaction: RawTransaction) => void
  /** Runs the library's own abort, which undoes the records by hand; here SQLite has undone them. */
  readonly aroundAbort: (abort: () => void) => void
  readonly afterRollback: (transaction: RawTransaction) => void
}

/**
 * Makes every IndexedDB transaction that may write one SQLite transaction, committed before its `complete` event, rolled
 * back before its `abort` event. Of these one runs at a time over all databases, since the store has one connection; those
 * that only read run beside it and beside each other where their object stores differ from what it writes.
 */
export function queueTransactions(store: RecordStore, internals: Internals, hooks: TransactionHooks): TransactionQueue {
  const queue = new SqliteTransactionQueue(store)
  internals.Database.prototype.processTransactions = function () {
    queue.enter(this.transactions)
  }
  const markFinished = internals.Transaction.prototype._markFinished
  internals.Transaction.prototype._markFinished = function () {
    if (queue.isWriter(this)) {
      hooks.beforeCommit(this)
      queue.commit()
    }
    markFinished.call(this)
    queue.wake()
  }
  const abort = internals.Transaction.prototype._abort
  internals.Transaction.prototype._abort = function (errorName) {
    const isWriter = queue.isWriter(this)
    if (isWriter) queue.rollback()
    hooks.aroundAbort(() => abort.call(this, errorName))
    if (isWriter) hooks.afterRollback(this)
  }
  return queue
}

class SqliteTransactionQueue implements TransactionQueue {
  readonly #store: RecordStore
  /** In the order they were made. */
  readonly #unfinished = new Set<RawTransaction>()
  readonly #changes: (() => void)[] = []
  #writer: RawTransaction | undefined
  #isAwake = false

  constructor(store: RecordStore) {
    this.#store = store
  }

  alone(change: () => void): Promise<void> {
    return new Promise((resolve) => {
      this.#changes.push(() => {
        this.#store.begin()
        change()
        this.#store.commit()
        resolve()
      })
      this.wake()
    })
  }

  enter(transactions: readonly RawTransaction[]): void {
    for (const transaction of transactions) {
      if (!transaction._started && transaction._state !== 'finished') this.#unfinished.add(transaction)
    }
    this.wake()
  }

  /** A transaction begins after the task that made it, so that every request of that task belongs to it. */
  wake(): void {
    if (this.#isAwake) return
    this.#isAwake = true
    setImmediate(() => {
      this.#isAwake = false
      this.#startNext()
    })
  }

  isWriter(transaction: RawTransaction): boolean {
    return this.#writer === transaction
  }

  commit(): void {
    this.#store.commit()
    this.#writer = undefined
  }

  rollback(): void {
    this.#store.rollback()
    this.#writer = undefined
  }

  #startNext(): void {
    if (!this.#writer) for (const change of this.#changes.splice(0)) change()
    const ahead: RawTransaction[] = []
    // a copy: what a handler adds now must not begin within the handler's own task
    for (const transaction of Array.from(this.#unfinished)) {
      if (transaction._state === 'finished') {
        this.#unfinished.delete(transaction)
        continue
      }
      const mayWrite = transaction.mode !== 'readonly'
      const isFree = !transaction._started && !(mayWrite && this.#writer) && !ahead.some((other) => excludes(other, transaction))
      ahead.push(transaction)
      if (isFree) this.#start(transaction)
    }
  }

  #start(transaction: RawTransaction): void {
    if (transaction.mode !== 'readonly') {
      this.#store.begin()
      this.#writer = transaction
    }
    transaction._start()
  }
}

function excludes(one: RawTransaction, other: RawTransaction): boolean {
  if (one.mode === 'readonly' && other.mode === 'readonly') return false
  return databaseOf(one) === databaseOf(other) && !one._scope.isDisjointFrom(other._scope)
}

function databaseOf(transaction: RawTransaction): RawDatabase {
  return transaction.db._rawDatabase
}
