import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3-multiple-ciphers'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { RecordStore } from '../../../src/contracts/record-store.ts'
import { openRecordStore } from '../../../src/data/record-store.ts'
import { startCrypto } from '../../support/crypto-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'crypto-store-'))
const key = new Uint8Array(32).fill(7)
const everything = { from: new Uint8Array(0), until: Uint8Array.of(255) }
let file: string
let made = 0

beforeEach(() => {
  file = join(folder, `${++made}`, 'crypto.db')
})
afterAll(() => {
  rmSync(folder, { recursive: true })
})

function open(options: { readonly key?: Uint8Array } = {}): ReturnType<typeof openRecordStore> {
  return openRecordStore({
    file,
    key: options.key ?? key,
    onFatal(error) {
      throw new Error('fatal', { cause: error })
    },
  })
}

function opened(): RecordStore {
  const result = open()
  if (!result.ok) throw new Error(result.error.sentence)
  return result.value
}

/** `opened`, or the fault's code and the beginning of its sentence. */
function outcome(): string {
  const result = open()
  if (!result.ok) return `${result.error.code}: ${result.error.sentence.replace(file, 'FILE')}`
  result.value[Symbol.dispose]()
  return 'opened'
}

function fill(records: number): void {
  using store = opened()
  store.begin()
  const space = store.newSpace()
  store.writeDatabase({ name: 'filled', version: 1, schema: '[]' }, [space])
  for (let i = 0; i < records; i++) {
    store.space(space).put({ key: Buffer.from(`key ${i}`), subkey: new Uint8Array(0), value: Buffer.alloc(3_000, `MARKER${i}`) })
  }
  store.commit()
}

test('one process holds the store, and only while it lives', async () => {
  const holder = startCrypto(['hold', file])
  await holder.said('READY')
  expect(outcome()).toMatch(/^locked: FILE is held by another process: stop .*\.$/)
  const second = startCrypto(['hold', file])
  await second.ended
  expect(second.lines.join()).toMatch(/^locked: .*another process/)

  holder.child.kill('SIGKILL')
  await holder.ended
  expect(outcome()).toBe('opened')
})

test('the same process cannot open it twice either', async () => {
  const store = opened()
  expect(outcome()).toMatch(/^locked: FILE is held by another process: stop .*\.$/)
  store.begin()
  store.commit()
  store[Symbol.dispose]()
  expect(outcome()).toBe('opened')
})

test('what cannot be opened says why in a sentence', () => {
  fill(100)
  const wrongKey = open({ key: new Uint8Array(32).fill(8) })
  expect(wrongKey).toMatchObject({
    ok: false,
    error: { code: 'wrong-key', sentence: expect.stringContaining('does not open with this key') },
  })

  const connection = new Sqlite(file)
  connection.pragma("cipher='sqlcipher'")
  connection.pragma(`key="x'${Buffer.from(key).toString('hex')}'"`)
  connection.pragma('user_version = 99')
  connection.close()
  expect(outcome()).toMatch(/^newer-schema: FILE was written by a newer version of AI Ops: install .*\.$/)

  writeFileSync(file, 'These are the notes of somebody else.')
  expect(outcome()).toMatch(/^damaged: FILE is damaged: move .* recovery key.*\.$/)
  rmSync(file)
  new Sqlite(file).exec('create table a (b)').close()
  expect(outcome()).toMatch(/^unreadable: FILE cannot be read .*\.$/)
})

test('a damaged page is a fault at open where the page is read then, and else ends the process when it is read', () => {
  fill(300)
  const whole = readFileSync(file)
  damage({ from: 4_096, to: whole.length })
  expect(outcome()).toMatch(/^damaged: FILE is damaged: move .* recovery key.*\.$/)

  writeFileSync(file, whole)
  damage({ from: whole.length - 200 * 4_096, to: whole.length - 100 * 4_096 })
  using store = opened()
  const read = (): unknown => store.space(1).page(everything, { reverse: false, limit: 300, after: undefined })
  expect(read).toThrow(expect.objectContaining({ message: 'fatal', cause: expect.objectContaining({ code: 'damaged' }) }))
})

function damage({ from, to }: { readonly from: number; readonly to: number }): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, Buffer.alloc(to - from, 0x5a), 0, to - from, from)
  closeSync(descriptor)
}

test('a store belongs to one user and device for ever', () => {
  const owner = { userId: '@bot:localhost', deviceId: 'ONE' }
  {
    using store = opened()
    expect(store.owner).toBeUndefined()
    store.claim(owner)
    expect(store.owner).toEqual(owner)
  }
  using store = opened()
  expect(store.owner).toEqual(owner)
  store.claim(owner)
  expect(() => {
    store.claim({ ...owner, deviceId: 'TWO' })
  }).toThrow('@bot:localhost (ONE)')
})

test('nothing readable lies on the disk, neither in the file nor in its log', async () => {
  fill(50)
  const holder = startCrypto(['fill', file])
  await holder.said('complete 3')
  holder.child.kill('SIGKILL')
  await holder.ended
  const found = readdirSync(join(file, '..')).map((name) => {
    const bytes = readFileSync(join(file, '..', name))
    const readable = ['MARKER', 'filled', 'SQLite format'].filter((text) => bytes.includes(text))
    return { name, readable, mode: (statSync(join(file, '..', name)).mode & 0o777).toString(8) }
  })
  expect(found.map(({ name }) => name)).toContain('crypto.db-wal')
  expect(found.filter(({ readable, mode }) => readable.length > 0 || mode !== '600')).toEqual([])
})

test('spaces that a database no longer names lose their records, and no others do', () => {
  using store = opened()
  const [kept, dropped, other] = [store.newSpace(), store.newSpace(), store.newSpace()]
  store.begin()
  store.writeDatabase({ name: 'a', version: 1, schema: '[]' }, [kept, dropped])
  store.writeDatabase({ name: 'b', version: 1, schema: '[]' }, [other])
  for (const id of [kept, dropped, other]) store.space(id).put({ key: Uint8Array.of(1), subkey: Uint8Array.of(), value: Uint8Array.of(id) })
  store.commit()
  const counts = (): readonly number[] => [kept, dropped, other].map((id) => store.space(id).count(everything))
  store.writeDatabase({ name: 'a', version: 2, schema: '[]' }, [kept])
  expect(counts()).toEqual([1, 0, 1])
  store.removeDatabase('a')
  expect(counts()).toEqual([0, 0, 1])
  expect(store.databases()).toEqual([{ name: 'b', version: 1, schema: '[]' }])
})
