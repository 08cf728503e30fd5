import { Deserializer, Serializer } from 'node:v8'
import type { RecordPage, RecordRange, RecordSpace, RecordStore, StoredRecord } from '../../../contracts/record-store.ts'
import type { Internals, RawCursor, RawKeyRange, RawRecord, RawRecords, RecordsMethods } from './internals.ts'
import { decodeKey, encodeKey, highestKey, justAfter, lowestKey } from './key-encoding.ts'

/** The link between the library's record objects and the spaces of the store. */
export interface StoredRecords {
  /** The id of the space behind these records; a new one the first time. */
  readonly idOf: (records: RawRecords) => number
  readonly spaceOf: (records: RawRecords) => RecordSpace
  /** Ties records that were just made to what is stored already. */
  readonly bind: (records: RawRecords, id: number) => void
  /** While `work` runs, records neither change nor are found: SQLite has rolled back what the library undoes by hand. */
  readonly ignoringChanges: (work: () => void) => void
}

/** Set only within one call into the library, which never waits. */
interface CallState {
  isIgnoring: boolean
  cursorStart: CursorStart | undefined
}

interface CursorStart {
  readonly records: RawRecords
  readonly range: RecordRange
  readonly after: RecordPage['after']
}

/** Replaces the library's in-memory records, of every database it will open, by the spaces of the store. */
export function storeRecordsIn(store: RecordStore, internals: Internals): StoredRecords {
  const state: CallState = { isIgnoring: false, cursorStart: undefined }
  const ids = new WeakMap<RawRecords, number>()
  const spaces = new WeakMap<RawRecords, RecordSpace>()
  const idOf = (records: RawRecords): number => {
    const id = ids.get(records) ?? store.newSpace()
    ids.set(records, id)
    return id
  }
  const spaceOf = (records: RawRecords): RecordSpace => {
    const space = spaces.get(records) ?? store.space(idOf(records))
    spaces.set(records, space)
    return space
  }
  hookRecords(spaceOf, internals, state)
  hookCounts(spaceOf, internals)
  hookCursors(internals, state)
  return {
    idOf,
    spaceOf,
    bind: (records, id) => void ids.set(records, id),
    ignoringChanges(work) {
      state.isIgnoring = true
      try {
        work()
      } finally {
        state.isIgnoring = false
      }
    },
  }
}

function hookRecords(spaceOf: StoredRecords['spaceOf'], internals: Internals, state: CallState): void {
  const { KeyRange } = internals
  const methods: RecordsMethods = {
    get(keyOrRange) {
      if (state.isIgnoring) return undefined
      const found = spaceOf(this).first(toRange(keyOrRange, KeyRange))
      return found && toRecord(found, this)
    },
    put(record, noOverwrite = false) {
      if (state.isIgnoring) return undefined
      const space = spaceOf(this)
      const key = encodeKey(record.key)
      if (!this.keysAreUnique) {
        space.put({ key, subkey: encodeKey(record.value), value: nothing })
        return undefined
      }
      const existing = space.first(only(key))
      if (existing && noOverwrite) throw new DOMException('A record with this key exists already.', 'ConstraintError')
      space.put({ key, subkey: nothing, value: serialize(record.value) })
      return existing && toRecord(existing, this)
    },
    delete(keyOrRange) {
      if (state.isIgnoring) return []
      const range = toRange(keyOrRange, KeyRange)
      const removed = spaceOf(this).page(range, { reverse: false, limit: Number.MAX_SAFE_INTEGER, after: undefined })
      if (removed.length > 0) spaceOf(this).remove(range)
      return removed.map((record) => toRecord(record, this))
    },
    deleteByKeyAndValue(key, value) {
      if (state.isIgnoring) return
      const encoded = encodeKey(key)
      if (!this.keysAreUnique) return spaceOf(this).removeOne(encoded, encodeKey(value))
      const found = spaceOf(this).first(only(encoded))
      if (found && Buffer.compare(encodeKey(deserialize(found.value)), encodeKey(value)) === 0) spaceOf(this).removeOne(encoded, nothing)
    },
    clear() {
      if (!state.isIgnoring) spaceOf(this).remove(everything)
      // the library wants the removed records for undoing by hand only
      return []
    },
    values(range, direction = 'next') {
      if (state.isIgnoring) return []
      const reverse = direction.startsWith('prev')
      const whole = { range: range ? boundsOf(range) : everything, after: undefined }
      if (direction.endsWith('unique')) return iterateUnique(this, spaceOf(this), { ...whole, reverse })
      const start = state.cursorStart?.records === this ? state.cursorStart : whole
      return iterate(this, spaceOf(this), { ...start, reverse })
    },
    size() {
      return spaceOf(this).count(everything)
    },
  }
  Object.assign(internals.RecordStore.prototype, methods)
}

