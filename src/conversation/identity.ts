import type { Binding, Household, Profile } from '../contracts/household.ts'
import type { UserId } from '../contracts/ids.ts'
import type { RoomView } from '../contracts/room-state.ts'

/** Who the assistant is on the homeserver. */
export interface Identity {
  readonly userId: UserId
  /** All accounts of the instance, this one included: none of them counts as a person. */
  readonly accounts: readonly UserId[]
}

/** Who the assistant is for a room: the binding's profile, else its domain's. */
export function profileOf(household: Household, binding: Binding): Profile {
  const id = binding.profile ?? household.domains.get(binding.domain)?.profile
  const profile = id === undefined ? undefined : household.profiles.get(id)
  if (profile === undefined) throw new Error(`room ${binding.name} has no profile in the configuration`)
  return profile
}

/** The names people may call the assistant by in a room: its profile's and the one the room shows. */
export function namesIn(household: Household, binding: Binding | undefined, view: RoomView, userId: UserId): readonly string[] {
  const shown = view.members.find((person) => person.userId === userId)?.displayName
  const profile = binding === undefined ? undefined : profileOf(household, binding).name
  return [profile, shown].filter((name): name is string => name !== undefined)
}
