import { unwatchFile, watch, watchFile } from 'node:fs'
import { join } from 'node:path'
import type { Directory } from '../contracts/household.ts'
import type { Result } from '../contracts/result.ts'
import type { ConfigFault } from './config-fault.ts'
import { domainFolder, profileFolder } from './data-files.ts'
import { householdFileName } from './household-file.ts'
import { loadHousehold } from './load-household.ts'
import type { HouseholdOptions } from './load-household.ts'

type Listener = Parameters<Directory['onChange']>[0]

/** An editor writes in several steps; after this much quiet the file is read. */
const quietMs = 150
/** How often the home file's modification time is looked at. */
const pollMs = 400

/**
 * The household as the files say now. A bad edit keeps the last good household and tells the listeners the fault, once
 * per fault. Fails only at start; dispose stops watching.
 */
export async function createDirectory(options: HouseholdOptions): Promise<Result<Directory & Disposable, ConfigFault>> {
  const loaded = await loadHousehold(options)
  if (!loaded.ok) return loaded
  let household = loaded.value.household
  let lastFault: string | undefined
  const listeners = new Set<Listener>()
  const reload = async (): Promise<void> => {
    const next = await loadHousehold(options)
    if (next.ok) {
      lastFault = undefined
      household = next.value.household
      for (const listener of listeners) listener({ household })
    } else if (next.error.sentence !== lastFault) {
      lastFault = next.error.sentence
      for (const listener of listeners) listener({ fault: next.error })
    }
  }
  const watching = watchFiles(options, reload)
  return {
    ok: true,
    value: {
      current: () => household,
      onChange(listener) {
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
      [Symbol.dispose]() {
        watching[Symbol.dispose]()
        listeners.clear()
      },
    },
  }
}

function watchFiles(options: HouseholdOptions, reload: () => Promise<void>): Disposable {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> = Promise.resolve()
  let disposed = false
  const touched = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      running = running.then(() => (disposed ? undefined : reload()))
    }, quietMs)
  }
  // Polled, since editors that rename leave a watched inode behind, and watching the home itself would report every write of the databases.
  const homeFile = join(options.home, householdFileName)
  watchFile(homeFile, { interval: pollMs, persistent: false }, touched)
  const folders = [domainFolder, profileFolder].map((folder) =>
    watch(join(options.projectRoot, folder), { persistent: false }, touched).on('error', touched),
  )
  return {
    [Symbol.dispose]() {
      disposed = true
      clearTimeout(timer)
      unwatchFile(homeFile, touched)
      for (const folder of folders) folder.close()
    },
  }
}
