import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EventId, TenantId } from '../../../src/contracts/ids.ts'
import { openDatabase } from '../../../src/data/database.ts'
import { edgeMigrations } from '../../../src/data/edge-schema.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { delta, event, family, row, tenant as household } from '../../laws/edge-store-fixtures.ts'
import { message } from '../../laws/memory-laws.ts'
import { expectValue, masterKey, openHome } from './open-stores.ts'
import { makeTemporaryHome, type TemporaryHome } from './temporary-home.ts'

const dayMs = 86_400_000

describe('edge.db', () => {
  let home: TemporaryHome
  beforeEach(() => {
    home = makeTemporaryHome()
  })
  afterEach(() => home[Symbol.dispose]())

  /** Runs `tests/unit/data/edge-store-child.ts` until it ends by itself. */
  const runChild = async (args: readonly string[], shell = '') => {
    const script = new URL('./edge-store-child.ts', import.meta.url).pathname
    const command = [process.execPath, script, home.path, ...args].map((arg) => `'${arg}'`).join(' ')
    const child = spawn('sh', ['-c', `${shell} exec ${command}`], { stdio: ['ignore', 'pipe', 'inherit'] })
    const output: string[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()))
    const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
    return { code, signal, output: output.join('') }
  }

  it.each([
    ['accept-sync.before', { token: 's1', inbox: ['$1'], rows: ['$0'], jobs: 1 }],
    ['accept-sync.after', { token: 's2', inbox: ['$1', '$2', '$3'], rows: ['$0'], jobs: 1 }],
    ['commit-reply.before', { token: 's2', inbox: ['$1', '$2', '$3'], rows: ['$0'], jobs: 1 }],
    ['commit-reply.after', { token: 's2', inbox: ['$3'], rows: ['$0', '$1'], jobs: 2 }],
    ['sent.before', { token: 's2', inbox: ['$3'], rows: ['$0', '$1'], jobs: 2 }],
    ['sent.after', { token: 's2', inbox: ['$3'], rows: ['$1'], jobs: 2 }],
  ])('holds all of a transaction or nothing after kill -9 at %s', async (point, expected) => {
    expect(await runChild(['crash', point])).toMatchObject({ signal: 'SIGKILL' })
    await using open = openHome(home.path)
    const { sync, inbox, outbox } = open.edge
    expect({
      token: (await sync.savedSync())?.token,
      inbox: (await inbox.pending()).map((entry) => entry.eventId),
      rows: (await outbox.pending()).map((pending) => pending.source),
      jobs: (await outbox.jobs()).length,
    }).toEqual(expected)
  })

  it('takes over a file of the first version: what was its own stays its own, under no name', async () => {
    {
      using keys = expectValue(openKeyRing(home.path, masterKey))
      const file = { file: join(home.path, 'edge.db'), key: keys.keyOf('edge'), migrations: edgeMigrations.slice(0, 1) }
      using database = expectValue(openDatabase({ ...file, synchronous: 'full', probe: 'whole' }))
      database.connection.exec("insert into own_event values ('$old', '!family:home', '$root')")
    }
    await using open = openHome(home.path)
    const { outbox } = open.edge
    expect(await outbox.isOwn('$old' as EventId)).toBe(true)
    expect(await outbox.ownThread('$root' as EventId)).toBe(true)
    expect(await outbox.sourceOf('$old' as EventId)).toBeUndefined()
  })

  it('ends the process when the disk takes no more, and never says that a write was done', async () => {
    // no file may grow beyond 256 blocks of 512 bytes: a real error of the operating system
    const { code, output } = await runChild(['fill'], 'ulimit -f 256;')
    expect(output).toMatch(/^(written \d+\n)+fatal (CommitError|SqliteError)\n$/)
    expect(code).toBe(3)
    const written = output.split('\n').filter((line) => line.startsWith('written')).length
    await using open = openHome(home.path)
    expect(await open.edge.outbox.pending()).toHaveLength(written)
  })

  it('settles no promise after it called for the end', async () => {
    const { output, code } = await runChild(['fill-and-go-on'], 'ulimit -f 256;')
    expect(output).toMatch(/fatal \w+\nstill silent\n$/)
    expect(code).toBe(3)
  })

  it('writes no word that people can read into any file', async () => {
    await using open = openHome(home.path)
    const marker = 'marzipan'
    await open.edge.sync.acceptSync({ nextToken: marker, rooms: [delta(family, { events: [event('$1', marker)] })], accountData: [] })
    await open.edge.outbox.commitReply({
      settles: ['$1' as EventId],
      rows: [row(`$${marker}`, { markdown: marker })],
      jobs: [{ tenant: household, kind: 'remember', payload: marker }],
    })
    await open.edge.facts.write(marker, marker)
    await open.tenants.open(household).context.remember(family, undefined, [message('$1', 1, marker)])
    expect(home.filesWith(marker)).toEqual([])
    expect(home.filesWith('SQLite format')).toEqual([])
    await open.tenants[Symbol.asyncDispose]()
    expect(home.filesWith(marker)).toEqual([])
  })

  it('leaves out replies whose tenant is gone, and sends everyone else’s', async () => {
    const told: unknown[] = []
    const log = { info: () => {}, warn: () => {}, error: (name: string, facts: unknown) => told.push([name, facts]) }
    await using open = openHome(home.path, { log })
    const gone = 'gone' as TenantId
    const { outbox } = open.edge
    const job = (tenant: TenantId) => ({ tenant, kind: 'remember', payload: '{}' }) as const
    await outbox.commitReply({ settles: [], rows: [{ ...row('$1'), tenant: gone }, row('$2')], jobs: [job(gone), job(household)] })
    open.keys.destroy(`tenant:${gone}`)
    expect((await outbox.pending()).map((pending) => pending.source)).toEqual(['$2'])
    expect((await outbox.jobs()).map((pending) => pending.tenant)).toEqual([household])
    expect(told).toEqual([
      ['outbox-row-unreadable', { id: 1, tenant: gone }],
      ['job-unreadable', { id: 1, tenant: gone }],
    ])
  })

  it('forgets settled events after 30 days, the newest 500 of each room apart', async () => {
    let now = 100 * dayMs
    await using open = openHome(home.path, { now: () => now })
    const { sync, inbox } = open.edge
    const accept = (events: ReturnType<typeof event>[]) =>
      sync.acceptSync({ nextToken: 's', rooms: [delta(family, { events })], accountData: [] })
    const settle = async (ids: readonly string[]) => {
      await accept(ids.map((id) => event(id)))
      await inbox.settle(ids as EventId[], 'answered')
    }
    await settle(['$oldest'])
    now += dayMs
    await settle(['$old', ...Array.from({ length: 499 }, (_, n) => `$${n}`)])
    now += 29 * dayMs
    // the day's first response prunes after it was taken in
    await accept([])
    await accept([event('$oldest'), event('$old')])
    expect(await inbox.pending()).toEqual([])
    now += 2 * dayMs
    await accept([])
    await accept([event('$oldest'), event('$old')])
    expect((await inbox.pending()).map((entry) => entry.eventId)).toEqual(['$oldest'])
  })
})
