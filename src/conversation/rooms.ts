import type { EdgeFacts } from '../contracts/edge-store.ts'
import type { Answers, Binding, Household, Locale, Member, RoomKind } from '../contracts/household.ts'
import type { RoomId, TenantId, UserId } from '../contracts/ids.ts'
import type { RoomView } from '../contracts/room-state.ts'
import { humansIn, memberIn } from './members.ts'

/** The binding of a room: the configuration's word first, then what bound itself. */
export async function findBinding(roomId: RoomId, household: Household, facts: Pick<EdgeFacts, 'bindings'>): Promise<Binding | undefined> {
  const configured = household.rooms.get(roomId)
  if (configured !== undefined) return configured
  const bound = (await facts.bindings()).find((binding) => binding.roomId === roomId)
  // a tenant that left the configuration takes its self-bound rooms along
  return bound !== undefined && household.tenants.has(bound.tenant) ? bound : undefined
}

/**
 * What the room's messages are to the assistant. Nothing in a trusted room. Unless somebody decided: nothing in Control and parents'
 * rooms; elsewhere `all` where exactly one person is with the assistant, else `addressed`. People who are only invited count, since
 * they will read.
 */
export function effectiveAnswers(binding: Binding, view: RoomView, ownAccounts: readonly UserId[]): Answers {
  if (binding.kind === 'trusted') return 'never'
  if (binding.answers !== undefined) return binding.answers
  if (binding.kind !== 'chat') return 'never'
  return isAlone(view, ownAccounts) ? 'all' : 'addressed'
}

/** True if exactly one person is with the assistant, and that is certain. */
export function isAlone(view: RoomView, ownAccounts: readonly UserId[]): boolean {
  return view.membersComplete && humansIn(view, ownAccounts).length === 1
}

/** The room where owners are told and asked: that of this tenant, else any. */
export function controlRoom(household: Household, tenant: TenantId | undefined): Binding | undefined {
  const controls = [...household.rooms.values()].filter((binding) => binding.kind === 'control')
  return controls.find((binding) => binding.tenant === tenant) ?? controls[0]
}

/** A tenant's one room of a kind; undefined if the configuration has none. */
export function roomOfKind(household: Household, tenant: TenantId, kind: Exclude<RoomKind, 'chat' | 'control'>): Binding | undefined {
  return [...household.rooms.values()].find((binding) => binding.kind === kind && binding.tenant === tenant)
}

/** Where a tenant has no room yet that could tell what it is for. */
const USUAL_DOMAIN = 'family'

/**
 * The binding a member's direct room gives itself: their tenant, and the domain of its first chat room, else `family`, else
 * any. Undefined if no domain exists.
 */
export function directBinding(household: Household, member: Member, roomId: RoomId, boundAt: number): Binding | undefined {
  const chats = [...household.rooms.values()].filter((binding) => binding.kind === 'chat' && binding.tenant === member.tenant)
  const candidates = [...chats.map((binding) => binding.domain), USUAL_DOMAIN, ...household.domains.keys()]
  const domain = candidates.find((id) => household.domains.has(id))
  if (domain === undefined) return undefined
  return {
    roomId,
    name: `direct-${member.id}`,
    tenant: member.tenant,
    domain,
    profile: undefined,
    kind: 'chat',
    answers: undefined,
    boundAt,
  }
}

/** The language that all of them speak, else English; undefined stands for somebody whose language nobody knows. */
export function sharedLocale(locales: readonly (Locale | undefined)[]): Locale {
  const [only, ...others] = new Set(locales)
  return others.length === 0 && only !== undefined ? only : 'en'
}

/** The language of what is said to a whole room: the one all its members share, else English. */
export function roomLocale(household: Household, tenant: TenantId, view: RoomView, ownAccounts: readonly UserId[]): Locale {
  return sharedLocale(humansIn(view, ownAccounts).map((person) => memberIn(household, tenant, person.userId)?.locale))
}
