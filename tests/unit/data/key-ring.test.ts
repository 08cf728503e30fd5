import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { TenantId } from '../../../src/contracts/ids.ts'
import { deriveStandaloneKey, openKeyRing } from '../../../src/data/key-ring.ts'
import { sealBytes, unsealBytes } from '../../../src/data/sealed-bytes.ts'
import { expectFault, expectValue, masterKey } from './open-stores.ts'
import { makeTemporaryHome, type TemporaryHome } from './temporary-home.ts'

describe('openKeyRing', () => {
  let home: TemporaryHome
  beforeEach(() => {
    home = makeTemporaryHome()
  })
  afterEach(() => home[Symbol.dispose]())
  const open = () => expectValue(openKeyRing(home.path, masterKey))

  it('gives each scope a key of its own, the same after a restart', () => {
    const scopes = ['edge', 'crypto', `tenant:${'a' as TenantId}`, `tenant:${'b' as TenantId}`] as const
    const before = open()
    const keys = scopes.map((scope) => before.keyOf(scope))
    before[Symbol.dispose]()
    using after = open()
    expect(scopes.map((scope) => after.keyOf(scope))).toEqual(keys)
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(scopes.length)
    expect(keys.every((key) => key.length === 32)).toBe(true)
  })

  it('makes a new key after one was destroyed, and leaves the others alone', () => {
    using keys = open()
    const edge = keys.keyOf('edge')
    const lost = keys.keyOf(`tenant:${'a' as TenantId}`)
    keys.destroy(`tenant:${'a' as TenantId}`)
    expect(keys.keyOf(`tenant:${'a' as TenantId}`)).not.toEqual(lost)
    expect(keys.keyOf('edge')).toEqual(edge)
  })

  it('derives standalone keys from the master key alone', () => {
    using keys = open()
    expect(keys.deriveKey('chat mia')).toEqual(deriveStandaloneKey(masterKey, 'chat mia'))
    expect(keys.deriveKey('chat mia')).not.toEqual(keys.deriveKey('chat leo'))
    expect(keys.deriveKey('chat mia')).not.toEqual(deriveStandaloneKey(new Uint8Array(32).fill(8), 'chat mia'))
  })

  it('does not open with another master key', () => {
    open()[Symbol.dispose]()
    const fault = expectFault(openKeyRing(home.path, new Uint8Array(32).fill(8)))
    expect(fault).toMatchObject({ code: 'wrong-key', file: join(home.path, 'keys.db') })
  })

  it('writes no key as it is', () => {
    using keys = open()
    const key = Buffer.from(keys.keyOf('edge'))
    expect(home.filesWith(key.toString('latin1'))).toEqual([])
    expect(home.filesWith(key.toString('hex'))).toEqual([])
  })
})

describe('sealBytes', () => {
  it('binds the bytes to what they were sealed for', () => {
    const sealed = sealBytes(masterKey, 'key tenant:a', new Uint8Array([1, 2, 3]))
    expect(unsealBytes(masterKey, 'key tenant:a', sealed)).toEqual(new Uint8Array([1, 2, 3]))
    expect(() => unsealBytes(masterKey, 'key tenant:b', sealed)).toThrow(Error)
  })
})
