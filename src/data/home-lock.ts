import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3-multiple-ciphers'
import type { Fault, Result } from '../contracts/result.ts'
import { dataFaultOf } from './data-fault.ts'

/** Held from `lockHome` to dispose, or to the end of the process, whatever ends it. */
export type HomeLock = Disposable

/**
 * Takes the exclusive lock `name` of a data home: `running` if another process has it, `unreadable` if the folder cannot be
 * written. It is a lock of the operating system, so none is left behind by `kill -9`.
 */
export function lockHome(home: string, name: string): Result<HomeLock, Fault<'running' | 'unreadable'>> {
  const folder = join(home, 'run')
  // never open this file by other means: closing any descriptor of it drops the process's lock
  const file = join(folder, `${name}.lock`)
  let connection: Sqlite.Database | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    connection = new Sqlite(file, { timeout: 0 })
    connection.pragma('locking_mode = exclusive')
    connection.exec('begin exclusive')
    writeFileSync(holderFile(home, name), JSON.stringify({ pid: process.pid, startedAt: Date.now() }), { mode: 0o600 })
  } catch (error) {
    connection?.close()
    const fault = dataFaultOf(error, file)
    if (!fault) throw error
    if (fault.code !== 'locked') return { ok: false, error: { code: 'unreadable', sentence: fault.sentence } }
    return { ok: false, error: { code: 'running', sentence: runningSentence(home, name) } }
  }
  const held = connection
  return { ok: true, value: { [Symbol.dispose]: () => held.close() } }
}

function runningSentence(home: string, name: string): string {
  const holder = readHolder(home, name)
  const who = holder ? ` (process ${holder.pid}, since ${new Date(holder.startedAt).toISOString()})` : ''
  return `AI Ops is already running in ${home}${who}: use it, stop it first, or set AI_OPS_HOME to another folder.`
}

function readHolder(home: string, name: string): { readonly pid: number; readonly startedAt: number } | undefined {
  try {
    const holder: unknown = JSON.parse(readFileSync(holderFile(home, name), 'utf8'))
    if (typeof holder !== 'object' || holder === null || !('pid' in holder) || !('startedAt' in holder)) return undefined
    if (!Number.isSafeInteger(holder.pid) || !Number.isSafeInteger(holder.startedAt)) return undefined
    return { pid: Number(holder.pid), startedAt: Number(holder.startedAt) }
  } catch {
    return undefined
  }
}

function holderFile(home: string, name: string): string {
  return join(home, 'run', `${name}.json`)
}
