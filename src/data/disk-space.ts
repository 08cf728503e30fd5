import { statfs } from 'node:fs/promises'

/** Below this the bot stops accepting messages: a commit that no longer fits would end the process. */
export const minimumFreeBytes = 512 * 1024 * 1024

/** Bytes that an ordinary user may still write on the file system of `home`. */
export async function readFreeBytes(home: string): Promise<number> {
  const { bavail, bsize } = await statfs(home)
  return bavail * bsize
}

/** Often enough to act before the space below the minimum is used up, seldom enough to cost nothing. */
const lookEveryMs = 10_000

export interface DiskWatchPorts {
  /** A look that fails changes nothing. */
  readonly readFreeBytes: () => Promise<number>
  /** Told at each change, the first time when there is too little. */
  readonly changed: (isEnough: boolean, freeBytes: number) => void
}

/** Looks now and every ten seconds whether the minimum is still free, until disposed. */
export function watchDiskSpace({ readFreeBytes: read, changed }: DiskWatchPorts): Disposable {
  let wasEnough = true
  let isDisposed = false
  const look = async (): Promise<void> => {
    const freeBytes = await read().catch(() => undefined)
    if (isDisposed || freeBytes === undefined) return
    const isEnough = freeBytes >= minimumFreeBytes
    if (isEnough === wasEnough) return
    wasEnough = isEnough
    changed(isEnough, freeBytes)
  }
  void look()
  const timer = setInterval(() => void look(), lookEveryMs)
  timer.unref()
  return {
    [Symbol.dispose]() {
      isDisposed = true
      clearInterval(timer)
    },
  }
}
