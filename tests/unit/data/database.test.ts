import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3-multiple-ciphers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CommitError, openDatabase, type DatabaseOptions, type Migration } from '../../../src/data/database.ts'
import { expectFault, expectValue } from './open-stores.ts'
import { makeTemporaryHome, type TemporaryHome } from './temporary-home.ts'

const first: Migration = 'create table note (id integer primary key, text text not null) strict;'
const second: Migration = (connection) => {
  connection.exec("alter table note add column kind text not null default 'old'")
}
const key = new Uint8Array(32).fill(3)

describe('openDatabase', () => {
  let home: TemporaryHome
  let file: string
  beforeEach(() => {
    home = makeTemporaryHome()
    file = join(home.path, 'deep', 'notes.db')
  })
  afterEach(() => home[Symbol.dispose]())

  const open = (changes: Partial<DatabaseOptions> = {}) =>
    openDatabase({ file, key, migrations: [first], synchronous: 'full', probe: 'whole', ...changes })
  const fill = (count: number) => {
    using database = expectValue(open())
    const add = database.connection.prepare('insert into note (text) values (?)')
    database.transaction(() => {
      for (let n = 0; n < count; n++) add.run(`marzipan ${n} ${'x'.repeat(200)}`)
    })
  }

  it('makes a file that only its user can read, durable and without leftovers', () => {
    using database = expectValue(open())
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(statSync(`${file}-wal`).mode & 0o777).toBe(0o600)
    const settings = ['journal_mode', 'synchronous', 'secure_delete', 'foreign_keys', 'temp_store', 'cipher'].map((name) =>
      database.connection.pragma(name, { simple: true }),
    )
    expect(settings).toEqual(['wal', 2, 1, 1, 2, 'sqlcipher'])
  })

  it('goes forward step by step and keeps what is there', () => {
    fill(1)
    using database = expectValue(open({ migrations: [first, second] }))
    expect(database.connection.prepare('select kind from note').get()).toEqual({ kind: 'old' })
    expect(database.connection.pragma('user_version', { simple: true })).toBe(2)
  })

  it('takes a migration whole or not at all', () => {
    fill(1)
    const broken: Migration = (connection) => {
      connection.exec('drop table note')
      throw new Error('a mistake of ours')
    }
    expect(() => open({ migrations: [first, broken] })).toThrow('a mistake of ours')
    using database = expectValue(open())
    expect(database.connection.prepare('select count(*) as count from note').get()).toEqual({ count: 1 })
  })

  it('refuses a newer schema and leaves its bytes alone', () => {
    expectValue(open({ migrations: [first, second] }))[Symbol.dispose]()
    const before = readFileSync(file)
    const fault = expectFault(open())
    expect(fault).toMatchObject({ code: 'newer-schema', file })
    expect(fault.sentence).toMatch(/notes\.db was written by a newer version of AI Ops \(schema 2, this version knows 1\): install/)
    expect(readFileSync(file).equals(before)).toBe(true)
  })

  it('tells a wrong key, and what to do', () => {
    fill(1)
    const fault = expectFault(open({ key: new Uint8Array(32).fill(4) }))
    expect(fault).toMatchObject({ code: 'wrong-key', file })
    expect(fault.sentence).toMatch(/notes\.db does not open with this key: give the master key/)
    expect(open().ok).toBe(true)
  })

  it('takes no key of another length', () => {
    expect(() => open({ key: new Uint8Array(16) })).toThrow(RangeError)
  })

  it.each([1, 5, 10])('finds a damaged page (%i)', (page) => {
    fill(200)
    const bytes = readFileSync(file)
    bytes.fill(9, page * 4096 + 100, page * 4096 + 200)
    writeFileSync(file, bytes)
    const fault = expectFault(open())
    expect(fault.code).toBe('damaged')
    expect(fault.sentence).toMatch(/is damaged .*: stop AI Ops, keep a copy of the file, and restore notes\.db from a backup\.$/)
  })

  it('finds a file that was cut short', () => {
    fill(200)
    writeFileSync(file, readFileSync(file).subarray(0, 4096 * 5))
    expect(expectFault(open()).code).toBe('damaged')
  })

  it('knows files that are not ours', () => {
    mkdirSync(join(home.path, 'deep'))
    new Sqlite(file).exec('create table a (b)').close()
    const plain = expectFault(open())
    expect(plain.code).toBe('unreadable')
    expect(plain.sentence).toContain('it is a plain SQLite file, not one of ours; move it away')
    writeFileSync(file, 'once upon a time '.repeat(100))
    expect(expectFault(open()).code).toBe('damaged')
  })

  it('tells a folder in the way, and a folder that cannot be written', () => {
    mkdirSync(file, { recursive: true })
    expect(expectFault(open()).code).toBe('unreadable')
    writeFileSync(join(home.path, 'plain-file'), '')
    expect(expectFault(open({ file: join(home.path, 'plain-file', 'notes.db') })).code).toBe('unreadable')
  })

  it.skipIf(process.getuid?.() === 0)(
    'tells a file of someone else (skipped as root, who may read everything: run the tests as an ordinary user)',
    () => {
      fill(1)
      chmodSync(file, 0o000)
      expect(expectFault(open()).sentence).toMatch(/cannot be read or written .*: check that the file, its folder and the disk belong/)
    },
  )

  it('tells that another process holds the file', () => {
    using database = expectValue(open())
    database.connection.pragma('locking_mode = exclusive')
    database.connection.exec('begin exclusive')
    const fault = expectFault(open({ busyTimeoutMs: 0 }))
    expect(fault.code).toBe('locked')
    expect(fault.sentence).toMatch(/is held by another process: stop the other AI Ops/)
  })

  it('tells that the disk is full', () => {
    fill(1)
    const filling: Migration = (connection) => {
      connection.pragma('max_page_count = 8')
      connection.prepare('insert into note (text) values (?)').run('x'.repeat(100_000))
    }
    const fault = expectFault(open({ migrations: [first, filling] }))
    expect(fault.code).toBe('no-space')
    expect(fault.sentence).toMatch(/no space left to write .*notes\.db: free some disk space/)
  })

  it('rolls back what throws, and goes on', () => {
    using database = expectValue(open())
    const add = database.connection.prepare('insert into note (text) values (?)')
    expect(() =>
      database.transaction(() => {
        add.run('lost')
        throw new Error('stop')
      }),
    ).toThrow('stop')
    database.transaction(() => add.run('kept'))
    expect(database.connection.prepare('select text from note').all()).toEqual([{ text: 'kept' }])
  })

  it('waits for the disk in every transaction that does not say otherwise', () => {
    using database = expectValue(open())
    const durability = () => database.connection.pragma('synchronous', { simple: true })
    const [normal, full] = [1, 2]
    expect(database.transaction(durability)).toBe(full)
    expect(database.transaction(durability, { durability: 'normal' })).toBe(normal)
    expect(database.transaction(durability)).toBe(full)
  })

  it('tells a failed commit from every other error', () => {
    const deferred: Migration = `
      create table parent (id integer primary key);
      create table child (parent integer references parent deferrable initially deferred);`
    using database = expectValue(open({ migrations: [deferred] }))
    const calls: string[] = []
    const points = { before: () => calls.push('before'), after: () => calls.push('after') }
    expect(() => database.transaction(() => database.connection.exec('insert into child values (1)'), { points })).toThrow(CommitError)
    expect(calls).toEqual(['before'])
    expect(database.connection.inTransaction).toBe(false)
  })

  it('leaves no readable byte in any file', () => {
    fill(50)
    using database = expectValue(open())
    database.connection.prepare('insert into note (text) values (?)').run('marzipan in the log')
    expect(home.filesWith('marzipan')).toEqual([])
  })

  it('holds all of a transaction or nothing after kill -9 between two statements', async () => {
    fill(3)
    const script = `
      import { openDatabase } from '${new URL('../../../src/data/database.ts', import.meta.url).href}'
      const opened = openDatabase({ file: process.argv[1], key: new Uint8Array(32).fill(3), migrations: ['x'], synchronous: 'full', probe: 'whole' })
      // a small cache pushes pages of the open transaction into the log
      opened.value.connection.pragma('cache_size = 10')
      opened.value.transaction(() => {
        opened.value.connection.exec("delete from note where id = 1")
        for (let n = 0; n < 2000; n++) opened.value.connection.exec("insert into note (text) values ('" + 'y'.repeat(500) + "')")
        process.kill(process.pid, 'SIGKILL')
      })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, file], { stdio: ['ignore', 'ignore', 'inherit'] })
    const [, signal] = (await once(child, 'exit')) as [number | null, string | null]
    expect(signal).toBe('SIGKILL')
    expect(statSync(`${file}-wal`).size).toBeGreaterThan(100_000)
    using database = expectValue(open())
    expect(database.connection.prepare('select count(*) as count, min(id) as lowest from note').get()).toEqual({ count: 3, lowest: 1 })
  })
})
