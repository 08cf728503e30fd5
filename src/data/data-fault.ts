import { statSync } from 'node:fs'
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
  const code = faultCodeOf(error, file)
  return code && dataFault(code, file, error instanceof Error ? error.message : '')
}

/** Makes the fault with its sentence; `detail` is what the machine said, without text of people. */
export function dataFault(code: Exclude<DataFaultCode, 'worker-lost'>, file: string, detail = ''): DataFault {
  return { code, file, sentence: sentenceOf(code, file, detail) }
}

const pageBytes = 4096

function faultCodeOf(error: unknown, file: string): Exclude<DataFaultCode, 'newer-schema' | 'worker-lost'> | undefined {
  if (error instanceof Sqlite.SqliteError) return ofSqlite(error.code, file)
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined
  return error.code === 'ENOSPC' || error.code === 'EDQUOT' ? 'no-space' : 'unreadable'
}

function ofSqlite(code: string, file: string): Exclude<DataFaultCode, 'newer-schema' | 'worker-lost'> | undefined {
  // a key that does not fit and a first page that was written over look alike; only a cut file tells itself apart
  if (code === 'SQLITE_NOTADB') return hasWholePages(file) ? 'wrong-key' : 'damaged'
  if (code.startsWith('SQLITE_CORRUPT')) return 'damaged'
  if (/^SQLITE_(BUSY|LOCKED|PROTOCOL)/.test(code)) return 'locked'
  if (code === 'SQLITE_FULL') return 'no-space'
  if (/^SQLITE_(CANTOPEN|IOERR|PERM|READONLY|AUTH|NOLFS)/.test(code)) return 'unreadable'
  return undefined
}

function hasWholePages(file: string): boolean {
  try {
    return statSync(file).size % pageBytes === 0
  } catch {
    return true
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
