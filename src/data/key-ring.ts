import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { TenantId } from '../contracts/ids.ts'
import type { Result } from '../contracts/result.ts'
import type { Seals } from '../contracts/tenant-stores.ts'
import { openDatabase, type Database } from './database.ts'
import type { DataFault } from './data-fault.ts'
import { deriveSubkey, keyBytes, sealBytes, unsealBytes } from './sealed-bytes.ts'

/** What a key is for: the edge's file, the crypto store, or one tenant's file and seals. */
export type KeyScope = 'edge' | 'crypto' | `tenant:${TenantId}`

/** All keys of a home, wrapped in keys.db. Destroying a scope's key makes everything under it unreadable for good. */
export interface KeyRing extends Seals, Disposable {
  /** The scope's 32 bytes; made and durable at first use. */
  keyOf(scope: KeyScope): Uint8Array
  destroy(scope: KeyScope): void
  /** A key straight from the master key, for stores that live apart from keys.db; the same label gives the same key. */
  deriveKey(label: string): Uint8Array
}

/** Opens or creates `keys.db` of the home. A master key of another home is the fault `wrong-key`. */
export function openKeyRing(home: string, masterKey: Uint8Array): Result<KeyRing, DataFault> {
  const opened = openDatabase({
    file: join(home, 'keys.db'),
    key: deriveSubkey(masterKey, 'ai-ops keys.db v1'),
    migrations,
    synchronous: 'full',
    probe: 'whole',
  })
  return opened.ok ? { ok: true, value: new SqliteKeyRing(opened.value, masterKey) } : opened
}

/** A key under the master key without opening a home's keys; what `KeyRing.deriveKey` answers. */
export function deriveStandaloneKey(masterKey: Uint8Array, label: string): Uint8Array {
  return deriveSubkey(masterKey, `ai-ops standalone v1 ${label}`)
}

const migrations = [
  `create table wrapped_key (
    scope text primary key,
    wrapped blob not null,
    made_at integer not null
  ) strict, without rowid;`,
]

class SqliteKeyRing implements KeyRing {
  readonly #database: Database
  readonly #masterKey: Uint8Array
  readonly #wrappingKey: Uint8Array
  /** Seal keys are derived once; forgotten with their scope. */
  readonly #sealKeys = new Map<TenantId, Uint8Array>()

  constructor(database: Database, masterKey: Uint8Array) {
    this.#database = database
    this.#masterKey = masterKey
    this.#wrappingKey = deriveSubkey(masterKey, 'ai-ops wrapping v1')
  }

  keyOf(scope: KeyScope): Uint8Array {
    return this.#find(scope) ?? this.#make(scope)
  }

  destroy(scope: KeyScope): void {
    if (scope.startsWith('tenant:')) this.#sealKeys.clear()
    const { connection } = this.#database
    connection.prepare('delete from wrapped_key where scope = ?').run(scope)
    // the write-ahead log still holds the page with the wrapped key
    connection.pragma('wal_checkpoint(truncate)')
  }

  deriveKey(label: string): Uint8Array {
    return deriveStandaloneKey(this.#masterKey, label)
  }

  seal(tenant: TenantId, plain: string): Uint8Array {
    const key = this.#sealKeys.get(tenant) ?? this.#rememberSealKey(tenant, this.keyOf(`tenant:${tenant}`))
    return sealBytes(key, sealContext(tenant), Buffer.from(plain))
  }

  unseal(tenant: TenantId, sealed: Uint8Array): string {
    let key = this.#sealKeys.get(tenant)
    if (!key) {
      // never made here: a new key would hide that the old one is gone
      const tenantKey = this.#find(`tenant:${tenant}`)
      if (!tenantKey) throw new Error(`the key of tenant ${tenant} is gone`)
      key = this.#rememberSealKey(tenant, tenantKey)
    }
    return Buffer.from(unsealBytes(key, sealContext(tenant), sealed)).toString('utf8')
  }

  [Symbol.dispose](): void {
    this.#sealKeys.clear()
    this.#database[Symbol.dispose]()
  }

  #find(scope: KeyScope): Uint8Array | undefined {
    const row = this.#database.connection
      .prepare<[string], { wrapped: Uint8Array }>('select wrapped from wrapped_key where scope = ?')
      .get(scope)
    return row && unsealBytes(this.#wrappingKey, wrapContext(scope), row.wrapped)
  }

  #make(scope: KeyScope): Uint8Array {
    const key = new Uint8Array(randomBytes(keyBytes))
    const wrapped = sealBytes(this.#wrappingKey, wrapContext(scope), key)
    this.#database.connection.prepare('insert into wrapped_key (scope, wrapped, made_at) values (?, ?, ?)').run(scope, wrapped, Date.now())
    return key
  }

  #rememberSealKey(tenant: TenantId, tenantKey: Uint8Array): Uint8Array {
    const key = deriveSubkey(tenantKey, 'ai-ops seal v1')
    this.#sealKeys.set(tenant, key)
    return key
  }
}

function wrapContext(scope: KeyScope): string {
  return `ai-ops key ${scope}`
}

function sealContext(tenant: TenantId): string {
  return `ai-ops seal ${tenant}`
}
