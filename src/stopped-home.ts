import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from './config/environment.ts'
import type { Fault, Result } from './contracts/result.ts'
import type { TenantStores } from './contracts/tenant-stores.ts'
import { lockHome } from './data/home-lock.ts'
import { openKeyRing } from './data/key-ring.ts'
import { resolveMasterKey } from './data/master-key.ts'
import { openTenantStores } from './data/tenant-stores.ts'

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
  const { home, masterKey, masterKeyCommand } = environment
  if (!existsSync(join(home, 'keys.db'))) {
    const sentence = `There is nothing in ${home} yet. If AI Ops has its data elsewhere, set AI_OPS_HOME to that folder.`
    return { ok: false, error: { code: 'not-configured', sentence } }
  }
  const lock = lockHome(home, 'instance')
  if (!lock.ok) return lock
  opened.use(lock.value)
  const master = await resolveMasterKey({ home, value: masterKey, command: masterKeyCommand })
  if (!master.ok) return master
  const opening = openKeyRing(home, master.value.key)
  if (!opening.ok) return opening
  const keys = opened.use(opening.value)
  const folder = join(home, 'tenants')
  const tenants = opened.use(openTenantStores({ folder, keyOf: (tenant) => keys.keyOf(`tenant:${tenant}`) }))
  return { ok: true, value: { folder, tenants } }
}
