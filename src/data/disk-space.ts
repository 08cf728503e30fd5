import { statfs } from 'node:fs/promises'

/** Below this the bot stops accepting messages: a commit that no longer fits would end the process. */
export const minimumFreeBytes = 512 * 1024 * 1024

/** Bytes that an ordinary user may still write on the file system of `home`. */
export async function readFreeBytes(home: string): Promise<number> {
  const { bavail, bsize } = await statfs(home)
  return bavail * bsize
}
