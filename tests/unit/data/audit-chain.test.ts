import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditAnchor, AuditVerdict } from '../../../src/contracts/audit.ts'
import type { TenantId } from '../../../src/contracts/ids.ts'
import { openDatabase } from '../../../src/data/database.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { SqliteAudit } from '../../../src/data/sqlite-audit.ts'
import { tenantMigrations } from '../../../src/data/tenant-schema.ts'
import { entry } from '../../laws/audit-laws.ts'
import { expectValue, masterKey, openHome } from './open-stores.ts'
import { makeTemporaryHome } from './temporary-home.ts'

const MINE = 'family' as TenantId
/** What somebody with the file and its key would do first. */
const UNLOCK = 'drop trigger if exists audit_stays; drop trigger if exists audit_kept; drop trigger if exists audit_once;'

describe('an audit that somebody laid hands on', () => {
  let home: ReturnType<typeof makeTemporaryHome>
  beforeEach(async () => {
    home = makeTemporaryHome()
    await using open = openHome(home.path)
    const { audit } = open.tenants.open(MINE)
    for (let count = 1; count <= 5; count += 1)
      await audit.append({ ...entry(count, `subject-${String(count)}`), cause: `$${String(count)}` })
  })
  afterEach(() => home[Symbol.dispose]())

  const openFile = (migrations = tenantMigrations) => {
    using keys = expectValue(openKeyRing(home.path, masterKey))
    const file = join(home.path, 'tenants', `${MINE}.db`)
    return expectValue(openDatabase({ file, key: keys.keyOf(`tenant:${MINE}`), migrations, synchronous: 'full', probe: 'whole' }))
  }
  const verdictAfter = async (sql: string): Promise<AuditVerdict> => {
    {
      using database = openFile()
      database.connection.exec(`${UNLOCK} ${sql}`)
    }
    await using open = openHome(home.path)
    return await open.tenants.open(MINE).audit.verify()
  }
  const broken = (number: number, wrong: string) => ({ ok: false, number, wrong })

  it('is whole as long as nobody did', async () => {
    expect(await verdictAfter('')).toMatchObject({ ok: true, rows: 5 })
  })

  it.each(['at', 'actor', 'action', 'subject', 'detail', 'device', 'before_hash', 'after_hash', 'cause', 'hash'])(
    'names an entry of which %s was changed',
    async (column) => {
      const value = column === 'at' ? '99' : column === 'detail' ? `'{"answer":"always","count":2}'` : `'x'`
      expect(await verdictAfter(`update audit set ${column} = ${value} where number = 3`)).toEqual(broken(3, 'changed'))
    },
  )

  it('names what is missing at the beginning', async () => {
    expect(await verdictAfter('delete from audit where number = 1')).toEqual(broken(1, 'removed'))
  })

  it('names what is missing at the beginning where the others moved up', async () => {
    expect(await verdictAfter('delete from audit where number = 1; update audit set number = number - 1')).toEqual(broken(1, 'removed'))
  })

  it('names the anchor where somebody wrote the whole chain anew', async () => {
    let anchor: AuditAnchor = { number: 0, hash: '' }
    {
      using database = openFile()
      const audit = new SqliteAudit(database)
      anchor = audit.list(0)[3] ?? anchor
      database.connection.exec(`${UNLOCK} delete from audit; update audit_head set rows = 0, hash = ''`)
      for (let count = 1; count <= 5; count += 1) audit.append(entry(count, 'forged'))
      expect(audit.verify()).toMatchObject({ ok: true, rows: 5 })
    }
    await using open = openHome(home.path)
    expect(await open.tenants.open(MINE).audit.verify(anchor)).toEqual(broken(4, 'changed'))
  })

  it('names a copy in the place of another', async () => {
    const copy = 'select 1, at, actor, action, subject, detail, device, before_hash, after_hash, cause, hash from audit where number = 2'
    expect(await verdictAfter(`delete from audit where number = 1; insert into audit ${copy}`)).toEqual(broken(1, 'changed'))
  })

  it('names what is missing from the middle, also where the others moved up', async () => {
    expect(await verdictAfter('delete from audit where number = 3; update audit set number = number - 1 where number > 3')).toEqual(
      broken(3, 'removed'),
    )
  })

  it('names what was cut from the end', async () => {
    expect(await verdictAfter('delete from audit where number >= 4')).toEqual(broken(4, 'cut'))
    expect(await verdictAfter('delete from audit')).toEqual(broken(1, 'cut'))
  })

  it('names the first of two that were exchanged', async () => {
    const exchanged =
      'update audit set number = 90 where number = 2; update audit set number = 2 where number = 4; update audit set number = 4 where number = 90'
    expect(await verdictAfter(exchanged)).toEqual(broken(2, 'reordered'))
  })

  it('names what nobody wrote, in the middle and at the end', async () => {
    const forged = (number: number): string =>
      `insert into audit (number, at, actor, action, subject, detail, hash) values (${String(number)}, 9, 'eve', 'x', 'y', '{}', 'ff')`
    expect(await verdictAfter(forged(6))).toEqual(broken(6, 'added'))
    const between = `update audit set number = number + 100 where number > 2; ${forged(3)}; update audit set number = number - 99 where number > 100`
    expect(await verdictAfter(`delete from audit where number = 6; ${between}`)).toEqual(broken(3, 'added'))
  })

  it('misses what the head no longer says', async () => {
    expect(await verdictAfter("update audit_head set hash = 'ff'")).toEqual(broken(5, 'changed'))
    expect(await verdictAfter('update audit_head set rows = 4')).toEqual(broken(5, 'added'))
    expect(await verdictAfter('delete from audit_head')).toEqual(broken(1, 'added'))
  })

  it('can still be checked where an entry is no longer readable', async () => {
    expect(await verdictAfter("update audit set detail = 'not json' where number = 2")).toEqual(broken(2, 'changed'))
  })

  it('stays whole over a thousand entries', async () => {
    using database = openFile()
    const audit = new SqliteAudit(database)
    for (let count = 0; count < 1_000; count += 1) audit.append({ ...entry(count, 's'), cause: `c${String(count)}` })
    expect(audit.verify()).toMatchObject({ ok: true, rows: 1_005 })
  })
})

it('takes the entries of a file of before into the chain', async () => {
  using home = makeTemporaryHome()
  {
    await using open = openHome(home.path)
    // the folder and the key
    await open.tenants.open(MINE).audit.list(0)
  }
  using keys = expectValue(openKeyRing(home.path, masterKey))
  const options = {
    file: join(home.path, 'tenants', 'old.db'),
    key: keys.keyOf('tenant:old' as `tenant:${TenantId}`),
    synchronous: 'full',
    probe: 'whole',
  } as const
  {
    using old = expectValue(openDatabase({ ...options, migrations: tenantMigrations.slice(0, 2) }))
    old.connection.exec(
      `insert into audit (at, actor, action, subject, detail) values (1, 'robin', 'a', 'b', '{"x":1}'), (2, 'robin', 'a', 'c', '{}')`,
    )
  }
  using migrated = expectValue(openDatabase({ ...options, migrations: tenantMigrations }))
  const audit = new SqliteAudit(migrated)
  expect(audit.verify()).toMatchObject({ ok: true, rows: 2 })
  audit.append(entry(3, 'd'))
  expect(audit.verify()).toMatchObject({ ok: true, rows: 3 })
  expect(() => migrated.connection.exec('update audit set at = 5')).toThrow(/append-only/u)
})
