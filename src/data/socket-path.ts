import { closeSync, existsSync, openSync } from 'node:fs'
import { join, relative } from 'node:path'

/** The kernel's limit is 107 bytes on Linux and 103 on macOS; a little is kept in hand. */
const longestPathBytes = 100

/** A path that fits into a socket address, valid until it is disposed. */
export interface SocketPath extends Disposable {
  readonly path: string
}

/**
 * A short name for the socket `name` in `folder` (which exists): itself, relative to the working folder, or through an open
 * descriptor of the folder (Linux). Undefined where none of these is short enough.
 */
export function openSocketPath(folder: string, name: string): SocketPath | undefined {
  const full = join(folder, name)
  if (fits(full)) return { path: full, [Symbol.dispose]: () => {} }
  if (existsSync('/proc/self/fd')) {
    const descriptor = openSync(folder, 'r')
    return { path: `/proc/self/fd/${descriptor}/${name}`, [Symbol.dispose]: () => closeSync(descriptor) }
  }
  const near = relative(process.cwd(), full)
  return fits(near) ? { path: near, [Symbol.dispose]: () => {} } : undefined
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= longestPathBytes
}
