import type { EdgeFacts } from '../contracts/edge-store.ts'
import type { Alias, Binding, Directory, Domain, Household, Member, Profile, Tier } from '../contracts/household.ts'
import type { UserId } from '../contracts/ids.ts'
import type { DropReason, IncomingMessage } from '../contracts/incoming.ts'
import type { Result } from '../contracts/result.ts'
import type { RoomState } from '../contracts/room-state.ts'
import type { Clock } from './clock.ts'
import { type Identity, profileOf } from './identity.ts'
import { audienceOf, humansIn, memberIn, roomTier } from './members.ts'
import { findBinding } from './rooms.ts'

export interface ScenePorts {
  readonly directory: Pick<Directory, 'current'>
  readonly roomState: RoomState
  readonly identity: Identity
  readonly facts: Pick<EdgeFacts, 'bindings'>
  readonly clock: Pick<Clock, 'now'>
}

/** Who asks whom before whom, as it is when the turn starts. */
export interface Scene {
  readonly household: Household
  readonly binding: Binding
  readonly domain: Domain
  readonly profile: Profile
  readonly alias: Alias
  readonly member: Member
  readonly tier: Tier
  /** More than one person is in the room. */
  readonly isShared: boolean
  /** Names of the people in the room. */
  readonly people: readonly string[]
  readonly audience: readonly UserId[]
  readonly audienceSince: number
}

/** Reads room, binding, member and tier again, since all may have changed while the message waited. */
export async function readScene(
  ports: ScenePorts,
  message: Pick<IncomingMessage, 'roomId' | 'sender'>,
): Promise<Result<Scene, { readonly reason: DropReason }>> {
  const household = ports.directory.current()
  const binding = await findBinding(message.roomId, household, ports.facts)
  if (binding === undefined) return { ok: false, error: { reason: 'unbound-room' } }
  const member = memberIn(household, binding.tenant, message.sender)
  if (member === undefined) return { ok: false, error: { reason: 'unknown-sender' } }
  const domain = household.domains.get(binding.domain)
  if (domain === undefined) throw new Error(`room ${binding.name} has no domain in the configuration`)
  const profile = profileOf(household, binding)
  const view = ports.roomState.view(message.roomId)
  const { accounts } = ports.identity
  const humans = humansIn(view, accounts)
  return {
    ok: true,
    value: {
      household,
      binding,
      domain,
      profile,
      alias: binding.alias ?? profile.alias ?? domain.alias,
      member,
      tier: tierNow(ports, binding),
      isShared: humans.length !== 1,
      people: humans.map(({ userId, displayName }) => memberIn(household, binding.tenant, userId)?.name ?? displayName ?? userId),
      ...audienceOf(view, accounts),
    },
  }
}

/** The room's tier at this moment; asked again before whatever becomes visible. */
export function tierNow({ directory, roomState, identity, clock }: ScenePorts, binding: Binding): Tier {
  return roomTier({
    household: directory.current(),
    tenant: binding.tenant,
    view: roomState.view(binding.roomId),
    ownAccounts: identity.accounts,
    now: clock.now(),
  })
}
