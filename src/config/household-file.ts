import { join } from 'node:path'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault, ConfigProblem } from './config-fault.ts'
import { layOver, overlayFileName, readOverlay } from './control-overlay.ts'
import { listOverrides } from './policy-overrides.ts'
import { householdSchema } from './schema.ts'
import type { HouseholdFile, OverlayFile } from './schema.ts'
import { readYamlFile } from './yaml-file.ts'
import type { YamlFile } from './yaml-file.ts'

/** The file in the data home that people edit. */
export const householdFileName = 'ai-ops.yaml'

/** Names that exist outside the file. */
export interface KnownNames {
  readonly domains: ReadonlySet<string>
  readonly profiles: ReadonlySet<string>
  /** Providers whose terms are known. */
  readonly providers: ReadonlySet<string>
  /** The year in the Gregorian calendar, for ages. */
  readonly year: number
}

type Add = (path: readonly PropertyKey[], wrong: string, cure: string) => void
type Check = (file: HouseholdFile, known: KnownNames, add: Add) => void

/**
 * Reads `ai-ops.yaml` and lays `control-room.yaml` over it. Each is checked by itself and both together, against the domains and
 * profiles there are. Every problem found is reported, in the file in which it can be mended.
 */
export async function readHouseholdFile(home: string, known: KnownNames): Promise<Result<YamlFile<HouseholdFile>, ConfigFault>> {
  const path = join(home, householdFileName)
  const own = checkFile(await readYamlFile(path, householdFileName, householdSchema), known)
  if (!own.ok) return own
  const overlay = await readOverlay(home)
  if (!overlay.ok) return overlay
  const { value: over } = overlay
  return over === undefined ? own : checkTogether(home, over, known)
}

/** What `ai-ops.yaml` would say with this laid over it; a problem of the two together is one of the overlay. */
export async function checkTogether(
  home: string,
  over: Pick<YamlFile<OverlayFile>, 'value' | 'lineOf'>,
  known: KnownNames,
): Promise<Result<YamlFile<HouseholdFile>, ConfigFault>> {
  const read = await readYamlFile(join(home, householdFileName), overlayFileName, householdSchema, (content) =>
    layOver(content, over.value),
  )
  if (read.ok) return checkFile({ ok: true, value: { ...read.value, file: overlayFileName, lineOf: over.lineOf } }, known)
  // the lines are those of the other file
  const [first, ...others] = read.error.problems.map((problem) => ({ ...problem, line: 0 }))
  return first ? { ok: false, error: createConfigFault([first, ...others]) } : read
}

function checkFile(read: Result<YamlFile<HouseholdFile>, ConfigFault>, known: KnownNames): Result<YamlFile<HouseholdFile>, ConfigFault> {
  if (!read.ok) return read
  const problems: ConfigProblem[] = []
  const { file } = read.value
  const add: Add = (path, wrong, cure) => {
    problems.push({ code: 'contradiction', file, line: read.value.lineOf(path), wrong, cure })
  }
  for (const check of checks) check(read.value.value, known, add)
  const [first, ...others] = problems
  return first ? { ok: false, error: createConfigFault([first, ...others]) } : read
}

const checkStack: Check = ({ instance, matrix, gateway }, _known, add) => {
  const given = (['homeserver', 'appservice_token', 'access_token'] as const).filter((key) => matrix[key] !== undefined)
  if (instance.stack === 'local') {
    const cure = 'Remove it, or set instance.stack to none to use a homeserver and gateway of your own.'
    for (const key of given) add(['matrix', key], `matrix.${key} counts only with instance.stack: none.`, cure)
    if (gateway) add(['gateway'], 'gateway counts only with instance.stack: none.', cure)
    return
  }
  if (!matrix.homeserver)
    add(['matrix'], 'matrix.homeserver is missing.', 'With instance.stack: none, write the address of your homeserver.')
  if (!gateway)
    add(['instance', 'stack'], 'gateway is missing.', 'With instance.stack: none, write gateway: { url: ..., key: ... } of your LiteLLM.')
  if (given.filter((key) => key !== 'homeserver').length !== 1) {
    add(
      ['matrix'],
      'matrix needs one token.',
      'Write either appservice_token (an application service) or access_token (an ordinary account).',
    )
  }
  if (matrix.appservice_token && !matrix.user)
    add(['matrix'], 'matrix.user is missing.', "Write the Matrix user id of the assistant's account.")
}

