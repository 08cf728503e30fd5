import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEnvironment } from '../../../src/config/environment.ts'
import type { AuditRecord } from '../../../src/contracts/audit.ts'
import type { TenantId } from '../../../src/contracts/ids.ts'
import { openDatabase } from '../../../src/data/database.ts'
import { lockHome } from '../../../src/data/home-lock.ts'
import { serveHome } from '../../../src/data/home-socket.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { tenantHandlers } from '../../../src/data/tenant-queries.ts'
import { tenantMigrations } from '../../../src/data/tenant-schema.ts'
import { exportAudits, verifyAudits } from '../../../src/tenant-commands.ts'
import { entry } from '../../laws/audit-laws.ts'
import { expectFault, expectValue, masterKey, openHome } from '../data/open-stores.ts'
import { makeTemporaryHome, type TemporaryHome } from '../data/temporary-home.ts'

let home: TemporaryHome
beforeEach(() => {
  home = makeTemporaryHome()
})
afterEach(() => home[Symbol.dispose]())

const environmentOf = (path: string, key: Uint8Array = masterKey) => {
  const variables = { AI_OPS_HOME: path, AI_OPS_MASTER_KEY: Buffer.from(key).toString('hex') }
  return expectValue(readEnvironment({ variables, cwd: path }))
}
const verify = (tenant?: string, anchor?: Pick<AuditRecord, 'number' | 'hash'>) =>
  verifyAudits(environmentOf(home.path), { tenant, anchor })
const exported = async (since = 0, tenant?: string): Promise<readonly (readonly [string, AuditRecord])[]> => {
  const lines: (readonly [string, AuditRecord])[] = []
  expectValue(await exportAudits(environmentOf(home.path), { tenant, since }, (id, record) => void lines.push([id, record])))
  return lines
}
const numbers = (lines: Awaited<ReturnType<typeof exported>>) => lines.map(([tenant, { number }]) => `${tenant} ${String(number)}`)

/** Two tenants with 3 and 1 entries. */
async function fill(): Promise<void> {
  await using open = openHome(home.path)
  for (const [tenant, count] of [
    ['family', 3],
    ['creator', 1],
  ] as const)
    for (let at = 1; at <= count; at += 1) await open.tenants.open(tenant as TenantId).audit.append(entry(at * 10, 'someone'))
}

/** The home as a running instance holds it. */
async function runHome(): Promise<AsyncDisposable> {
  const opened = new AsyncDisposableStack()
  opened.use(expectValue(lockHome(home.path, 'instance')))
  const { tenants } = opened.use(openHome(home.path))
  const handlers = tenantHandlers({ folder: join(home.path, 'tenants'), tenants })
  const onSurprise = (method: string): never => {
    throw new Error(`${method} failed`)
  }
  opened.use(expectValue(await serveHome({ home: home.path, handlers, onSurprise })))
  return opened
}

function tamper(sql: string): void {
  using keys = expectValue(openKeyRing(home.path, masterKey))
  const file = join(home.path, 'tenants', 'family.db')
  const key = keys.keyOf('tenant:family' as `tenant:${TenantId}`)
  using database = expectValue(openDatabase({ file, key, migrations: tenantMigrations, synchronous: 'full', probe: 'whole' }))
  database.connection.exec(`drop trigger audit_stays; drop trigger audit_kept; drop trigger audit_once; ${sql}`)
}

