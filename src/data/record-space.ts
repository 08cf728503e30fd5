import type { RecordSpace, StoredRecord } from '../contracts/record-store.ts'
import type { Connection } from './database.ts'

/**
 * Prepares the statements that every space of a record store shares, and answers the spaces by id. All work goes through
 * `guarded`, which decides what a failure of the file means.
 */
export function prepareSpaces(connection: Connection, guarded: <Value>(work: () => Value) => Value): (id: number) => RecordSpace {
  const statements = prepareStatements(connection)
  return (id) => ({
    first: (range) => guarded(() => statements.up.get(id, range.from, range.until, 1)),
    page: (range, { reverse, limit, after }) =>
      guarded(() => {
        // a record outside the range may stand for a cursor's position: then the range's own edge is the narrower one
        if (reverse) {
          return after && Buffer.compare(after.key, range.until) < 0
            ? statements.downBefore.all(id, after.key, after.subkey, range.from, limit)
            : statements.down.all(id, range.from, range.until, limit)
        }
        return after && Buffer.compare(after.key, range.from) >= 0
          ? statements.upAfter.all(id, after.key, after.subkey, range.until, limit)
          : statements.up.all(id, range.from, range.until, limit)
      }),
    count: (range) => guarded(() => statements.count.get(id, range.from, range.until)?.records ?? 0),
    put: ({ key, subkey, value }) => void guarded(() => statements.put.run(id, key, subkey, value)),
    remove: (range) => void guarded(() => statements.remove.run(id, range.from, range.until)),
    removeOne: (key, subkey) => void guarded(() => statements.removeOne.run(id, key, subkey)),
    sequence: () => guarded(() => statements.sequence.get(id)?.sequence ?? 0),
    setSequence: (sequence) => void guarded(() => statements.setSequence.run(sequence, id)),
  })
}

type Bytes = Uint8Array

function prepareStatements(connection: Connection) {
  const select = 'select key, subkey, value from records where space = ?'
  const up = 'order by key, subkey limit ?'
  const down = 'order by key desc, subkey desc limit ?'
  return {
    up: connection.prepare<[number, Bytes, Bytes, number], StoredRecord>(`${select} and key >= ? and key < ? ${up}`),
    // one bound per side: with two lower bounds SQLite may seek to the outer one and read its way to the inner one
    upAfter: connection.prepare<[number, Bytes, Bytes, Bytes, number], StoredRecord>(
      `${select} and (key, subkey) > (?, ?) and key < ? ${up}`,
    ),
    down: connection.prepare<[number, Bytes, Bytes, number], StoredRecord>(`${select} and key >= ? and key < ? ${down}`),
    downBefore: connection.prepare<[number, Bytes, Bytes, Bytes, number], StoredRecord>(
      `${select} and (key, subkey) < (?, ?) and key >= ? ${down}`,
    ),
    count: connection.prepare<[number, Bytes, Bytes], { records: number }>(
      'select count(*) as records from records where space = ? and key >= ? and key < ?',
    ),
    put: connection.prepare<[number, Bytes, Bytes, Bytes]>(
      'insert into records values (?, ?, ?, ?) on conflict do update set value = excluded.value',
    ),
    remove: connection.prepare<[number, Bytes, Bytes]>('delete from records where space = ? and key >= ? and key < ?'),
    removeOne: connection.prepare<[number, Bytes, Bytes]>('delete from records where space = ? and key = ? and subkey = ?'),
    sequence: connection.prepare<[number], { sequence: number }>('select sequence from spaces where id = ?'),
    setSequence: connection.prepare<[number, number]>('update spaces set sequence = ? where id = ?'),
  }
}
