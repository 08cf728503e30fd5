import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { TenantId } from '../../../src/contracts/ids.ts'
import { openDatabase } from '../../../src/data/database.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { SqliteAudit } from '../../../src/data/sqlite-audit.ts'
import { tenantMigrations } from '../../../src/data/tenant-schema.ts'
import { entry } from '../../laws/audit-laws.ts'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'
import { Command } from './start-process.ts'

describeWithServices('ai-ops audit', (services) => {
  it('verifies and exports the audit beside a running instance and without one, and names what somebody did to it', async () => {
    await using house = await TestHousehold.make(services, { people: { robin: { role: 'owner' } }, rooms: {} })
    const run = (...words: readonly string[]) =>
      new Command({ home: house.home, portBase: 20_000, modelUrl: services.upstream.url }, ['audit', ...words]).ended
    expect(await run('verify')).toMatchObject({ code: 3, stdout: '' })

    const first = house.start()
    await first.untilReady()
    expect(await run('verify')).toMatchObject({ code: 0 })
    await first[Symbol.asyncDispose]()
    await withFile(house.home, (audit) => {
      for (let at = 1; at <= 3; at += 1) audit.append({ ...entry(at, 'robin'), cause: `$order-${String(at)}` })
    })

    const stopped = [await run('verify', '--tenant', 'family'), await run('export')] as const
    expect(stopped[0]).toMatchObject({ code: 0, stdout: expect.stringMatching(/^family: 3 entries, unbroken, head [0-9a-f]{12}…\n$/u) })
    const lines = stopped[1].stdout.trim().split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toMatch(/^\{"tenant":"family","number":1,"at":1,"actor":"robin",/u)

    const bot = house.start()
    await bot.untilReady()
    expect((await run('verify', '--tenant', 'family')).stdout).toBe(stopped[0].stdout)
    expect((await run('export', '--tenant', 'family')).stdout).toBe(stopped[1].stdout)
    const unknown = await run('verify', '--tenant', 'famly')
    expect(unknown).toMatchObject({ code: 1, stdout: '', stderr: 'There is no such tenant here. There are: family.\n' })
    await bot[Symbol.asyncDispose]()

    await withFile(house.home, (_audit, exec) => exec(`drop trigger audit_stays; update audit set subject = 'eve' where number = 2`))
    expect(await run('verify')).toMatchObject({ code: 1, stdout: 'family: BROKEN, entry 2 was changed\n' })
    const again = house.start()
    await again.untilReady()
    const broken = await run('verify', '--json')
    expect(broken.code).toBe(1)
    expect(JSON.parse(broken.stdout)).toEqual([{ tenant: 'family', ok: false, number: 2, wrong: 'changed' }])
  })
})

/** The tenant's file as somebody with its key opens it. */
async function withFile(home: string, use: (audit: SqliteAudit, exec: (sql: string) => void) => void): Promise<void> {
  const master = Buffer.from((await readFile(join(home, 'master-key'), 'utf8')).trim(), 'hex')
  const opening = openKeyRing(home, new Uint8Array(master))
  if (!opening.ok) throw new Error(opening.error.sentence)
  using keys = opening.value
  const key = keys.keyOf('tenant:family' as `tenant:${TenantId}`)
  const file = join(home, 'tenants', 'family.db')
  const opened = openDatabase({ file, key, migrations: tenantMigrations, synchronous: 'full', probe: 'whole' })
  if (!opened.ok) throw new Error(opened.error.sentence)
  using database = opened.value
  use(new SqliteAudit(database), (sql) => database.connection.exec(sql))
}