const checkMembers: Check = ({ members, tenants, matrix }, _known, add) => {
  const seen = new Map<string, string>()
  for (const [id, member] of Object.entries(members)) {
    if (!Object.hasOwn(tenants, member.tenant)) {
      add(
        ['members', id, 'tenant'],
        `There is no tenant "${member.tenant}".`,
        `Use ${listOf(Object.keys(tenants))}, or add it under tenants.`,
      )
    }
    const other = seen.get(member.user)
    if (other !== undefined)
      add(['members', id, 'user'], `"${other}" and "${id}" have the same Matrix user.`, 'Give each member an account of their own.')
    seen.set(member.user, id)
    if (member.user === matrix.user)
      add(['members', id, 'user'], `"${id}" has the assistant's own account.`, "Use the person's own account.")
  }
  if (!Object.values(members).some((member) => member.role === 'owner')) {
    add(['members'], 'Nobody has the role owner.', 'Give at least one member role: owner; only owners rule the instance.')
  }
}

const checkGuardians: Check = ({ members }, _known, add) => {
  for (const [id, member] of Object.entries(members)) {
    for (const [index, wardId] of member.guardian_of.entries()) {
      const path = ['members', id, 'guardian_of', index]
      const ward = Object.hasOwn(members, wardId) ? members[wardId] : undefined
      if (!ward) add(path, `There is no member "${wardId}".`, `Use ${listOf(Object.keys(members).filter((other) => other !== id))}.`)
      else if (ward.tenant !== member.tenant)
        add(path, `"${wardId}" belongs to another tenant than "${id}".`, 'A guardian and their ward share one tenant.')
      else if (ward.role !== 'teen' && ward.role !== 'child')
        add(path, `"${wardId}" is no teen or child.`, 'Only teens and children have guardians.')
      else if (member.role !== 'owner' && member.role !== 'adult')
        add(path, `"${id}" is no adult.`, 'Only owners and adults can be guardians.')
    }
  }
}

/** Only what would make a room looser than the birth year allows, or is surely a slip; an ageing child must not stop a start. */
const checkAges: Check = ({ members }, { year }, add) => {
  for (const [id, { role, birth_year: birthYear }] of Object.entries(members)) {
    if (birthYear === undefined) continue
    const path = ['members', id, 'birth_year']
    const oldest = year - birthYear
    const cure = 'Correct the birth year or the role.'
    if (oldest < 0) add(path, `"${id}" would be born in the future.`, 'Correct the birth year.')
    else if ((role === 'owner' || role === 'adult') && oldest < 18)
      add(path, `"${id}" has the role ${role}, but is at most ${oldest}.`, cure)
    else if (role === 'teen' && oldest < 13) add(path, `"${id}" has the role teen, but is at most ${oldest}.`, cure)
    else if (role === 'child' && oldest > 21) add(path, `"${id}" has the role child, but is at least ${oldest - 1}.`, cure)
  }
}

/** A yes counts only from an owner, and only for a provider that is there. */
const checkTerms: Check = ({ minors_terms: terms, members, models }, known, add) => {
  const named = Object.values(models).map(({ model }) => model.slice(0, model.indexOf('/')))
  const providers = new Set([...known.providers, ...named])
  for (const [index, { provider, accepted_by: acceptedBy }] of terms.entries()) {
    const member = Object.hasOwn(members, acceptedBy) ? members[acceptedBy] : undefined
    const owners = Object.entries(members).flatMap(([id, { role }]) => (role === 'owner' ? [id] : []))
    const path = ['minors_terms', index]
    if (!member) add([...path, 'accepted_by'], `There is no member "${acceptedBy}".`, `Use ${listOf(owners)}.`)
    else if (member.role !== 'owner')
      add([...path, 'accepted_by'], `"${acceptedBy}" is no owner.`, `Only an owner can accept a provider's conditions: ${listOf(owners)}.`)
    if (!providers.has(provider)) add([...path, 'provider'], `There is no provider "${provider}".`, `Use ${listOf(providers)}.`)
  }
}