describe.each([
  ['that is not running', () => Promise.resolve(new AsyncDisposableStack())],
  ['that runs', runHome],
])('the audits of a home %s', (_name, open) => {
  it('are verified, all or one, by what was exported of them as well', async () => {
    await fill()
    await using _home = await open()
    const family = { tenant: 'family', ok: true, rows: 3 }
    expect(expectValue(await verify())).toMatchObject([{ tenant: 'creator', ok: true, rows: 1 }, family])
    const [, second] = await exported(0, 'family')
    const { number, hash } = second?.[1] ?? { number: 0, hash: '' }
    expect(expectValue(await verify('family', { number, hash }))).toMatchObject([family])
    expect(expectValue(await verify('family', { number, hash: 'ff' }))).toEqual([
      { tenant: 'family', ok: false, number: 2, wrong: 'changed' },
    ])
  })

  it('are exported a tenant after the other, in order, since a day', async () => {
    await fill()
    await using _home = await open()
    expect(numbers(await exported())).toEqual(['creator 1', 'family 1', 'family 2', 'family 3'])
    expect(numbers(await exported(20))).toEqual(['family 2', 'family 3'])
    const [first] = await exported(0, 'creator')
    expect(first?.[1]).toMatchObject(entry(10, 'someone'))
  })

  it('are exported whole, however long they are', async () => {
    {
      await using long = openHome(home.path)
      const { audit } = long.tenants.open('family' as TenantId)
      await Promise.all(Array.from({ length: 2_001 }, (_one, at) => audit.append(entry(at, 'someone'))))
    }
    await using _home = await open()
    expect((await exported()).map(([, { number }]) => number)).toEqual(Array.from({ length: 2_001 }, (_one, index) => index + 1))
  })

  it('are named where they are broken', async () => {
    await fill()
    tamper('delete from audit where number = 2')
    await using _home = await open()
    expect(expectValue(await verify())).toMatchObject([
      { tenant: 'creator', ok: true },
      { tenant: 'family', ok: false, number: 2, wrong: 'removed' },
    ])
  })

  it('are those of tenants that there are: another is refused, and none is made', async () => {
    await fill()
    await using _home = await open()
    for (const name of ['famly', '../family', 'Family', ''])
      expect(expectFault(await verify(name)).sentence).toBe('There is no such tenant here. There are: creator, family.')
    expect(readdirSync(join(home.path, 'tenants')).filter((file) => file.endsWith('.db'))).toEqual(['creator.db', 'family.db'])
  })

  it('are a sentence where a file does not open', async () => {
    await fill()
    writeFileSync(join(home.path, 'tenants', 'creator.db'), Buffer.alloc(8_192, 1))
    await using _home = await open()
    expect(expectFault(await verify()).sentence).toMatch(/creator\.db does not open with this key/u)
    expect(expectValue(await verify('family'))).toMatchObject([{ ok: true }])
  })
})

describe('a home that is not running', () => {
  it('is held while it is read, and free afterwards', async () => {
    await fill()
    const lines = exportAudits(environmentOf(home.path), { tenant: undefined, since: 0 }, () =>
      expect(expectFault(lockHome(home.path, 'instance')).code).toBe('running'),
    )
    expect(await lines).toMatchObject({ ok: true })
    expectValue(lockHome(home.path, 'instance'))[Symbol.dispose]()
  })

  it('is left alone while another holds it without answering', async () => {
    await fill()
    using _lock = expectValue(lockHome(home.path, 'instance'))
    expect(expectFault(await verify()).code).toBe('running')
  })

  it('needs its own master key', async () => {
    await fill()
    const other = environmentOf(home.path, new Uint8Array(32).fill(8))
    expect(expectFault(await verifyAudits(other, { tenant: undefined, anchor: undefined })).code).toBe('wrong-key')
  })

  it('is not made by looking for it', async () => {
    const place = join(home.path, 'nowhere')
    const found = await verifyAudits(environmentOf(place), { tenant: undefined, anchor: undefined })
    expect(expectFault(found)).toMatchObject({ code: 'not-configured', sentence: expect.stringContaining('AI_OPS_HOME') })
    expect(existsSync(place)).toBe(false)
  })

  it('has no audit before its first tenant', async () => {
    expectValue(openKeyRing(home.path, masterKey))[Symbol.dispose]()
    expect(expectValue(await verify())).toEqual([])
    expect(expectFault(await verify('family')).sentence).toMatch(/No tenant has data here yet/u)
    mkdirSync(join(home.path, 'tenants'))
    expect(expectValue(await verify())).toEqual([])
  })
})
