import { join } from 'node:path'
import type { Allowance, Pause } from '../contracts/allowance.ts'
import type { Alias, Binding, Household, Member, ModelPrice } from '../contracts/household.ts'
import type { MemberId, RoomId, TenantId, UserId } from '../contracts/ids.ts'
import type { Result } from '../contracts/result.ts'
import type { ConfigFault } from './config-fault.ts'
import { toAllowance, toHours } from './allowance-entry.ts'
import { overlayFileName } from './control-overlay.ts'
import { domainFolder, profileFolder, readDataFiles } from './data-files.ts'
import type { DataFiles } from './data-files.ts'
import { listFolder } from './follow-files.ts'
import { minorsFile } from './minors.ts'
import { householdFileName, type KnownNames, readHouseholdFile } from './household-file.ts'
import type { HouseholdFile } from './schema.ts'
import type { YamlFile } from './yaml-file.ts'

export interface HouseholdOptions {
  /** Absolute path of the data home. */
  readonly home: string
  readonly projectRoot: string
  /** True while `smart` is answered by the stand-in. */
  readonly standIn: boolean
  /** What the stack knows of the models it chose; prices in `ai-ops.yaml` win. */
  readonly knownPrices?: ReadonlyMap<Alias, ModelPrice>
}

export interface LoadedHousehold {
  readonly household: Household
  /** The checked file itself, for connections and models. */
  readonly file: YamlFile<HouseholdFile>
}

/** Absolute paths of all files a household is made of. */
export function householdFiles({ home, projectRoot }: Pick<HouseholdOptions, 'home' | 'projectRoot'>): readonly string[] {
  const folders = [domainFolder, profileFolder].flatMap((folder) => listFolder(join(projectRoot, folder)))
  return [join(home, householdFileName), join(home, overlayFileName), join(projectRoot, minorsFile), ...folders]
}

/** Reads and checks everything a household is made of. Opens nothing and resolves no secret. */
export async function loadHousehold(options: HouseholdOptions): Promise<Result<LoadedHousehold, ConfigFault>> {
  const data = await readDataFiles(options.projectRoot)
  if (!data.ok) return data
  const file = await readHouseholdFile(options.home, knownNames(data.value))
  if (!file.ok) return file
  return { ok: true, value: { file: file.value, household: buildHousehold(file.value.value, data.value, options) } }
}

/** What the household's files may refer to. */
export function knownNames(data: DataFiles): KnownNames {
  return {
    domains: new Set(data.domains.keys()),
    profiles: new Set(data.profiles.keys()),
    providers: new Set(data.minors.keys()),
    year: new Date().getUTCFullYear(),
  }
}

function buildHousehold(file: HouseholdFile, data: DataFiles, options: HouseholdOptions): Household {
  const members = Object.entries(file.members).map(([id, entry]) => toMember(id, entry))
  const rooms = Object.entries(file.rooms).map(([name, entry]) => toBinding(name, entry))
  return {
    instanceName: file.instance.name,
    trust: file.matrix.trust,
    tenants: new Map(Object.entries(file.tenants).map(([id, { name }]) => [id as TenantId, { id: id as TenantId, name }])),
    members: new Map(members.map((member) => [member.userId, member])),
    rooms: new Map(rooms.map((binding) => [binding.roomId, binding])),
    domains: data.domains,
    profiles: data.profiles,
    prices: new Map([...(options.knownPrices ?? []), ...toPrices(file.models)]),
    minors: {
      providers: data.minors,
      acceptedBy: new Map(file.minors_terms.map((terms) => [terms.provider, terms.accepted_by as MemberId])),
      models: new Map(Object.entries(file.models).map(([alias, { model, minors }]) => [alias as Alias, { model, minors }])),
    },
    allowances: {
      members: new Map(toAllowances(file.members).map(([id, allowance]) => [id as MemberId, allowance])),
      tenants: new Map(toAllowances(file.tenants).map(([id, allowance]) => [id as TenantId, allowance])),
    },
    pauses: {
      members: new Map(Object.entries(file.paused.members).map(([id, entry]) => [id as MemberId, toPause(entry)])),
      rooms: new Map(Object.entries(file.paused.rooms).map(([name, entry]) => [name, toPause(entry)])),
    },
    standIn: options.standIn,
  }
}

function toAllowances(
  entries: Readonly<Record<string, Pick<HouseholdFile['members'][string], 'allowance'>>>,
): readonly (readonly [string, Allowance])[] {
  return Object.entries(entries).flatMap(([id, { allowance }]) => (allowance === undefined ? [] : [[id, toAllowance(allowance)] as const]))
}

function toPause({ until, by }: HouseholdFile['paused']['members'][string]): Pause {
  return { until: until === undefined ? undefined : Date.parse(until), by: by as MemberId }
}

function toMember(id: string, entry: HouseholdFile['members'][string]): Member {
  return {
    id: id as MemberId,
    userId: entry.user as UserId,
    tenant: entry.tenant as TenantId,
    name: entry.name,
    role: entry.role,
    guardianOf: entry.guardian_of as MemberId[],
    birthYear: entry.birth_year,
    locale: entry.locale,
    quietHours: entry.quiet_hours.map(toHours),
    timeZone: entry.time_zone ?? new Intl.DateTimeFormat('en').resolvedOptions().timeZone,
  }
}

function toBinding(name: string, entry: HouseholdFile['rooms'][string]): Binding {
  return {
    roomId: entry.room as RoomId,
    name,
    tenant: entry.tenant as TenantId,
    domain: entry.domain,
    profile: entry.profile,
    kind: entry.kind,
    answers: entry.answers,
    alias: entry.alias,
    boundAt: 0,
  }
}

/** US dollars for a million tokens are thousands of nano-USD a token; a fraction of a nano-USD is rounded up. */
function toPrices(models: HouseholdFile['models']): readonly [Alias, ModelPrice][] {
  return Object.entries(models).flatMap(([alias, model]): [Alias, ModelPrice][] => {
    const { input_usd_per_million: input, output_usd_per_million: output } = model
    if (input === undefined && output === undefined) return []
    return [[alias as Alias, { inputNanoUsd: toNanoUsd(input ?? 0), outputNanoUsd: toNanoUsd(output ?? 0) }]]
  })
}

function toNanoUsd(usdPerMillion: number): number {
  // 0.29 x 1000 is 290.00000000000006: without the tolerance it would be rounded up to 291
  return Math.ceil(usdPerMillion * 1000 - 1e-6)
}
