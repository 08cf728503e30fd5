import { expect, test } from 'vitest'
import { loadInternals, parseInternals, type Internals } from '../../../src/interfaces/matrix/indexed-db/internals.ts'

const { internals } = await loadInternals()

test('the installed fake-indexeddb is the one that is hooked', () => {
  expect(parseInternals(internals)).toBe(internals)
})

const otherVersions: readonly (readonly [string, Partial<Record<keyof Internals, unknown>>])[] = [
  ['RecordStore', { RecordStore: undefined }],
  ['RecordStore.values', { RecordStore: classWithout(internals.RecordStore, 'values') }],
  ['Transaction._markFinished', { Transaction: classWithout(internals.Transaction, '_markFinished') }],
  ['Cursor._iterate', { Cursor: classWithout(internals.Cursor, '_iterate') }],
  ['the fields of ObjectStore', { ObjectStore: objectStoreWithForeignRecords() }],
]

test.each(otherVersions)('a version without %s is refused with the cure', (missing, change) => {
  expect(() => parseInternals({ ...internals, ...change })).toThrow(new RegExp(`fake-indexeddb 6\\.2\\.8.*${missing}.*npm ci`))
})

function classWithout(original: unknown, method: string): unknown {
  const { prototype } = original as { readonly prototype: object }
  return Object.assign(() => undefined, { prototype: Object.create(prototype, { [method]: { value: undefined } }) as object })
}

function objectStoreWithForeignRecords(): unknown {
  const make = function (...args: readonly [never, string, null, boolean]): object {
    return Object.assign(new internals.ObjectStore(...args), { records: { keysAreUnique: true } })
  }
  return Object.assign(make, { prototype: internals.ObjectStore.prototype })
}
