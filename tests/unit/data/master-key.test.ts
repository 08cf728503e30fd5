import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { resolveMasterKey, type MasterKeyPlace } from '../../../src/data/master-key.ts'
import { expectFault, expectValue } from './open-stores.ts'
import { makeTemporaryHome, type TemporaryHome } from './temporary-home.ts'

const bytes = Uint8Array.from({ length: 32 }, (_, index) => index * 7)
const hex = Buffer.from(bytes).toString('hex')

describe('resolveMasterKey', () => {
  let home: TemporaryHome
  beforeEach(() => {
    home = makeTemporaryHome()
  })
  afterEach(() => home[Symbol.dispose]())
  const resolve = (changes: Partial<MasterKeyPlace> = {}) =>
    resolveMasterKey({ home: home.path, value: undefined, command: undefined, ...changes })

  it.each([
    ['hex', hex],
    ['HEX with a newline', `${hex.toUpperCase()}\n`],
    ['base64', Buffer.from(bytes).toString('base64')],
    ['base64url', Buffer.from(bytes).toString('base64url')],
  ])('reads a given value as %s', async (_, value) => {
    expect(expectValue(await resolve({ value }))).toEqual({ key: bytes, source: 'value', liesWithData: false })
  })

  it.each(['', 'short', hex.slice(2), `${hex}00`, 'z'.repeat(64)])('refuses %j and does not repeat it', async (value) => {
    const fault = expectFault(await resolve({ value }))
    expect(fault).toEqual({
      code: 'malformed',
      sentence: 'The master key (AI_OPS_MASTER_KEY) is not 32 bytes in hex or base64: make one with openssl rand -hex 32.',
    })
  })

  it('reads what a command prints, without a shell', async () => {
    const command = [process.execPath, '-e', 'console.log(process.argv[1])', hex]
    expect(expectValue(await resolve({ command }))).toEqual({ key: bytes, source: 'command', liesWithData: false })
    expect(expectFault(await resolve({ command: ['echo', `${hex}; true`] })).code).toBe('malformed')
  })

  it('tells a command that fails without repeating its arguments', async () => {
    const failing = expectFault(await resolve({ command: [process.execPath, '-e', 'process.exit(3)', 'secret'] }))
    expect(failing.code).toBe('command-failed')
    expect(failing.sentence).toMatch(/failed \(3\): run it by hand and mend it\.$/)
    expect(failing.sentence).not.toContain('secret')
    expect(expectFault(await resolve({ command: [join(home.path, 'absent')] })).sentence).toContain('(ENOENT)')
    expect(expectFault(await resolve({ command: [] })).code).toBe('malformed')
  })

  it('makes a key file for a new home and finds it again', async () => {
    const made = expectValue(await resolve())
    expect(made).toMatchObject({ source: 'file', liesWithData: true })
    expect(statSync(join(home.path, 'master-key')).mode & 0o777).toBe(0o600)
    expect(readFileSync(join(home.path, 'master-key'), 'utf8')).toMatch(/^[0-9a-f]{64}\n$/)
    expect(expectValue(await resolve()).key).toEqual(made.key)
  })

  it('makes no new key where keys exist', async () => {
    writeFileSync(join(home.path, 'keys.db'), '')
    const fault = expectFault(await resolve())
    expect(fault.code).toBe('missing')
    expect(fault.sentence).toMatch(/master-key is missing while keys\.db exists: put the key file back/)
  })

  it('refuses a key file that others can read, or that holds no key', async () => {
    await resolve()
    const file = join(home.path, 'master-key')
    chmodSync(file, 0o640)
    expect(expectFault(await resolve())).toMatchObject({ code: 'too-open', sentence: expect.stringContaining(`run chmod 600 ${file}`) })
    rmSync(file)
    writeFileSync(file, 'nonsense', { mode: 0o600 })
    expect(expectFault(await resolve()).code).toBe('malformed')
  })

  it('tells a home that cannot be made', async () => {
    writeFileSync(join(home.path, 'file'), '')
    expect(expectFault(await resolve({ home: join(home.path, 'file', 'home') })).code).toBe('unreadable')
  })
})
