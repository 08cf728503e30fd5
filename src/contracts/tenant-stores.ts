import type { Allowances } from './allowance.ts'
import type { TenantId } from './ids.ts'
import type { AuditLog } from './audit.ts'
import type { Incidents, ParentQuestions } from './incidents.ts'
import type { Ledger } from './ledger.ts'
import type { Memory } from './memory.ts'
import type { TraceStore } from './traces.ts'

/** The stores of one tenant's file. Holding this object is the right to read that tenant, and no other. */
export interface TenantStore {
  readonly id: TenantId
  readonly ledger: Ledger
  readonly allowances: Allowances
  readonly context: Memory
  readonly traces: TraceStore
  readonly incidents: Incidents
  readonly questions: ParentQuestions
  readonly audit: AuditLog
}

/** Opens tenants' encrypted files in a worker thread, an LRU of them at a time. */
export interface TenantStores extends AsyncDisposable {
  /** The same object for the same id. The file opens at first use; a fault (wrong key, damaged page) rejects that call with a `DataFault`. */
  open(id: TenantId): TenantStore
}

/** Seals short contents with a key derived from the tenant's key; destroying the tenant's key makes them unreadable. */
export interface Seals {
  seal(tenant: TenantId, plain: string): Uint8Array
  /** Throws if the bytes were not sealed for this tenant or the key is gone. */
  unseal(tenant: TenantId, sealed: Uint8Array): string
}
