import { readFileSync } from 'node:fs'

/** Linux counts CPU time in hundredths of a second for every process (`getconf CLK_TCK`). */
const TICK_MS = 10
/** Of `/proc/PID/stat`, counted behind the command's name, which may hold blanks itself. */
const USER_TIME = 11
const SYSTEM_TIME = 12

/** CPU time of all threads of a process since it began, ms. */
export function readCpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[USER_TIME]) + Number(fields[SYSTEM_TIME])) * TICK_MS
}

/** Resident memory of a process, MB of 10^6 bytes. */
export function readResidentMb(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${String(pid)}/status`, 'utf8'))?.[1]
  return (Number(kilobytes) * 1024) / 1e6
}
