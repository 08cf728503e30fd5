import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { basename } from 'node:path'
import Sqlite from 'better-sqlite3-multiple-ciphers'
import type { Fault } from '../contracts/result.ts'

/** What can be wrong with a file of the data home; `worker-lost` only where a worker thread stands between. */
export type DataFaultCode = 'wrong-key' | 'newer-schema' | 'damaged' | 'locked' | 'no-space' | 'unreadable' | 'worker-lost'

/** A fault of one file: the sentence names the file and the cure. */
export interface DataFault extends Fault<DataFaultCode> {
  readonly file: string
}

/** A `DataFault` on its way through a rejected promise. */
export class DataError extends Error implements DataFault {
  override readonly name = 'DataError'
  readonly code: DataFaultCode
  readonly file: string

  constructor(fault: DataFault, options?: { readonly cause: unknown }) {
    super(fault.sentence, options)
    this.code = fault.code
    this.file = fault.file
  }

  get sentence(): string {
    return this.message
  }
}

/** The fault behind an error of SQLite or the file system; undefined if it is a mistake of ours and should be thrown on. */
export function dataFaultOf(error: unknown, file: string): DataFault | undefined {
  if (error instanceof DataError) return error
  if (error instanceof Sqlite.SqliteError) return faultOfSqlite(error, file)
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  return dataFault(error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'no-space' : 'unreadable', file, error.message)
}

/** Makes the fault with its sentence; `detail` is what the machine said, without text of people. */
export function dataFault(code: Exclude<DataFaultCode, 'worker-lost'>, file: string, detail = ''): DataFault {
  return { code, file, sentence: sentenceOf(code, file, detail) }
}

const pageBytes = 4096
const plainHeader = 'SQLite format 3\0'

function faultOfSqlite(error: InstanceType<typeof Sqlite.SqliteError>, file: string): DataFault | undefined {
  const { code, message } = error
  if (code === 'SQLITE_NOTADB') return faultOfFirstPage(file, message)
  if (code.startsWith('SQLITE_CORRUPT')) return dataFault('damaged', file, message)
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return dataFault('locked', file)
  if (code === 'SQLITE_FULL') return dataFault('no-space', file)
  if (/^SQLITE_(CANTOPEN|IOERR|PERM|READONLY|AUTH|NOLFS)/.test(code)) return dataFault('unreadable', file, message)
  return undefined
}

/** A key that does not fit and a first page that was written over look alike; a plain file and a cut one tell themselves apart. */
function faultOfFirstPage(file: string, detail: string): DataFault {
  const bytes = readStart(file)
  if (bytes.start === plainHeader) return dataFault('unreadable', file, 'it is a plain SQLite file, not one of ours; move it away')
  return bytes.size % pageBytes === 0 ? dataFault('wrong-key', file) : dataFault('damaged', file, detail)
}

function readStart(file: string): { readonly start: string; readonly size: number } {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    const start = Buffer.alloc(plainHeader.length)
    readSync(descriptor, start, 0, start.length, 0)
    return { start: start.toString('latin1'), size: fstatSync(descriptor).size }
  } catch {
    return { start: '', size: 0 }
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function sentenceOf(code: Exclude<DataFaultCode, 'worker-lost'>, file: string, detail: string): string {
  const name = basename(file)
  switch (code) {
    case 'wrong-key':
      return `${file} does not open with this key: give the master key this data home was made with, or put back the ${name} that belongs to it (if the key is right, the file's first page is damaged: restore ${name} from a backup).`
    case 'newer-schema':
      return `${file} was written by a newer version of AI Ops (${detail}): install that version, or restore a backup made with this one.`
    case 'damaged':
      return `${file} is damaged (${detail}): stop AI Ops, keep a copy of the file, and restore ${name} from a backup.`
    case 'locked':
      return `${file} is held by another process: stop the other AI Ops (or the tool that has the file open) and try again.`
    case 'no-space':
      return `There is no space left to write ${file}: free some disk space and start again.`
    case 'unreadable':
      return `${file} cannot be read or written (${detail}): check that the file, its folder and the disk belong to the user that runs AI Ops.`
  }
}
