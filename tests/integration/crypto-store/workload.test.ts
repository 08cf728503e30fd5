import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { afterAll, expect, test } from 'vitest'
import { openRecordStore } from '../../../src/data/record-store.ts'
import { installIndexedDb } from '../../../src/interfaces/matrix/indexed-db/install.ts'
import { installedIndexedDb, type DbFactory, type IndexedDbGlobals } from '../../support/crypto-indexed-db.ts'
import { runWorkload } from '../../support/crypto-workload.ts'

const folder = mkdtempSync(join(tmpdir(), 'crypto-workload-'))
afterAll(() => {
  rmSync(folder, { recursive: true })
})

test('a random workload sees the same on SQLite as in memory', async () => {
  const seeds = Array.from({ length: 12 }, (_, i) => 1_000 + i)
  const inMemory: IndexedDbGlobals = { indexedDB: new IDBFactory() as unknown as DbFactory, IDBKeyRange }
  const expected: (readonly string[])[] = []
  for (const seed of seeds) expected.push(await runWorkload(inMemory, seed, 40))

  const opened = openRecordStore({
    file: join(folder, 'crypto.db'),
    key: new Uint8Array(32).fill(1),
    onFatal: (error) => {
      throw error
    },
  })
  if (!opened.ok) throw new Error(opened.error.sentence)
  using store = opened.value
  installIndexedDb(store)
  for (const [i, seed] of seeds.entries()) expect(await runWorkload(installedIndexedDb(), seed, 40), `seed ${seed}`).toEqual(expected[i])
  expect(expected.flat().join().length).toBeGreaterThan(100_000)
})
