import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Directory } from '../contracts/household.ts'
import type { Result } from '../contracts/result.ts'
import type { ConfigFault } from './config-fault.ts'
import { domainFolder, profileFolder } from './data-files.ts'
import { householdFileName } from './household-file.ts'
import { loadHousehold } from './load-household.ts'
import type { HouseholdOptions } from './load-household.ts'
import { minorsFile } from './minors.ts'

type Listener = Parameters<Directory['onChange']>[0]

/** How often the files are looked at; an edit is read when they looked the same twice, since editors write in several steps. */
const pollMs = 250

/**
 * The household as the files say now. A bad edit keeps the last good household and tells the listeners the fault, once
 * per fault. Fails only at start; dispose stops looking.
 */
export async function createDirectory(options: HouseholdOptions): Promise<Result<Directory & Disposable, ConfigFault>> {
  const before = readFingerprint(options)
  const loaded = await loadHousehold(options)
  if (!loaded.ok) return loaded
  let household = loaded.value.household
  let lastFault: string | undefined
  const listeners = new Set<Listener>()
  const tell = (change: Parameters<Listener>[0]): void => {
    for (const listener of listeners) listener(change)
  }
  const reload = async (isWanted: () => boolean): Promise<void> => {
    const next = await loadHousehold(options)
    if (!isWanted()) return
    if (next.ok) {
      lastFault = undefined
      household = next.value.household
      tell({ household })
    } else if (next.error.sentence !== lastFault) {
      lastFault = next.error.sentence
      tell({ fault: next.error })
    }
  }
  const following = followFiles(options, before, reload)
  return {
    ok: true,
    value: {
      current: () => household,
      onChange(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      [Symbol.dispose]() {
        following[Symbol.dispose]()
        listeners.clear()
      },
    },
  }
}

/**
 * Polls, since a watched file is lost when an editor renames, a watched home would report every write of its databases,
 * and neither says what happened between reading and watching. One look costs some 25 microseconds.
 */
function followFiles(options: HouseholdOptions, before: string, reload: (isWanted: () => boolean) => Promise<void>): Disposable {
  let seen = before
  let isChanged = false
  let isDisposed = false
  let running: Promise<void> = Promise.resolve()
  const timer = setInterval(() => {
    const now = readFingerprint(options)
    if (now !== seen) {
      seen = now
      isChanged = true
    } else if (isChanged) {
      isChanged = false
      running = running.then(() => reload(() => !isDisposed))
    }
  }, pollMs)
  timer.unref()
  return {
    [Symbol.dispose]() {
      isDisposed = true
      clearInterval(timer)
    },
  }
}

/** Changes whenever one of the files is edited, replaced, added or removed. */
function readFingerprint({ home, projectRoot }: HouseholdOptions): string {
  const folders = [domainFolder, profileFolder].map((folder) => join(projectRoot, folder))
  const files = folders.flatMap((folder) => list(folder).map((name) => join(folder, name)))
  return [join(home, householdFileName), join(projectRoot, minorsFile), ...files].map(describeFile).join('\n')
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function describeFile(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true })
    return `${path} ${ino} ${size} ${mtimeNs} ${ctimeNs}`
  } catch {
    return `${path} gone`
  }
}
