import { IDBFactory } from 'fake-indexeddb'
import { expect, test } from 'vitest'
import { decodeKey, encodeKey, highestKey, justAfter, lowestKey } from '../../../src/interfaces/matrix/indexed-db/key-encoding.ts'
import type { DbFactory } from '../../support/crypto-indexed-db.ts'
import { createRandom } from '../../support/crypto-workload.ts'

const indexedDB = new IDBFactory() as unknown as DbFactory
const random = createRandom(20_261)

const numbers: readonly number[] = [0, 1, -1, 0.1, -0.1, 1e300, -1e300, 5e-324, -5e-324, Infinity, -Infinity, 2 ** 53, 255, 256]
// around every border of the encoding, and surrogates, which UTF-8 would put elsewhere
const units: readonly number[] = [0, 1, 0x61, 0x7e, 0x7f, 0x80, 0xff, 0x100, 0x407e, 0x407f, 0x4080, 0xd83d, 0xde00, 0xfffe, 0xffff]

function randomKey(depth = 0): unknown {
  const length = random.below(4)
  switch (random.below(depth < 3 ? 5 : 4)) {
    case 0:
      return random.pick(numbers)
    case 1:
      return new Date(random.pick([0, 1, -1, 8.64e15, -8.64e15, 1_700_000_000_000]))
    case 2:
      return String.fromCharCode(...Array.from({ length }, () => random.pick(units)))
    case 3:
      return Uint8Array.from({ length: length + 1 }, () => random.pick([0, 1, 0x7e, 0x7f, 0x80, 0xff])).buffer
    default:
      return Array.from({ length }, () => randomKey(depth + 1))
  }
}

test('encoded keys compare as IndexedDB compares the keys', () => {
  const keys = [...numbers, ...units.map((unit) => String.fromCharCode(unit)), ...Array.from({ length: 400 }, () => randomKey())]
  const different = keys.flatMap((first) => {
    const encoded = encodeKey(first)
    return keys
      .filter((second) => Math.sign(Buffer.compare(encoded, encodeKey(second))) !== indexedDB.cmp(first, second))
      .map((second) => [first, second])
  })
  expect(different).toEqual([])
})

test('a key comes back as it was', () => {
  for (let i = 0; i < 2_000; i++) {
    const key = randomKey()
    expect(decodeKey(encodeKey(key))).toEqual(key)
  }
})

test('the bounds enclose every key, and nothing lies between a key and what is just after it', () => {
  const keys = Array.from({ length: 300 }, () => encodeKey(randomKey()))
  for (const key of keys) {
    expect(Buffer.compare(lowestKey, key)).toBe(-1)
    expect(Buffer.compare(key, highestKey)).toBe(-1)
    const between = keys.filter((other) => Buffer.compare(other, key) > 0 && Buffer.compare(other, justAfter(key)) <= 0)
    expect(between).toEqual([])
  }
})

test('large and deep keys are no exception', () => {
  const text = 'key \0\uffff'.repeat(40_000)
  expect(decodeKey(encodeKey(text)) === text).toBe(true)
  let deep: unknown = 'core'
  for (let depth = 0; depth < 500; depth++) deep = [deep]
  expect(JSON.stringify(decodeKey(encodeKey(deep)))).toBe(JSON.stringify(deep))
  expect(indexedDB.cmp(decodeKey(encodeKey(-0)), 0)).toBe(0)
})

test('what is no key is refused', () => {
  for (const key of [undefined, null, true, {}, ['a', undefined]]) expect(() => encodeKey(key)).toThrow(TypeError)
  for (const bytes of [[], [0x99], [0x30, 0x62], [0x50, 0x10, 1]]) expect(() => decodeKey(Uint8Array.from(bytes))).toThrow(RangeError)
})
