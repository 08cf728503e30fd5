import {
  finished,
  openDb,
  result,
  type Db,
  type DbCursor,
  type DbRequest,
  type DbSource,
  type IndexedDbGlobals,
} from './crypto-indexed-db.ts'

/**
 * Runs a random but repeatable workload over everything IndexedDB offers and answers what a user of it saw, line by line:
 * two implementations that keep the rules say the same.
 */
export async function runWorkload(globals: IndexedDbGlobals, seed: number, rounds: number): Promise<readonly string[]> {
  const random = createRandom(seed)
  const lines: string[] = []
  const name = `workload-${seed}`
  let db = await openDb(globals.indexedDB, { name, version: 1 }, (made) => {
    const plain = made.createObjectStore('plain')
    plain.createIndex('n', 'n')
    plain.createIndex('compound', ['n', 'text'])
    plain.createIndex('tags', 'tags', { multiEntry: true })
    made.createObjectStore('unique').createIndex('u', 'text', { unique: true })
    made.createObjectStore('auto', { keyPath: 'id', autoIncrement: true })
  })
  for (let round = 0; round < rounds; round++) {
    lines.push(`round ${round}: ${await change(db, random)}`)
    lines.push(...(await look(db, globals, random)))
    if (round % 10 === 9) {
      db.close()
      db = await upgrade(globals, { name, version: 2 + (round - 9) / 10 }, { random, lines })
    }
  }
  db.close()
  return lines
}

async function change(db: Db, random: Random): Promise<string> {
  const transaction = db.transaction(['plain', 'unique', 'auto'], 'readwrite')
  const end = finished(transaction)
  const seen: string[] = []
  const note = (what: string, request: DbRequest, keepsGoing = true): void => {
    request.onsuccess = () => void seen.push(`${what}=${show(request.result)}`)
    request.onerror = (event) => {
      seen.push(`${what}!${request.error?.name}`)
      if (!keepsGoing) return
      event.preventDefault()
      event.stopPropagation()
    }
  }
  for (let i = random.below(8); i >= 0; i--) {
    const store = transaction.objectStore(random.pick(['plain', 'plain', 'unique']))
    switch (random.below(7)) {
      case 0:
        note('add', store.add(randomValue(random), randomKey(random)), random.below(4) > 0)
        break
      case 1:
        note('delete', store.delete(randomKey(random)))
        break
      case 2:
        note('auto', transaction.objectStore('auto').add({ text: random.below(100) }))
        break
      case 3:
        if (random.below(10) === 0) note('clear', store.clear())
        break
      default:
        note('put', store.put(randomValue(random), randomKey(random)))
    }
  }
  const fate = random.below(10)
  if (fate < 2) transaction.abort()
  else if (fate < 5) await walkAndChange(transaction.objectStore('plain'), random, seen)
  return `${seen.join(' ')} ${await end} ${transaction.error?.name ?? ''}`
}

function walkAndChange(store: DbSource, random: Random, seen: string[]): Promise<void> {
  return new Promise((resolve) => {
    const request = store.openCursor(undefined, random.pick(['next', 'prev']))
    let left = 6
    request.onerror = () => {
      resolve()
    }
    request.onsuccess = () => {
      const cursor = request.result
      if (!cursor || left-- === 0) return resolve()
      seen.push(`at ${show(cursor.key)}`)
      if (random.below(3) === 0) cursor.delete()
      else if (random.below(2) === 0) cursor.update(randomValue(random))
      cursor.continue()
    }
  })
}

async function look(db: Db, { IDBKeyRange }: IndexedDbGlobals, random: Random): Promise<readonly string[]> {
  const transaction = db.transaction(['plain', 'unique', 'auto'])
  const plain = transaction.objectStore('plain')
  const sources: readonly DbSource[] = [plain, plain.index('compound'), plain.index('tags'), transaction.objectStore('unique').index('u')]
  const lines: string[] = []
  for (const source of sources) {
    const range = randomRange(IDBKeyRange, random)
    lines.push(show(await Promise.all([source.count(), source.count(range), source.getAllKeys(), source.getAll(range, 3)].map(result))))
    const records = await result(
      source.getAllRecords({ query: range, count: 4, direction: random.pick(['prev', 'prevunique', 'nextunique']) }),
    )
    lines.push(records.map(({ key, primaryKey, value }) => show([key, primaryKey, value])).join())
    lines.push(show(await Promise.all([source.get(randomKey(random)), source.getKey(randomKey(random))].map(result))))
    lines.push(await walk(source.openCursor(range, random.pick(['next', 'nextunique', 'prev', 'prevunique'])), random))
    lines.push(await walk(source.openKeyCursor(undefined, random.pick(['next', 'nextunique', 'prev', 'prevunique'])), random))
  }
  lines.push(show(await result(transaction.objectStore('auto').getAll())))
  return lines
}