const checkRooms: Check = ({ rooms, tenants }, known, add) => {
  for (const [name, room] of Object.entries(rooms)) {
    const path = ['rooms', name]
    if (!Object.hasOwn(tenants, room.tenant)) {
      add([...path, 'tenant'], `There is no tenant "${room.tenant}".`, `Use ${listOf(Object.keys(tenants))}.`)
    }
    if (!known.domains.has(room.domain)) add([...path, 'domain'], `There is no domain "${room.domain}".`, `Use ${listOf(known.domains)}.`)
    if (room.profile !== undefined && !known.profiles.has(room.profile)) {
      add([...path, 'profile'], `There is no profile "${room.profile}".`, `Use ${listOf(known.profiles)}.`)
    }
    if (name.startsWith('direct-')) add(path, 'Names beginning with "direct-" belong to direct rooms.', 'Use another name.')
  }
}

const ONE_OF_A_KIND = {
  control: 'An instance has one control room.',
  parents: "A tenant has one parents' room.",
  trusted: 'A tenant has one room of a trusted person outside the household.',
}

const checkDoubledRooms: Check = ({ rooms }, _known, add) => {
  const seen = new Map<string, string>()
  const claim = (key: string, name: string, found: (other: string) => void): void => {
    const other = seen.get(key)
    if (other === undefined) seen.set(key, name)
    else found(other)
  }
  for (const [name, { room, kind, tenant }] of Object.entries(rooms)) {
    claim(`id ${room}`, name, (other) => {
      add(['rooms', name, 'room'], `"${other}" and "${name}" are the same room.`, 'Bind each room once.')
    })
    if (kind === 'chat') continue
    claim(kind === 'control' ? kind : `${kind} ${tenant}`, name, (other) => {
      add(['rooms', name, 'kind'], `"${other}" and "${name}" are both of kind ${kind}.`, ONE_OF_A_KIND[kind])
    })
  }
}

const checkApprovers: Check = (file, _known, add) => {
  const owners = Object.keys(file.members).filter((id) => file.members[id]?.role === 'owner')
  for (const { path, entry } of listOverrides(file)) {
    const { approved_by: approver } = entry
    if (approver === undefined || owners.includes(approver)) continue
    add([...path, 'approved_by'], `"${approver}" is no owner.`, `Use ${listOf(owners)}.`)
  }
}

const checkTrustedRooms: Check = (file, _known, add) => {
  const trusted = Object.values(file.rooms).filter(({ kind }) => kind === 'trusted')
  for (const { path, tenant, entry } of listOverrides(file)) {
    if (entry.guardians?.harm_at_home !== 'trusted' || trusted.some((room) => room.tenant === tenant)) continue
    const cure = 'Add a room of kind: trusted to this tenant, with one adult from outside the household.'
    add([...path, 'guardians', 'harm_at_home'], `Tenant "${tenant}" has no room of kind trusted.`, cure)
  }
}

/** Without a score from which the rail acts, self-harm, grooming and harm at home would be met with nothing. */
const checkActing: Check = (file, _known, add) => {
  for (const { path, entry, reachesMinors } of listOverrides(file)) {
    for (const direction of reachesMinors ? (['in', 'out'] as const) : []) {
      if (entry.kid_safety?.bands?.[direction]?.act_from !== Number.POSITIVE_INFINITY) continue
      const cure = 'Use a number up to 1: what minors are met with care for is never switched off.'
      add([...path, 'kid_safety', 'bands', direction, 'act_from'], 'act_from is "never" where minors may be.', cure)
    }
  }
}

const checks: readonly Check[] = [
  checkStack,
  checkMembers,
  checkGuardians,
  checkAges,
  checkTerms,
  checkRooms,
  checkDoubledRooms,
  checkApprovers,
  checkTrustedRooms,
  checkActing,
]

function listOf(names: Iterable<string>): string {
  const all = [...names]
  return all.length > 0 ? all.join(', ') : 'another name (there is none yet)'
}
