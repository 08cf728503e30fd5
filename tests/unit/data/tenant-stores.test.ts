import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RoomId, TenantId } from '../../../src/contracts/ids.ts'
import { openDatabase } from '../../../src/data/database.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { tenantMigrations } from '../../../src/data/tenant-schema.ts'
import { entry } from '../../laws/audit-laws.ts'
import { incident } from '../../laws/incident-laws.ts'
import { opening } from '../../laws/ledger-laws.ts'
import { message } from '../../laws/memory-laws.ts'
import { refused } from '../../laws/parent-question-laws.ts'
import { trace } from '../../laws/trace-store-laws.ts'
import { expectValue, masterKey, openHome, type OpenHome } from './open-stores.ts'
import { makeTemporaryHome, type TemporaryHome } from './temporary-home.ts'

const room = '!family:home' as RoomId
const mine = 'mine' as TenantId
const yours = 'yours' as TenantId

describe('openTenantStores', () => {
  let home: TemporaryHome
  let open: OpenHome
  const fileOf = (tenant: string) => join(home.path, 'tenants', `${tenant}.db`)
  beforeEach(() => {
    home = makeTemporaryHome()
    open = openHome(home.path)
  })
  afterEach(async () => {
    await open[Symbol.asyncDispose]()
    home[Symbol.dispose]()
  })
  const restart = async (changes: Parameters<typeof openHome>[1] = {}) => {
    await open[Symbol.asyncDispose]()
    open = openHome(home.path, changes)
  }

  it('answers the same store for the same tenant, and touches no file before it is used', async () => {
    expect(open.tenants.open(mine)).toBe(open.tenants.open(mine))
    expect(open.tenants.open(mine).id).toBe(mine)
    expect(existsSync(fileOf('mine'))).toBe(false)
    await open.tenants.open(mine).traces.recent(1)
    expect(existsSync(fileOf('mine'))).toBe(true)
  })

  it('takes no name that is not a plain tenant id', () => {
    for (const id of ['', '../keys', 'A', '-a', 'a/b', 'a.b', 'a'.repeat(41), 'a\0', 'a\n']) {
      expect(() => open.tenants.open(id as TenantId)).toThrow(RangeError)
    }
  })

  it('never touches the file of another tenant', async () => {
    // whatever opened this file would say that it is damaged
    mkdirSync(join(home.path, 'tenants'))
    writeFileSync(fileOf('yours'), 'not a database')
    const store = open.tenants.open(mine)
    await store.context.remember(room, undefined, [message('$1', 1)])
    await store.ledger.openCall(opening())
    await store.traces.write(trace('t1', 1))
    expect(await recall(store)).toHaveLength(1)
    expect(readFileSync(fileOf('yours'), 'utf8')).toBe('not a database')
    await expect(open.tenants.open(yours).ledger.rows(0)).rejects.toMatchObject({
      name: 'DataError',
      code: 'damaged',
      file: fileOf('yours'),
    })
    expect(await recall(store)).toHaveLength(1)
  })

  it('cannot open one tenant with the key of another', async () => {
    await open.tenants.open(mine).context.remember(room, undefined, [message('$1', 1)])
    await open[Symbol.asyncDispose]()
    writeFileSync(fileOf('yours'), readFileSync(fileOf('mine')))
    open = openHome(home.path)
    await expect(open.tenants.open(yours).ledger.rows(0)).rejects.toMatchObject({ code: 'wrong-key' })
  })

  it('goes on once a fault is mended', async () => {
    mkdirSync(fileOf('mine'), { recursive: true })
    const store = open.tenants.open(mine)
    const calls = await Promise.allSettled([store.ledger.rows(0), store.traces.recent(1)])
    expect(calls.map((call) => call.status)).toEqual(['rejected', 'rejected'])
    rmdirSync(fileOf('mine'))
    expect(await store.ledger.rows(0)).toEqual([])
  })

  it('tells a page that was damaged when it is read', async () => {
    const store = open.tenants.open(mine)
    const long = 'x'.repeat(2_000)
    await store.context.remember(
      room,
      undefined,
      Array.from({ length: 200 }, (_, n) => message(`$${n}`, n, long)),
    )
    await open[Symbol.asyncDispose]()
    const bytes = readFileSync(fileOf('mine'))
    for (let page = 40; page < bytes.length / 4096; page++) bytes.fill(9, page * 4096 + 50, page * 4096 + 60)
    writeFileSync(fileOf('mine'), bytes)
    open = openHome(home.path)
    await expect(recall(open.tenants.open(mine))).rejects.toMatchObject({
      code: 'damaged',
      sentence: expect.stringContaining('restore mine.db'),
    })
  })

  it('opens more tenants than it holds open at a time', async () => {
    await restart({ openFiles: 2 })
    const ids = ['a', 'b', 'c', 'd', 'a', 'c', 'b'] as TenantId[]
    for (const [at, id] of ids.entries()) await open.tenants.open(id).context.remember(room, undefined, [message(`$${id}${at}`, at)])
    const counts = await Promise.all(['a', 'b', 'c', 'd'].map(async (id) => (await recall(open.tenants.open(id as TenantId))).length))
    expect(counts).toEqual([2, 2, 2, 1])
    // a file that is closed has no log beside it
    expect(['a', 'b', 'c', 'd'].filter((id) => existsSync(`${fileOf(id)}-wal`))).toHaveLength(2)
  })

  it('rejects what was under way when its thread dies, starts it once more, and then says so', async () => {
    const workers: Worker[] = []
    await restart({
      startWorker: () => {
        const worker = new Worker(new URL('../../../src/data/tenant-worker.ts', import.meta.url), { env: {} })
        workers.push(worker)
        return worker
      },
    })
    const store = open.tenants.open(mine)
    await store.ledger.openCall(opening())
    // asked once the thread is ending, so that it cannot answer any more, and before anybody knows that it has
    const ended = workers[0]?.terminate()
    const lost = store.ledger.rows(0).catch((error: unknown) => error)
    await ended
    expect(await lost).toMatchObject({ code: 'worker-lost', sentence: expect.stringContaining('try once more') })
    expect(await store.ledger.rows(0)).toHaveLength(1)
    await workers[1]?.terminate()
    await expect(store.ledger.rows(0)).rejects.toMatchObject({
      code: 'worker-lost',
      sentence: expect.stringContaining('stop and start AI Ops'),
    })
    expect(workers).toHaveLength(2)
  })

  it('finishes what was under way when it is closed', async () => {
    const written = open.tenants.open(mine).context.remember(room, undefined, [message('$1', 1)])
    await restart()
    await written
    expect(await recall(open.tenants.open(mine))).toHaveLength(1)
    await open.tenants[Symbol.asyncDispose]()
    await expect(recall(open.tenants.open(mine))).rejects.toMatchObject({ code: 'worker-lost' })
  })

  /** The file of `mine`, while nobody else has it open. */
  const openFile = (migrations = tenantMigrations) => {
    using keys = expectValue(openKeyRing(home.path, masterKey))
    const key = keys.keyOf(`tenant:${mine}`)
    return expectValue(openDatabase({ file: fileOf('mine'), key, migrations, synchronous: 'full', probe: 'whole' }))
  }

  it('lets nobody change the ledger or the audit, not even with SQL', async () => {
    const { ledger, audit } = open.tenants.open(mine)
    await ledger.openCall(opening())
    await ledger.endCall(opening(), { kind: 'released' })
    await audit.append(entry(1, 'family'))
    await open[Symbol.asyncDispose]()
    {
      using database = openFile()
      for (const [table, column] of [
        ['call_opening', 'turn'],
        ['call_ending', 'turn'],
        ['audit', 'subject'],
      ]) {
        for (const sql of [
          `update ${table} set ${column} = ${column}`,
          `delete from ${table}`,
          `insert or replace into ${table} select * from ${table}`,
        ]) {
          expect(() => database.connection.exec(sql)).toThrow(/the (ledger|audit) is append-only/u)
        }
      }
    }
    open = openHome(home.path)
    expect(await open.tenants.open(mine).ledger.rows(0)).toMatchObject([{ state: 'released' }])
    expect(await open.tenants.open(mine).audit.list(0)).toMatchObject([entry(1, 'family')])
  })

  it('takes over a file of the first version with all that is in it', async () => {
    mkdirSync(join(home.path, 'tenants'))
    await open[Symbol.asyncDispose]()
    {
      using database = openFile(tenantMigrations.slice(0, 1))
      database.connection.exec("insert into call_opening values ('t1', 1, 1, 'chat', '!r', 'mia', 'family', 'smart', 5, 4, 1000)")
    }
    open = openHome(home.path)
    const { ledger, incidents, questions, audit } = open.tenants.open(mine)
    expect(await ledger.rows(0)).toMatchObject([{ turn: 't1', purpose: 'chat', state: 'open' }])
    await questions.keep(refused())
    await audit.append(entry(1, 'family'))
    expect(await incidents.record(incident(), 0)).toBe(1)
    expect(await questions.find(refused().turn)).toMatchObject({ text: refused().text })
    expect(await audit.list(0)).toHaveLength(1)
  })
})

function recall(store: ReturnType<OpenHome['tenants']['open']>) {
  return store.context.recall({ roomId: room, threadRoot: undefined, audience: [], audienceSince: 0, tokenLimit: 1_000_000 })
}
