import { join } from 'node:path'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault, ConfigProblem } from './config-fault.ts'
import { demoSchema } from './schema.ts'
import type { DemoFile } from './schema.ts'
import { readYamlFile } from './yaml-file.ts'

const demoFile = 'config/demo/household.yaml'

/** The demo as data: people, rooms and the Space that a first start makes. Names in it that do not exist are faults. */
export async function readDemoHousehold(projectRoot: string): Promise<Result<DemoFile, ConfigFault>> {
  const read = await readYamlFile(join(projectRoot, demoFile), demoFile, demoSchema)
  if (!read.ok) return read
  const { tenants, members, rooms } = read.value.value
  const problems: ConfigProblem[] = []
  const require = (known: object, names: readonly string[], path: readonly PropertyKey[]): void => {
    for (const name of names.filter((entry) => !Object.hasOwn(known, entry))) {
      const cure = `Use ${Object.keys(known).join(', ')}.`
      problems.push({ code: 'contradiction', file: demoFile, line: read.value.lineOf(path), wrong: `There is no "${name}".`, cure })
    }
  }
  for (const [id, member] of Object.entries(members)) {
    require(tenants, [member.tenant], ['members', id, 'tenant'])
    require(members, member.guardian_of, ['members', id, 'guardian_of'])
  }
  for (const [name, room] of Object.entries(rooms)) {
    require(tenants, [room.tenant], ['rooms', name, 'tenant'])
    require(members, room.members, ['rooms', name, 'members'])
  }
  const [first, ...others] = problems
  return first ? { ok: false, error: createConfigFault([first, ...others]) } : { ok: true, value: read.value.value }
}
