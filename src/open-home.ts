import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Environment } from './config/environment.ts'
import type { EdgeStore } from './contracts/edge-store.ts'
import type { CrashPoints, Log } from './contracts/platform.ts'
import type { RecordStore } from './contracts/record-store.ts'
import type { Fault, Result } from './contracts/result.ts'
import type { TenantStores } from './contracts/tenant-stores.ts'
import { openEdgeStore } from './data/edge-store.ts'
import { lockHome } from './data/home-lock.ts'
import { type KeyRing, openKeyRing } from './data/key-ring.ts'
import { resolveMasterKey } from './data/master-key.ts'
import { openRecordStore } from './data/record-store.ts'
import { openTenantStores } from './data/tenant-stores.ts'

/** Exit code after a failed COMMIT: the supervisor starts the assistant anew, with back-off. */
const FATAL_EXIT = 70

export interface HomeStores {
  readonly keys: KeyRing
  readonly store: EdgeStore
  readonly records: RecordStore
  readonly tenants: TenantStores
}

/** Takes the home's lock and opens everything that lies in it. */
export async function openHome(
  environment: Environment,
  parts: { readonly log: Log; readonly crashPoints: CrashPoints; readonly opened: AsyncDisposableStack },
): Promise<Result<HomeStores, Fault>> {
  const { home } = environment
  const { log, crashPoints, opened } = parts
  await mkdir(home, { recursive: true, mode: 0o700 })
  const opening = await openKeys(environment, opened)
  if (!opening.ok) return opening
  const keys = opening.value
  const onFatal = (error: Error): never => {
    log.error('store-failed', { reason: error.message })
    process.exit(FATAL_EXIT)
  }
  const store = openEdgeStore({ file: join(home, 'edge.db'), key: keys.keyOf('edge'), seals: keys, crashPoints, onFatal, log })
  if (!store.ok) return store
  opened.use(store.value)
  const records = openRecordStore({ file: join(home, 'crypto.db'), key: keys.keyOf('crypto'), onFatal })
  if (!records.ok) return records
  opened.use(records.value)
  const tenants = opened.use(openTenants(tenantsFolder(home), keys))
  return { ok: true, value: { keys, store: store.value, records: records.value, tenants } }
}

export interface StoppedHome {
  /** The folder `tenants` of the data home. */
  readonly folder: string
  readonly tenants: TenantStores
}

/**
 * Opens the tenants of a home in which nothing runs, under the home's lock; all of it is closed with `opened`. Makes no home: where nothing
 * lies yet, that is a fault.
 */
export async function openStoppedHome(environment: Environment, opened: AsyncDisposableStack): Promise<Result<StoppedHome, Fault>> {
  const { home } = environment
  if (!existsSync(join(home, 'keys.db'))) {
    const sentence = `There is nothing in ${home} yet. If AI Ops has its data elsewhere, set AI_OPS_HOME to that folder.`
    return { ok: false, error: { code: 'not-configured', sentence } }
  }
  const keys = await openKeys(environment, opened)
  if (!keys.ok) return keys
  const folder = tenantsFolder(home)
  return { ok: true, value: { folder, tenants: opened.use(openTenants(folder, keys.value)) } }
}

/** Takes the home's lock and opens its keys; both are closed with `opened`. */
async function openKeys({ home, masterKey, masterKeyCommand }: Environment, opened: AsyncDisposableStack): Promise<Result<KeyRing, Fault>> {
  const lock = lockHome(home, 'instance')
  if (!lock.ok) return lock
  opened.use(lock.value)
  const master = await resolveMasterKey({ home, value: masterKey, command: masterKeyCommand })
  if (!master.ok) return master
  const keys = openKeyRing(home, master.value.key)
  return keys.ok ? { ok: true, value: opened.use(keys.value) } : keys
}

function openTenants(folder: string, keys: KeyRing): ReturnType<typeof openTenantStores> {
  return openTenantStores({ folder, keyOf: (tenant) => keys.keyOf(`tenant:${tenant}`) })
}

function tenantsFolder(home: string): string {
  return join(home, 'tenants')
}
