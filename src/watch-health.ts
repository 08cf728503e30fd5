import type { Conversation } from './contracts/conversation.ts'
import type { HealthCheck, Log } from './contracts/platform.ts'

export interface WatchHealthPorts {
  readonly check: () => Promise<readonly HealthCheck[]>
  readonly conversation: Pick<Conversation, 'tellControl'>
  readonly log: Pick<Log, 'error'>
  readonly now: () => number
  /** Calls `look` again and again; answers how to stop. */
  readonly repeat: (look: () => void) => Disposable
}

/** One bad look may be a restart; two are told. */
const LOOKS_UNTIL_TOLD = 2
/** Told by whoever watches it, or by nothing: what would carry the message is away. */
const TOLD_ELSEWHERE: ReadonlySet<string> = new Set(['disk', 'homeserver'])

interface Trouble {
  readonly since: number
  readonly looks: number
}

/** Tells Control once when a part is unwell at two looks in a row, and once when it is well again. */
export function watchHealth({ check, conversation, log, now, repeat }: WatchHealthPorts): AsyncDisposable {
  const troubles = new Map<string, Trouble>()
  const hear = async ({ name, ok, detail }: HealthCheck): Promise<void> => {
    const before = troubles.get(name)
    if (ok) {
      troubles.delete(name)
      if (before !== undefined && before.looks >= LOOKS_UNTIL_TOLD)
        await conversation.tellControl(`health:${name}:${String(before.since)}:well`, 'control.part-well', { part: name })
      return
    }
    const trouble = { since: before?.since ?? now(), looks: (before?.looks ?? 0) + 1 }
    troubles.set(name, trouble)
    if (trouble.looks === LOOKS_UNTIL_TOLD)
      await conversation.tellControl(`health:${name}:${String(trouble.since)}`, 'control.part-unwell', { part: name, detail })
  }
  const look = async (): Promise<void> => {
    try {
      for (const found of await check()) if (!TOLD_ELSEWHERE.has(found.name)) await hear(found)
    } catch (error) {
      log.error('health-watch-failed', { error: error instanceof Error ? error.name : 'unknown' })
    }
  }
  let looking: Promise<void> = Promise.resolve()
  const repeating = repeat(() => {
    looking = looking.then(look)
  })
  return {
    async [Symbol.asyncDispose]() {
      repeating[Symbol.dispose]()
      await looking
    },
  }
}

const EVERY_MS = 60_000

/** Once a minute. */
export function everyMinute(look: () => void): Disposable {
  const timer = setInterval(look, EVERY_MS)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
}