/** The library counts by reading every record. */
function hookCounts(spaceOf: StoredRecords['spaceOf'], { ObjectStore, Index }: Internals): void {
  ObjectStore.prototype.count = function (range) {
    return spaceOf(this.records).count(range ? boundsOf(range) : everything)
  }
  Index.prototype.count = function (range) {
    return spaceOf(this.records).count(range ? boundsOf(range) : everything)
  }
}

/**
 * The library starts each step of a cursor at the edge of its range and reads up to the cursor's position, which takes
 * quadratic time. Its own checks stay; they only see no record before the position any more.
 */
function hookCursors({ Cursor }: Internals, state: CallState): void {
  const step = Cursor.prototype._iterate
  Cursor.prototype._iterate = function (key, primaryKey) {
    state.cursorStart = startOf(this, key)
    try {
      return step.call(this, key, primaryKey)
    } finally {
      state.cursorStart = undefined
    }
  }
}

function startOf(cursor: RawCursor, target: unknown): CursorStart {
  const records = '_rawIndex' in cursor.source ? cursor.source._rawIndex.records : cursor.source._rawObjectStore.records
  const isForward = cursor.direction.startsWith('next')
  let range = cursor._range ? boundsOf(cursor._range) : everything
  if (target !== undefined) {
    const encoded = encodeKey(target)
    range = narrow(range, isForward ? { from: encoded } : { until: justAfter(encoded) })
  }
  if (cursor._position === undefined) return { records, range, after: undefined }
  const key = encodeKey(cursor._position)
  if (cursor.direction.endsWith('unique')) {
    return { records, range: narrow(range, isForward ? { from: justAfter(key) } : { until: key }), after: undefined }
  }
  return { records, range, after: { key, subkey: records.keysAreUnique ? nothing : encodeKey(cursor._objectStorePosition) } }
}

function narrow(range: RecordRange, by: Partial<RecordRange>): RecordRange {
  return {
    from: by.from && Buffer.compare(by.from, range.from) > 0 ? by.from : range.from,
    until: by.until && Buffer.compare(by.until, range.until) < 0 ? by.until : range.until,
  }
}

/** Reads in pages, small ones first: a cursor's step takes one record. No statement stays open between two records. */
function* iterate(
  records: RawRecords,
  space: RecordSpace,
  from: Omit<CursorStart, 'records'> & { readonly reverse: boolean },
): Generator<RawRecord> {
  let { after } = from
  for (let limit = 1; ; limit = Math.min(limit * 4, 256)) {
    const page = space.page(from.range, { reverse: from.reverse, limit, after })
    for (const record of page) yield toRecord(record, records)
    after = page.at(-1)
    if (page.length < limit) return
  }
}

/** The first record of each key, in both directions, as IndexedDB has it. */
function* iterateUnique(
  records: RawRecords,
  space: RecordSpace,
  { range, reverse }: { readonly range: RecordRange; readonly reverse: boolean },
): Generator<RawRecord> {
  for (let rest = range; ;) {
    const [edge] = space.page(rest, { reverse, limit: 1, after: undefined })
    const first = edge && (reverse ? space.first(only(edge.key)) : edge)
    if (!first) return
    yield toRecord(first, records)
    rest = reverse ? { from: rest.from, until: first.key } : { from: justAfter(first.key), until: rest.until }
  }
}

const nothing = new Uint8Array(0)
const everything: RecordRange = { from: lowestKey, until: highestKey }

function only(key: Uint8Array): RecordRange {
  return { from: key, until: justAfter(key) }
}

function toRange(keyOrRange: unknown, KeyRange: Internals['KeyRange']): RecordRange {
  return keyOrRange instanceof KeyRange ? boundsOf(keyOrRange) : only(encodeKey(keyOrRange))
}

function boundsOf({ lower, upper, lowerOpen, upperOpen }: RawKeyRange): RecordRange {
  const from = lower === undefined ? lowestKey : encodeKey(lower)
  const until = upper === undefined ? highestKey : encodeKey(upper)
  return {
    from: lower !== undefined && lowerOpen ? justAfter(from) : from,
    until: upper !== undefined && !upperOpen ? justAfter(until) : until,
  }
}

/** Reads the value when it is asked for: keys are often all that is wanted. */
function toRecord(stored: StoredRecord, { keysAreUnique }: RawRecords): RawRecord {
  let value: { readonly read: unknown } | undefined
  return {
    key: decodeKey(stored.key),
    get value() {
      value ??= { read: keysAreUnique ? deserialize(stored.value) : decodeKey(stored.subkey) }
      return value.read
    },
  }
}

// not v8.serialize: that one narrows a typed array to its own part of the buffer and gives back views on shared memory
function serialize(value: unknown): Uint8Array {
  const serializer = new Serializer()
  serializer.writeHeader()
  serializer.writeValue(value)
  return serializer.releaseBuffer()
}

function deserialize(bytes: Uint8Array): unknown {
  const deserializer = new Deserializer(bytes)
  deserializer.readHeader()
  return deserializer.readValue()
}
