import type { Directory } from '../contracts/household.ts'
import type { Result } from '../contracts/result.ts'
import type { ConfigFault } from './config-fault.ts'
import { followFiles } from './follow-files.ts'
import { householdFiles, loadHousehold } from './load-household.ts'
import type { HouseholdOptions, LoadedHousehold } from './load-household.ts'

/** What else must hold before a file is taken; undefined: it does. */
type CheckFile = (file: LoadedHousehold['file']) => Promise<ConfigFault | undefined>

/** A directory that can be told to look now. */
export interface FollowedDirectory extends Directory, Disposable {
  refresh(): Promise<void>
}

/**
 * The household as the files say now. A bad edit keeps the last good household and tells the listeners the fault, once
 * per fault. Fails only at start; dispose stops looking.
 */
export async function createDirectory(options: HouseholdOptions, check?: CheckFile): Promise<Result<FollowedDirectory, ConfigFault>> {
  const followed = await followFiles(
    () => householdFiles(options),
    async () => {
      const loaded = await loadHousehold(options)
      if (!loaded.ok) return loaded
      const fault = await check?.(loaded.value.file)
      return fault ? { ok: false, error: fault } : { ok: true, value: loaded.value.household }
    },
  )
  if (!followed.ok) return followed
  const { value: household } = followed
  return {
    ok: true,
    value: {
      current: () => household.current(),
      onChange: (listener) => household.onChange((change) => listener('fault' in change ? change : { household: change.value })),
      refresh: () => household.refresh(),
      [Symbol.dispose]: () => household[Symbol.dispose](),
    },
  }
}
