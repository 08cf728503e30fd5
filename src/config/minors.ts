import { join } from 'node:path'
import type { MinorsTerms } from '../contracts/household.ts'
import type { Result } from '../contracts/result.ts'
import type { ConfigFault } from './config-fault.ts'
import { minorsSchema } from './schema.ts'
import { readYamlFile } from './yaml-file.ts'

/** Where the table lies, relative to the project. */
export const minorsFile = 'config/minors.yaml'

/** Provider -> whether its terms allow minors, and where they stand. A provider that is missing here allows none. */
export async function readMinors(projectRoot: string): Promise<Result<ReadonlyMap<string, MinorsTerms>, ConfigFault>> {
  const read = await readYamlFile(join(projectRoot, minorsFile), minorsFile, minorsSchema)
  if (!read.ok) return read
  const providers = Object.entries(read.value.value.providers)
  return { ok: true, value: new Map(providers.map(([provider, { minors: rule, source }]) => [provider, { rule, source }])) }
}
