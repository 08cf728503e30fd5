import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import type { RecordStore } from '../../../src/contracts/record-store.ts'
import { openRecordStore } from '../../../src/data/record-store.ts'
import { installIndexedDb } from '../../../src/interfaces/matrix/indexed-db/install.ts'
import { finished, installedIndexedDb, openDb, result, type Db, type DbCursor, type DbRequest } from '../../support/crypto-indexed-db.ts'

const folder = mkdtempSync(join(tmpdir(), 'crypto-transactions-'))
const log: string[] = []
let rowsRead = 0
const store = logged(
  openRecordStore({
    file: join(folder, 'crypto.db'),
    key: new Uint8Array(32).fill(1),
    onFatal(error) {
      throw error
    },
  }),
)
installIndexedDb(store)
const { indexedDB, IDBKeyRange } = installedIndexedDb()

beforeEach(() => {
  log.length = 0
})
afterAll(() => {
  store[Symbol.dispose]()
  rmSync(folder, { recursive: true })
})

/** The real store; begin, commit, rollback and the rows read are noted. */
function logged(opened: ReturnType<typeof openRecordStore>): RecordStore {
  if (!opened.ok) throw new Error(opened.error.sentence)
  return new Proxy(opened.value, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: readonly unknown[]) => {
        if (['begin', 'commit', 'rollback'].includes(String(name))) log.push(String(name))
        const answer: unknown = Reflect.apply(value, target, args)
        return name === 'space' ? countingRows(answer as ReturnType<RecordStore['space']>) : answer
      }
    },
  })
}

function countingRows(space: ReturnType<RecordStore['space']>): ReturnType<RecordStore['space']> {
  return {
    ...space,
    page(range, page) {
      const rows = space.page(range, page)
      rowsRead += rows.length
      return rows
    },
  }
}

function makeDb(name: string): Promise<Db> {
  return openDb(indexedDB, { name, version: 1 }, (db) => {
    db.createObjectStore('s').createIndex('same', 'same')
    db.createObjectStore('t')
  })
}

test('a transaction is committed before its complete event, and rolled back before its abort event', async () => {
  const db = await makeDb('order')
  log.length = 0
  const kept = db.transaction('s', 'readwrite')
  kept.objectStore('s').put(1, 1)
  await finished(kept)
  log.push('complete')
  const undone = db.transaction('s', 'readwrite')
  await result(undone.objectStore('s').put(2, 1))
  undone.abort()
  await finished(undone)
  log.push('abort')
  expect(log).toEqual(['begin', 'commit', 'complete', 'begin', 'rollback', 'abort'])
  expect(await result(db.transaction('s').objectStore('s').get(1))).toBe(1)
})

test('transactions of two databases do not share their fate', async () => {
  const [one, two] = await Promise.all([makeDb('one'), makeDb('two')])
  const failing = one.transaction('s', 'readwrite')
  const staying = two.transaction('s', 'readwrite')
  const failingEnd = finished(failing)
  const stayingEnd = finished(staying)
  staying.objectStore('s').put('stays', 1)
  const first = failing.objectStore('s').put('goes', 1)
  first.onsuccess = () => {
    const second = failing.objectStore('s').put('goes', 2)
    second.onsuccess = () => {
      failing.abort()
    }
  }
  expect([await failingEnd, await stayingEnd]).toEqual(['abort', 'complete'])
  expect(await result(one.transaction('s').objectStore('s').count())).toBe(0)
  expect(await result(two.transaction('s').objectStore('s').get(1))).toBe('stays')
})

test('reading goes on beside a writer of other records, writers wait for each other', async () => {
  const db = await makeDb('concurrent')
  const order: string[] = []
  const note = (name: string, transaction: ReturnType<Db['transaction']>, steps: number): Promise<unknown> => {
    const names = Array.from({ length: steps }, (_, i) => `${name}${i}`)
    const next = (): void => {
      const step = names.shift()
      if (!step) return
      transaction.objectStore(name === 'reader' ? 't' : 's').get(1).onsuccess = () => {
        order.push(step)
        next()
      }
    }
    next()
    return finished(transaction)
  }
  await Promise.all([
    note('writer', db.transaction('s', 'readwrite'), 4),
    note('reader', db.transaction('t'), 2),
    note('later', db.transaction('s', 'readwrite'), 1),
  ])
  expect(order.indexOf('reader1')).toBeLessThan(order.indexOf('writer3'))
  expect(order.at(-1)).toBe('later0')
})

test('a deletion is durable when it succeeds, whatever else is going on', async () => {
  const [busy, doomed] = await Promise.all([makeDb('busy'), makeDb('doomed')])
  doomed.close()
  const writing = busy.transaction('s', 'readwrite')
  const end = finished(writing)
  let deleted = false
  const deletion = result(indexedDB.deleteDatabase('doomed')).then(() => {
    deleted = true
    return store.databases().map(({ name }) => name)
  })
  await new Promise<void>((resolve) => {
    let steps = 0
    const write = (): void => {
      writing.objectStore('s').put(1, ++steps).onsuccess = () => {
        if (steps < 30) return write()
        writing.abort()
        resolve()
      }
    }
    write()
  })
  expect(deleted).toBe(false)
  expect(await end).toBe('abort')
  expect(await deletion).not.toContain('doomed')
  const again = await makeDb('doomed')
  expect(await result(again.transaction('s').objectStore('s').count())).toBe(0)
})

test('a cursor reads each record once, also among records of the same index key', async () => {
  const db = await makeDb('cursor')
  const transaction = db.transaction('s', 'readwrite')
  for (let i = 0; i < 500; i++) transaction.objectStore('s').put({ same: 1 }, i)
  await finished(transaction)
  const objectStore = db.transaction('s').objectStore('s')
  for (const direction of ['next', 'prev']) {
    rowsRead = 0
    expect(await walk(objectStore.openCursor(undefined, direction))).toBe(500)
    expect(await walk(objectStore.index('same').openKeyCursor(IDBKeyRange.only(1), direction))).toBe(500)
    expect(rowsRead).toBeLessThanOrEqual(1_002)
  }
  rowsRead = 0
  expect(await walk(objectStore.openCursor(), 450)).toBe(51)
  expect(rowsRead).toBeLessThan(60)
})

function walk(request: DbRequest<DbCursor | null>, jumpTo?: number): Promise<number> {
  let count = 0
  return new Promise((resolve) => {
    request.onsuccess = () => {
      if (!request.result) return resolve(count)
      count++
      request.result.continue(count === 1 ? jumpTo : undefined)
    }
  })
}
