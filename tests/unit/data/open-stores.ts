import { join } from 'node:path'
import type { EdgeStore } from '../../../src/contracts/edge-store.ts'
import type { Result } from '../../../src/contracts/result.ts'
import type { TenantStores } from '../../../src/contracts/tenant-stores.ts'
import { openEdgeStore, type EdgeStoreOptions } from '../../../src/data/edge-store.ts'
import { openKeyRing, type KeyRing } from '../../../src/data/key-ring.ts'
import { openTenantStores, type TenantStoresOptions } from '../../../src/data/tenant-stores.ts'

export const masterKey = new Uint8Array(32).fill(7)

export function expectValue<Value>(result: Result<Value, { readonly sentence: string }>): Value {
  if (!result.ok) throw new Error(result.error.sentence)
  return result.value
}

export function expectFault<Failure>(result: Result<unknown, Failure>): Failure {
  if (result.ok) throw new Error('opened, though it should not')
  return result.error
}

export interface OpenHome extends AsyncDisposable {
  readonly keys: KeyRing
  readonly edge: EdgeStore
  readonly tenants: TenantStores
}

/** All stores of a home as the composition root opens them. */
export function openHome(home: string, changes: Partial<EdgeStoreOptions & TenantStoresOptions> = {}): OpenHome {
  const keys = expectValue(openKeyRing(home, masterKey))
  const edge = expectValue(
    openEdgeStore({
      file: join(home, 'edge.db'),
      key: keys.keyOf('edge'),
      seals: keys,
      crashPoints: { reach: () => {} },
      onFatal: (error) => {
        throw error
      },
      ...changes,
    }),
  )
  let tenants: TenantStores | undefined
  return {
    keys,
    edge,
    // a thread takes a tenth of a second to start: only where it is used
    get tenants() {
      tenants ??= openTenantStores({ folder: join(home, 'tenants'), keyOf: (tenant) => keys.keyOf(`tenant:${tenant}`), ...changes })
      return tenants
    },
    [Symbol.asyncDispose]: async () => {
      await tenants?.[Symbol.asyncDispose]()
      await edge[Symbol.asyncDispose]()
      keys[Symbol.dispose]()
    },
  }
}
