import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

/** A process beyond doubt: pids are reused, a pid with the kernel's start time is not. */
export interface ProcessIdentity {
  readonly pid: number
  /** Linux: clock ticks since boot, field 22 of /proc/PID/stat; elsewhere the start date as `ps` prints it. */
  readonly startedAt: string
}

/**
 * Answers undefined when there is no such process. A zombie counts as none, but not while threads of it are still ending: those
 * hold its ports and files until they are gone.
 */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? readStartTicks(pid) : readStartDate(pid)
  return startedAt === undefined ? undefined : { pid, startedAt }
}

export function isRunning(identity: ProcessIdentity): boolean {
  return identifyProcess(identity.pid)?.startedAt === identity.startedAt
}

function readStartTicks(pid: number): string | undefined {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return undefined
  }
  // field 2, the command name, stands in parentheses and may hold spaces and parentheses itself; field 3 follows the last one
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const isGone = fields[0] === 'Z' && Number(fields[20 - 3]) <= 1
  return isGone ? undefined : fields[22 - 3]
}

function readStartDate(pid: number): string | undefined {
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return status === 0 && stdout.trim() !== '' ? stdout.trim() : undefined
}