function walk(request: DbRequest<DbCursor | null>, random: Random): Promise<string> {
  return new Promise((resolve) => {
    const seen: string[] = []
    request.onerror = () => {
      resolve(`${seen.join(' ')} ${request.error?.name}`)
    }
    request.onsuccess = () => {
      const cursor = request.result
      if (!cursor) return resolve(seen.join(' '))
      seen.push(`${show(cursor.key)}>${show(cursor.primaryKey)}:${show(cursor.value)}`)
      step(cursor, random, seen)
    }
  })
}

function step(cursor: DbCursor, random: Random, seen: string[]): void {
  const way = random.below(6)
  try {
    if (way === 0) return cursor.advance(1 + random.below(3))
    if (way === 1) return cursor.continue(randomKey(random))
    if (way === 2) return cursor.continuePrimaryKey(randomKey(random), randomKey(random))
  } catch (error) {
    // a target behind the cursor, or a cursor that knows no primary keys
    seen.push(error instanceof Error ? error.name : '?')
  }
  cursor.continue()
}

async function upgrade(
  { indexedDB }: IndexedDbGlobals,
  at: { readonly name: string; readonly version: number },
  { random, lines }: { readonly random: Random; readonly lines: string[] },
): Promise<Db> {
  const fails = random.below(2) === 0
  const change = (db: Db, store: ReturnType<Db['createObjectStore']>): void => {
    store.deleteIndex('n')
    store.createIndex('n', random.pick(['n', 'text']))
    db.deleteObjectStore('auto')
    db.createObjectStore('auto', { keyPath: 'id', autoIncrement: true }).add({ text: 'first' })
  }
  const { name, version } = at
  if (fails) {
    const failing = openDb(indexedDB, { name, version }, (db, transaction) => {
      change(db, transaction.objectStore('plain'))
      transaction.abort()
    })
    lines.push(await failing.then(String, String))
  }
  const db = await openDb(indexedDB, { name, version }, (made, transaction) => {
    change(made, transaction.objectStore('plain'))
  })
  lines.push(`version ${db.version}: ${Array.from(db.objectStoreNames).join()} ${show(await indexedDB.databases())}`)
  return db
}

interface Random {
  below(limit: number): number
  pick<Value>(from: readonly Value[]): Value
}

/** Repeatable numbers (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed
  const below = (limit: number): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
  return { below, pick: (from) => from[below(from.length)] as (typeof from)[number] }
}

const singleKeys: readonly unknown[] = [-1, 0.5, 2, 3, new Date(7), '', 'a', 'a\0', 'ab', 'ä', '\uffff', '\ud83d\ude00', 'text 1', 'text 2']
const otherKeys: readonly unknown[] = [Uint8Array.of(0), Uint8Array.of(0, 1), [], ['a'], ['a', 1], [['a'], 1], [1, 'text 1']]
const keys = singleKeys.concat(otherKeys)

function randomKey(random: Random): unknown {
  return random.pick(keys)
}

function randomRange(ranges: IndexedDbGlobals['IDBKeyRange'], random: Random): unknown {
  const [lower, upper] = [randomKey(random), randomKey(random)]
  try {
    return random.pick([
      () => ranges.only(lower),
      () => ranges.lowerBound(lower, true),
      () => ranges.lowerBound(lower),
      () => ranges.upperBound(upper, true),
      () => ranges.bound(lower, upper, random.below(2) === 0, random.below(2) === 0),
    ])()
  } catch {
    return ranges.upperBound(upper)
  }
}

function randomValue(random: Random): unknown {
  const tags = Array.from({ length: random.below(4) }, () => random.below(3))
  return {
    n: random.pick([1, 2, 3, undefined, 'no number', null]),
    text: `text ${random.below(5)}`,
    tags: random.pick([tags, 1, ['b', 'b', null]]),
    bytes: new Uint8Array([random.below(255)]),
    map: new Map([[1, new Date(random.below(9))]]),
  }
}

function show(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (part instanceof ArrayBuffer) return `buffer ${Buffer.from(part).toString('hex')}`
    if (ArrayBuffer.isView(part)) return `${part.constructor.name} ${Buffer.from(part.buffer).toString('hex')}`
    if (part instanceof Map) return { map: [...part] }
    return part
  })
}
