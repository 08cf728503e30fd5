import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault, Result } from '../contracts/result.ts'

export type FileChange<Value, Failure> = { readonly value: Value } | { readonly fault: Failure }

/** What was read from files, as they say now. `current` is cheap and never throws. */
export interface Followed<Value, Failure> extends Disposable {
  current(): Value
  /** Called after each reload: with the new value, or with the fault that kept the old one. Returns the unsubscribe. */
  onChange(listener: (change: FileChange<Value, Failure>) => void): () => void
  /** Reads the files now instead of at the next look; resolves when `current` says what they say, or they are at fault. */
  refresh(): Promise<void>
}

/** How often the files are looked at; an edit is read when they looked the same twice, since editors write in several steps. */
const pollMs = 250

/**
 * Reads files, and reads them again whenever one of them changes. A bad edit keeps the last good value and tells the
 * listeners the fault, once per fault. Fails only at start; dispose stops looking. `listFiles` answers absolute paths and is
 * asked at each look, so that files which are added count too.
 */
export async function followFiles<Value, Failure extends Fault>(
  listFiles: () => readonly string[],
  load: () => Promise<Result<Value, Failure>>,
): Promise<Result<Followed<Value, Failure>, Failure>> {
  const before = describeFiles(listFiles())
  const loaded = await load()
  if (!loaded.ok) return loaded
  let { value } = loaded
  let lastFault: string | undefined
  const listeners = new Set<(change: FileChange<Value, Failure>) => void>()
  const tell = (change: FileChange<Value, Failure>): void => {
    for (const listener of listeners) listener(change)
  }
  const reload = async (isWanted: () => boolean): Promise<void> => {
    const next = await load()
    if (!isWanted()) return
    if (next.ok) {
      lastFault = undefined
      ;({ value } = next)
      tell({ value })
    } else if (next.error.sentence !== lastFault) {
      lastFault = next.error.sentence
      tell({ fault: next.error })
    }
  }
  const watching = watch(listFiles, before, reload)
  return {
    ok: true,
    value: {
      current: () => value,
      onChange(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      refresh: () => watching.refresh(),
      [Symbol.dispose]() {
        watching[Symbol.dispose]()
        listeners.clear()
      },
    },
  }
}

/**
 * Polls, since a watched file is lost when an editor renames, a watched home would report every write of its databases,
 * and neither says what happened between reading and watching. One look costs a few microseconds a file.
 */
function watch(
  listFiles: () => readonly string[],
  before: string,
  reload: (isWanted: () => boolean) => Promise<void>,
): Disposable & Pick<Followed<unknown, never>, 'refresh'> {
  let seen = before
  let isChanged = false
  let isDisposed = false
  let running: Promise<void> = Promise.resolve()
  const run = (): Promise<void> => {
    running = running.then(() => reload(() => !isDisposed))
    return running
  }
  const timer = setInterval(() => {
    const now = describeFiles(listFiles())
    if (now !== seen) {
      seen = now
      isChanged = true
    } else if (isChanged) {
      isChanged = false
      void run()
    }
  }, pollMs)
  timer.unref()
  return {
    refresh: run,
    [Symbol.dispose]() {
      isDisposed = true
      clearInterval(timer)
    },
  }
}

/** The paths of the files of a folder; none if there is no folder. */
export function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    return []
  }
}

/** Changes whenever one of the files is edited, replaced, added or removed. */
export function describeFiles(paths: readonly string[]): string {
  return paths.map(describeFile).join('\n')
}

function describeFile(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return `${path} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
  } catch {
    return `${path} gone`
  }
}
