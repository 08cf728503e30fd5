import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Fault, Result } from '../contracts/result.ts'

export type MasterKeyCode = 'malformed' | 'missing' | 'too-open' | 'command-failed' | 'unreadable'

export interface MasterKey {
  /** 32 bytes; every key of the home hangs on it. */
  readonly key: Uint8Array
  readonly source: 'value' | 'command' | 'file'
  /** True if whoever copies the data home has the key as well; `doctor` says so. */
  readonly liesWithData: boolean
}

export interface MasterKeyPlace {
  readonly home: string
  /** 32 bytes as 64 hex digits or as base64; wins over the command. */
  readonly value: string | undefined
  /** A program and its arguments that prints the key in one of these forms; wins over the file. */
  readonly command: readonly string[] | undefined
}

const commandTimeoutMs = 30_000

/**
 * Finds the master key: given value, command's output, or the file `master-key` in the home. The file is made (0600) only
 * while the home has no keys yet; a missing file beside keys is a fault, since a new key would open nothing.
 */
export async function resolveMasterKey(place: MasterKeyPlace): Promise<Result<MasterKey, Fault<MasterKeyCode>>> {
  if (place.value !== undefined) return fromText(place.value, 'value', 'AI_OPS_MASTER_KEY')
  if (place.command !== undefined) return fromCommand(place.command)
  try {
    return fromFile(place.home)
  } catch (error) {
    const detail = error instanceof Error ? error.message : 'unknown'
    return fault('unreadable', `The master key in ${place.home} cannot be read or made (${detail}): check who owns this folder.`)
  }
}

async function fromCommand(command: readonly string[]): Promise<Result<MasterKey, Fault<MasterKeyCode>>> {
  const [program, ...args] = command
  if (program === undefined) return fault('malformed', 'The command for the master key is empty: give a program and its arguments.')
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: commandTimeoutMs, maxBuffer: 4096 })
    return fromText(stdout, 'command', `what ${program} printed`)
  } catch (error) {
    // not error.message: it repeats the arguments, which may hold a secret
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer'
    return fault('command-failed', `The command for the master key (${program}) failed (${code}): run it by hand and mend it.`)
  }
}

function fromFile(home: string): Result<MasterKey, Fault<MasterKeyCode>> {
  const file = join(home, 'master-key')
  if (existsSync(file)) return readKeyFile(file)
  if (existsSync(join(home, 'keys.db'))) {
    return fault(
      'missing',
      `${file} is missing while keys.db exists: put the key file back, or give the key as AI_OPS_MASTER_KEY. Without it this data home cannot be opened.`,
    )
  }
  const key = new Uint8Array(randomBytes(32))
  writeKeyFile(home, file, key)
  return { ok: true, value: { key, source: 'file', liesWithData: true } }
}

function readKeyFile(file: string): Result<MasterKey, Fault<MasterKeyCode>> {
  if ((statSync(file).mode & 0o077) !== 0) {
    return fault('too-open', `${file} can be read by other users of this machine: run chmod 600 ${file}.`)
  }
  return fromText(readFileSync(file, 'utf8'), 'file', file)
}

function writeKeyFile(home: string, file: string, key: Uint8Array): void {
  mkdirSync(home, { recursive: true, mode: 0o700 })
  const descriptor = openSync(file, 'wx', 0o600)
  try {
    writeSync(descriptor, `${Buffer.from(key).toString('hex')}\n`)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  // the name must outlive a power cut as well: keys.db is made right after
  const folder = openSync(home, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}

function fromText(text: string, source: MasterKey['source'], name: string): Result<MasterKey, Fault<MasterKeyCode>> {
  const key = parseKey(text.trim())
  if (!key) return fault('malformed', `The master key (${name}) is not 32 bytes in hex or base64: make one with openssl rand -hex 32.`)
  return { ok: true, value: { key, source, liesWithData: source === 'file' } }
}

function parseKey(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'))
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return new Uint8Array(Buffer.from(text, 'base64'))
  return undefined
}

function fault(code: MasterKeyCode, sentence: string): { readonly ok: false; readonly error: Fault<MasterKeyCode> } {
  return { ok: false, error: { code, sentence } }
}
