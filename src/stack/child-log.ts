import { closeSync, existsSync, fchmodSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs'
import path from 'node:path'

/** A child's output in `<folder>/<name>.log`, readable by its owner only. */
export interface ChildLog extends Disposable {
  write(chunk: Buffer): void
  /** The last lines this process saw, for a sentence about why a child did not start. */
  tail(): string
}

export interface ChildLogOptions {
  readonly folder: string
  readonly name: string
  /** Bytes after which the file is moved to `.1`; default 5 MB. */
  readonly maxBytes?: number
  /** Older files kept (`.1` the youngest); default 3. */
  readonly keep?: number
}

const tailCharacters = 2_000

/** Opens the log for appending; rotates by size. Writing is synchronous, so that nothing is lost when the process ends. */
export function openChildLog(options: ChildLogOptions): ChildLog {
  const { folder, name, maxBytes = 5_000_000, keep = 3 } = options
  const file = path.join(folder, `${name}.log`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  let descriptor: number | undefined = openPrivate(file)
  let size = fstatSync(descriptor).size
  let tail = ''
  return {
    write(chunk) {
      tail = (tail + chunk.toString('utf8')).slice(-tailCharacters)
      // a child's last words may arrive after its supervisor has closed the log
      if (descriptor === undefined) return
      if (size > 0 && size + chunk.length > maxBytes) {
        closeSync(descriptor)
        rotate(file, keep)
        descriptor = openPrivate(file)
        size = 0
      }
      writeSync(descriptor, chunk)
      size += chunk.length
    },
    tail: () => tail.trim(),
    [Symbol.dispose]() {
      if (descriptor !== undefined) closeSync(descriptor)
      descriptor = undefined
    },
  }
}

function openPrivate(file: string): number {
  const descriptor = openSync(file, 'a', 0o600)
  fchmodSync(descriptor, 0o600)
  return descriptor
}

function rotate(file: string, keep: number): void {
  for (let age = keep; age >= 1; age -= 1) {
    const younger = age === 1 ? file : `${file}.${age - 1}`
    if (existsSync(younger)) renameSync(younger, `${file}.${age}`)
  }
}
