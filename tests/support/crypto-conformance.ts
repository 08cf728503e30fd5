import { deepEqual, equal, ok } from 'node:assert/strict'
import { finished, installedIndexedDb, openDb, result, type Db, type DbRequest } from './crypto-indexed-db.ts'

const name = 'conformance'

/** Leaves a database that has seen every rule; `checkConformance` looks at it from the next process. */
export async function writeConformance(): Promise<void> {
  const { indexedDB, IDBKeyRange } = installedIndexedDb()
  const db = await openDb(indexedDB, { name, version: 2 }, (made) => {
    const store = made.createObjectStore('s')
    store.createIndex('n', 'n')
    store.createIndex('c', ['a', 'b'])
    store.createIndex('unique', 'id', { unique: true })
    store.createIndex('tags', 'tags', { multiEntry: true })
    made.createObjectStore('auto', { autoIncrement: true })
    made.createObjectStore('gone')
  })
  await writeRecords(db)
  const changing = db.transaction('s', 'readwrite')
  changing.objectStore('s').put({ n: 99 }, 'v2')
  changing.objectStore('s').delete('v3')
  await finished(changing)
  await abortChange(db)
  const walking = db.transaction('s', 'readwrite')
  const cursor = walking.objectStore('s').openCursor(IDBKeyRange.only('v2'))
  cursor.onsuccess = () => cursor.result?.update({ ...(cursor.result.value as object), updated: true })
  await finished(walking)
  db.close()
  await upgrade()
  const deleted = await openDb(indexedDB, { name: 'deleted', version: 1 }, (made) => made.createObjectStore('s').put(1, 1))
  deleted.close()
  await result(indexedDB.deleteDatabase('deleted'))
}

async function writeRecords(db: Db): Promise<void> {
  const transaction = db.transaction(['s', 'auto', 'gone'], 'readwrite')
  const store = transaction.objectStore('s')
  const bytes = new Uint8Array([1, 2, 250])
  store.put({ n: 1, a: 'x', b: 1, bytes, buffer: bytes.buffer.slice(0), date: new Date(5), map: new Map([['k', 1]]), u: undefined }, 'v1')
  store.put({ n: 2, a: 'x', b: 2, id: 'one', tags: ['red', 'red', 'blue'] }, 'v2')
  store.put({ n: 3, a: 'x', b: 3 }, 'v3')
  store.put({ id: 'two', tags: ['red'] }, 'v4')
  store.put('zero\0text', ['array', 1])
  store.put(1, new Uint8Array([9]))
  for (const value of ['a0', 'a1', 'a2']) transaction.objectStore('auto').add(value)
  // an IndexedDB never gives a number out again
  transaction.objectStore('auto').delete(3)
  transaction.objectStore('gone').put(1, 1)
  equal(await finished(transaction), 'complete')
}

async function abortChange(db: Db): Promise<void> {
  const transaction = db.transaction(['s', 'auto'], 'readwrite')
  transaction.objectStore('s').put({ n: 77 }, 'aborted')
  transaction.objectStore('s').delete('v1')
  await result(transaction.objectStore('auto').put('far', 500))
  transaction.abort()
  equal(await finished(transaction), 'abort')
  equal(await result(db.transaction('auto', 'readwrite').objectStore('auto').add('after')), 4)

  const refused = db.transaction('s', 'readwrite')
  refused.objectStore('s').put('in the same transaction', 'refused too')
  const violation = refused.objectStore('s').put({ id: 'two' }, 'second of two')
  await Promise.all([expectError(violation, 'ConstraintError'), finished(refused).then((end) => equal(end, 'abort'))])
}

async function upgrade(): Promise<void> {
  const { indexedDB } = installedIndexedDb()
  const failing = openDb(indexedDB, { name, version: 9 }, (db, transaction) => {
    db.deleteObjectStore('s')
    db.createObjectStore('never').put(1, 1)
    transaction.abort()
  })
  await failing.then(
    () => ok(false, 'an aborted upgrade opened'),
    () => undefined,
  )
  const db = await openDb(indexedDB, { name, version: 3 }, (made, transaction) => {
    made.deleteObjectStore('gone')
    made.createObjectStore('new').put(1, 'k')
    transaction.objectStore('s').createIndex('late', 'b')
  })
  db.close()
}

function expectError(request: DbRequest, error: string): Promise<void> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => {
      reject(new Error(`no ${error}`))
    }
    request.onerror = () => {
      if (request.error?.name === error) resolve()
      else reject(new Error(`${request.error?.name} instead of ${error}`))
    }
  })
}

/** Answers each rule with `ok` or what was wrong. */
export async function checkConformance(): Promise<Readonly<Record<string, string>>> {
  const { indexedDB } = installedIndexedDb()
  const names = (await indexedDB.databases()).map((database) => database.name)
  const db = await openDb(indexedDB, { name })
  const store = () => db.transaction('s').objectStore('s')
  const get = (key: unknown): Promise<unknown> => result(store().get(key))
  const first = (await get('v1')) as Readonly<Record<string, unknown>>
  const rules: Readonly<Record<string, () => unknown>> = {
    version: () => equal(db.version, 3),
    'object stores': () => deepEqual(Array.from(db.objectStoreNames), ['auto', 'new', 's']),
    'typed array': () => deepEqual(first['bytes'], new Uint8Array([1, 2, 250])),
    'own buffer': () => equal((first['bytes'] as Uint8Array).buffer.byteLength, 3),
    buffer: () => equal((first['buffer'] as ArrayBuffer).byteLength, 3),
    'date and map': () => deepEqual([first['date'], first['map']], [new Date(5), new Map([['k', 1]])]),
    undefined: () => ok('u' in first),
    overwrite: async () => deepEqual(await get('v2'), { n: 99, updated: true }),
    delete: async () => equal(await get('v3'), undefined),
    abort: async () => deepEqual([await get('aborted'), typeof first], [undefined, 'object']),
    'refused transaction': async () => deepEqual([await get('refused too'), await get('second of two')], [undefined, undefined]),
    'array key': async () => equal(await get(['array', 1]), 'zero\0text'),
    'binary key': async () => equal(await get(new Uint8Array([9])), 1),
    index: async () => equal(await result(store().index('n').getKey(99)), 'v2'),
    'no stale index entry': async () =>
      deepEqual([await result(store().index('n').getKey(2)), await result(store().index('n').count())], [undefined, 2]),
    'compound index': async () => equal(await result(store().index('c').getKey(['x', 1])), 'v1'),
    'multi entry': async () => deepEqual(await result(store().index('tags').getAllKeys()), ['v4']),
    'unique index': async () => {
      const transaction = db.transaction('s', 'readwrite')
      await expectError(transaction.objectStore('s').put({ id: 'two' }, 'another'), 'ConstraintError')
    },
    'index made by an upgrade': async () => equal(await result(store().index('late').getKey(1)), 'v1'),
    'generated keys go on': async () => equal(await result(db.transaction('auto', 'readwrite').objectStore('auto').add('next')), 5),
    'deleted database': () => deepEqual(names, [name]),
  }
  const verdicts: Record<string, string> = {}
  for (const [rule, check] of Object.entries(rules)) {
    verdicts[rule] = await Promise.resolve()
      .then(check)
      .then(() => 'ok', String)
  }
  return verdicts
}
