import { closeSync, openSync, writeSync } from 'node:fs'
import type { Log, LogFacts } from '../contracts/platform.ts'

export type LogLevel = 'info' | 'warn' | 'error'

export interface LogOptions {
  /** The least that is written. */
  readonly level: LogLevel
  /** A file to append to, made with 0600; undefined: stderr. */
  readonly file?: string
}

const ranks: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 }
/** Facts are ids, counts, durations and costs; the longest id (a Matrix user id) has 255 characters. Longer is cut: it would be text. */
const longestFact = 255
const stderrDescriptor = 2

/** One JSON object a line: time, level, event, facts. Never throws: a log that cannot be written must not end a turn. Dispose closes the file. */
export function createLog(options: LogOptions): Log & Disposable {
  const descriptor = options.file === undefined ? stderrDescriptor : openSync(options.file, 'a', 0o600)
  const write = (level: LogLevel, event: string, facts: LogFacts = {}): void => {
    if (ranks[level] < ranks[options.level]) return
    const line = JSON.stringify({ time: new Date().toISOString(), level, event, ...shorten(facts) })
    try {
      writeSync(descriptor, `${line}\n`)
    } catch {
      // a full disk or a full pipe: the line is lost, the turn is not
    }
  }
  return {
    info: (event, facts) => write('info', event, facts),
    warn: (event, facts) => write('warn', event, facts),
    error: (event, facts) => write('error', event, facts),
    [Symbol.dispose]() {
      if (descriptor !== stderrDescriptor) closeSync(descriptor)
    },
  }
}

function shorten(facts: LogFacts): LogFacts {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [
      name,
      typeof value === 'string' && value.length > longestFact ? `${value.slice(0, longestFact)}…` : value,
    ]),
  )
}
