import { getCompileCacheDir } from 'node:module'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { TenantId } from '../contracts/ids.ts'
import type { TenantStore, TenantStores } from '../contracts/tenant-stores.ts'
import { DataError, type DataFault } from './data-fault.ts'
import type { TenantAnswer, TenantCalls, TenantMethod, TenantRequest } from './tenant-protocol.ts'

export interface TenantStoresOptions {
  /** The folder `tenants` of the data home; a tenant's file is `<id>.db` in it. */
  readonly folder: string
  /** The tenant's 32-byte key; asked for at each opening of its file. */
  readonly keyOf: (tenant: TenantId) => Uint8Array
  /** How many files stay open; default 32, since each costs about 2 MB and opening one about a millisecond. */
  readonly openFiles?: number
  readonly startWorker?: () => Worker
}

/** Starts the worker thread that holds tenants' files. No file is touched before a store's first call. */
export function openTenantStores(options: TenantStoresOptions): TenantStores {
  return new WorkerTenantStores(options)
}

const tenantPattern = /^[a-z0-9][a-z0-9-]{0,39}$/
/** A worker that dies twice within this time is not started again: the cause lies in the data or the machine. */
const restartPauseMs = 60_000

interface PendingCall {
  readonly tenant: TenantId
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

class WorkerTenantStores implements TenantStores {
  readonly #options: TenantStoresOptions
  readonly #stores = new Map<TenantId, TenantStore>()
  readonly #pending = new Map<number, PendingCall>()
  /** Files the worker has open, the least recently used first. */
  readonly #open = new Set<TenantId>()
  #worker: Worker | undefined
  #exited: Promise<void> = Promise.resolve()
  #nextId = 1
  #lastDeathAt: number | undefined
  #stopping = false

  constructor(options: TenantStoresOptions) {
    this.#options = options
    this.#start()
  }

  open(id: TenantId): TenantStore {
    if (!tenantPattern.test(id)) throw new RangeError('not a tenant id')
    const known = this.#stores.get(id)
    if (known) return known
    const store = this.#bind(id)
    this.#stores.set(id, store)
    return store
  }

  /** Waits for the calls on their way, then closes all files. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping = true
    this.#worker?.postMessage({ kind: 'stop' } satisfies TenantRequest)
    await this.#exited
  }

  #bind(id: TenantId): TenantStore {
    const call = <Method extends TenantMethod>(method: Method, ...params: Parameters<TenantCalls[Method]>) =>
      this.#call(id, method, params) as Promise<ReturnType<TenantCalls[Method]>>
    return {
      id,
      ledger: {
        beginAttempt: (turn) => call('ledger.beginAttempt', turn),
        openCall: (opening, limits) => call('ledger.openCall', opening, limits),
        endCall: (key, ending) => call('ledger.endCall', key, ending),
        endOrphans: () => call('ledger.endOrphans'),
        rows: (since) => call('ledger.rows', since),
      },
      allowances: {
        use: (limits, except) => call('allowances.use', limits, except),
        grant: (grant) => call('allowances.grant', grant),
      },
      context: {
        recall: (request) => call('context.recall', request),
        remember: (roomId, threadRoot, messages) => call('context.remember', roomId, threadRoot, messages),
        startTopic: (roomId, threadRoot, at) => call('context.startTopic', roomId, threadRoot, at),
        amend: (eventId, text) => call('context.amend', eventId, text),
      },
      traces: {
        write: (trace) => call('traces.write', trace),
        recent: (limit) => call('traces.recent', limit),
      },
      incidents: {
        record: (incident, since) => call('incidents.record', incident, since),
        list: (since) => call('incidents.list', since),
      },
      questions: {
        keep: (question) => call('questions.keep', question),
        last: (roomId, member, since) => call('questions.last', roomId, member, since),
        asked: (turn, at) => call('questions.asked', turn, at),
        find: (turn) => call('questions.find', turn),
        answer: (turn, answer) => call('questions.answer', turn, answer),
        forget: (eventId) => call('questions.forget', eventId),
        isAllowed: (member, text) => call('questions.isAllowed', member, text),
      },
      audit: {
        append: (entry) => call('audit.append', entry),
        list: (since) => call('audit.list', since),
        read: (range) => call('audit.read', range),
        verify: (anchor) => call('audit.verify', anchor),
      },
    }
  }

  #call(tenant: TenantId, method: TenantMethod, params: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const worker = this.#worker
      if (!worker || this.#stopping) {
        reject(new DataError(this.#workerLost(tenant)))
        return
      }
      this.#makeOpen(worker, tenant)
      const id = this.#nextId++
      worker.postMessage({ kind: 'call', id, tenant, method, params } satisfies TenantRequest)
      this.#pending.set(id, { tenant, resolve, reject })
    })
  }

  #makeOpen(worker: Worker, tenant: TenantId): void {
    if (!this.#open.delete(tenant)) {
      const key = this.#options.keyOf(tenant)
      worker.postMessage({ kind: 'open', tenant, file: this.#fileOf(tenant), key } satisfies TenantRequest)
    }
    this.#open.add(tenant)
    const [oldest] = this.#open
    if (oldest !== undefined && this.#open.size > (this.#options.openFiles ?? 32)) {
      this.#open.delete(oldest)
      worker.postMessage({ kind: 'close', tenant: oldest } satisfies TenantRequest)
    }
  }

  #start(): void {
    const worker = (this.#options.startWorker ?? startTenantWorker)()
    this.#worker = worker
    worker.on('message', (answer: TenantAnswer) => this.#settle(answer))
    // without a listener the error of a dying worker would end this process; `exit` follows it
    worker.on('error', () => {})
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#afterDeath()
        resolve()
      })
    })
  }

  #settle(answer: TenantAnswer): void {
    const call = this.#pending.get(answer.id)
    if (!call) return
    this.#pending.delete(answer.id)
    switch (answer.kind) {
      case 'value':
        call.resolve(answer.value)
        break
      case 'fault':
        this.#open.delete(call.tenant)
        call.reject(new DataError(answer.fault))
        break
      case 'surprise':
        call.reject(Object.assign(new Error(answer.message), { stack: answer.stack }))
        break
    }
  }

  #afterDeath(): void {
    this.#worker = undefined
    this.#open.clear()
    const lost = [...this.#pending.values()]
    this.#pending.clear()
    if (!this.#stopping) {
      const now = Date.now()
      const diedLately = this.#lastDeathAt !== undefined && now - this.#lastDeathAt < restartPauseMs
      this.#lastDeathAt = now
      if (!diedLately) this.#start()
    }
    for (const call of lost) call.reject(new DataError(this.#workerLost(call.tenant)))
  }

  #workerLost(tenant: TenantId): DataFault {
    const file = this.#fileOf(tenant)
    const cure = this.#worker ? 'it was started again, so try once more' : 'stop and start AI Ops'
    return {
      code: 'worker-lost',
      file,
      sentence: `The thread that holds ${file} stopped, and what was under way may or may not be written: ${cure}.`,
    }
  }

  #fileOf(tenant: TenantId): string {
    return join(this.#options.folder, `${tenant}.db`)
  }
}

/** The worker gets no environment: provider keys lie there. Only where compiled code is kept; compiling again costs it 25 MB. */
function startTenantWorker(): Worker {
  // Node answers the folder of its own version inside the one it was given
  const cache = getCompileCacheDir()
  const env = cache === undefined ? {} : { NODE_COMPILE_CACHE: dirname(cache) }
  return new Worker(new URL('./tenant-worker.ts', import.meta.url), { name: 'tenants', env })
}
