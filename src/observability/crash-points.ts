import type { CrashPoints } from '../contracts/platform.ts'

/**
 * Crash points for tests. `crashAt` is `name`, or `name#n` for the n-th time that point is reached: the process then gets
 * SIGKILL there, so nothing behind it runs. undefined: none. Throws on a count that is no number from 1.
 */
export function createCrashPoints(crashAt: string | undefined): CrashPoints {
  if (crashAt === undefined) return { reach: () => undefined }
  const [name, count = '1'] = crashAt.split('#')
  if (!/^[1-9]\d*$/.test(count)) throw new Error(`crash point "${crashAt}" has no count from 1 behind its #`)
  let left = Number(count)
  return {
    reach(point) {
      if (point !== name) return
      left -= 1
      if (left === 0) process.kill(process.pid, 'SIGKILL')
    },
  }
}
