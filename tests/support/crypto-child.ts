/**
 * A process of its own for the tests of the crypto store: `crypto-child.ts COMMAND FILE [ARGUMENT]`. What is acknowledged
 * goes out by `writeSync`, so that it is out before the process can die.
 */
import { writeSync } from 'node:fs'
import type { RecordStore } from '../../src/contracts/record-store.ts'
import { openRecordStore } from '../../src/data/record-store.ts'
import { installIndexedDb } from '../../src/interfaces/matrix/indexed-db/install.ts'
import { checkConformance, writeConformance } from './crypto-conformance.ts'
import { finished, installedIndexedDb, openDb, result } from './crypto-indexed-db.ts'
import { churn, importKeys, inspect, openSdk } from './crypto-machine.ts'

const exitOfFatal = 70

function say(line: string): void {
  writeSync(1, `${line}\n`)
}

function open(file: string): RecordStore {
  const opened = openRecordStore({
    file,
    key: new Uint8Array(32).fill(7),
    onFatal(error) {
      say(`fatal ${error.message}`)
      process.exit(exitOfFatal)
    },
  })
  if (!opened.ok) {
    say(`${opened.error.code}: ${opened.error.sentence}`)
    process.exit(2)
  }
  return opened.value
}

/** Writes records until it dies, and says what it was told about each. */
async function fill(): Promise<void> {
  const { indexedDB } = installedIndexedDb()
  const db = await openDb(indexedDB, { name: 'fill', version: 1 }, (made) => made.createObjectStore('s'))
  for (let i = 0; ; i++) {
    const transaction = db.transaction('s', 'readwrite')
    const request = transaction.objectStore('s').put(Buffer.alloc(20_000, 'MARKER'), i)
    request.onsuccess = () => {
      say(`put ${i}`)
    }
    say(`${await finished(transaction)} ${i}`)
  }
}

async function readKeys(): Promise<unknown> {
  const db = await openDb(installedIndexedDb().indexedDB, { name: 'fill' })
  return result(db.transaction('s').objectStore('s').getAllKeys())
}

const commands: Readonly<Record<string, (argument: string) => Promise<unknown>>> = {
  hold: () => new Promise((resolve) => process.stdin.once('end', resolve).resume()),
  fill,
  keys: readKeys,
  'conformance-write': writeConformance,
  'conformance-check': checkConformance,
  churn: (acknowledged) => churn(acknowledged, say),
  inspect,
  import: (count) => importKeys(Number(count)),
  sdk: openSdk,
}

const [command = '', file = '', argument = ''] = process.argv.slice(2)
const started = performance.now()
const store = open(file)
installIndexedDb(store)
say('READY')
const outcome = await commands[command]?.(argument)
say(JSON.stringify({ outcome, ms: Math.round(performance.now() - started), rssMb: Math.round(process.memoryUsage().rss / 1e6) }))
store[Symbol.dispose]()
process.exit(0)
