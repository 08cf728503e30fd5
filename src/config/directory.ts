import type { Directory } from '../contracts/household.ts'
import type { Result } from '../contracts/result.ts'
import type { ConfigFault } from './config-fault.ts'
import { followFiles } from './follow-files.ts'
import { householdFiles, loadHousehold } from './load-household.ts'
import type { HouseholdOptions } from './load-household.ts'

/**
 * The household as the files say now. A bad edit keeps the last good household and tells the listeners the fault, once
 * per fault. Fails only at start; dispose stops looking.
 */
export async function createDirectory(options: HouseholdOptions): Promise<Result<Directory & Disposable, ConfigFault>> {
  const followed = await followFiles(
    () => householdFiles(options),
    async () => {
      const loaded = await loadHousehold(options)
      return loaded.ok ? { ok: true, value: loaded.value.household } : loaded
    },
  )
  if (!followed.ok) return followed
  const { value: household } = followed
  return {
    ok: true,
    value: {
      current: () => household.current(),
      onChange: (listener) => household.onChange((change) => listener('fault' in change ? change : { household: change.value })),
      [Symbol.dispose]: () => household[Symbol.dispose](),
    },
  }
}
