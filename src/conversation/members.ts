import { isWithinHours } from '../budgets/periods.ts'
import type { Household, Member, Role, Tier } from '../contracts/household.ts'
import type { TenantId, UserId } from '../contracts/ids.ts'
import type { RoomMember, RoomView } from '../contracts/room-state.ts'

const STRICTNESS: readonly Tier[] = ['child', 'teen', 'adult']
/** From DESIGN section 2: child below 13, teen 13 to 17. */
const TEEN_FROM_AGE = 13
const ADULT_FROM_AGE = 18
/** The year is read where it changes last (UTC-12), so that nobody turns older early. */
const LAST_TIME_ZONE_MS = 12 * 3_600_000

/** The member behind a user id, as far as this tenant knows it: members of other tenants are strangers, an owner rules them all. */
export function memberIn(household: Household, tenant: TenantId, userId: UserId): Member | undefined {
  const member = household.members.get(userId)
  return member !== undefined && (member.tenant === tenant || member.role === 'owner') ? member : undefined
}

/** The youngest age somebody born in that year can have, in years: their birthday counts as not yet reached. */
export function youngestAge(birthYear: number, now: number): number {
  return new Date(now - LAST_TIME_ZONE_MS).getUTCFullYear() - birthYear - 1
}

/** How strict the guardrails are for one person; role and birth year both speak and the stricter wins. Strangers count as child. */
export function memberTier(member: Member | undefined, now: number): Tier {
  if (member === undefined) return 'child'
  const byRole = tierOfRole(member.role)
  return member.birthYear === undefined ? byRole : stricter(byRole, tierOfAge(youngestAge(member.birthYear, now)))
}

/** True while nothing but a child's safety should ring with somebody. */
export function isQuiet({ quietHours = [], timeZone }: Member, now: number): boolean {
  return quietHours.length > 0 && isWithinHours(quietHours, now, timeZone)
}

/** The stricter of two tiers. */
function stricter(one: Tier, other: Tier): Tier {
  return isStricter(one, other) ? one : other
}

/** True if `tier` allows less than `than`. */
export function isStricter(tier: Tier, than: Tier): boolean {
  return STRICTNESS.indexOf(tier) < STRICTNESS.indexOf(than)
}

/** Everybody joined or invited, the instance's own accounts not counted. */
export function humansIn(view: RoomView, ownAccounts: readonly UserId[]): readonly RoomMember[] {
  return view.members.filter(
    (person) => (person.membership === 'join' || person.membership === 'invite') && !ownAccounts.includes(person.userId),
  )
}

export interface RoomTierInput {
  readonly household: Household
  readonly tenant: TenantId
  readonly view: RoomView
  readonly ownAccounts: readonly UserId[]
  readonly now: number
}

/** The tier of a room: that of its youngest joined or invited person. A room whose members are not known, or that has none, counts as child. */
export function roomTier({ household, tenant, view, ownAccounts, now }: RoomTierInput): Tier {
  const humans = humansIn(view, ownAccounts)
  if (!view.membersComplete || humans.length === 0) return 'child'
  return humans.map((person) => memberTier(memberIn(household, tenant, person.userId), now)).reduce(stricter)
}

/** Who hears an answer, and since when all of them have been in the room (ms); for what memory may bring back. */
export function audienceOf(
  view: RoomView,
  ownAccounts: readonly UserId[],
): { readonly audience: readonly UserId[]; readonly audienceSince: number } {
  const joined = humansIn(view, ownAccounts).filter((person) => person.membership === 'join')
  return { audience: joined.map((person) => person.userId), audienceSince: Math.max(0, ...joined.map((person) => person.since)) }
}

function tierOfRole(role: Role): Tier {
  switch (role) {
    case 'owner':
    case 'adult':
      return 'adult'
    case 'teen':
      return 'teen'
    case 'child':
    case 'guest':
      return 'child'
  }
}

function tierOfAge(age: number): Tier {
  if (age < TEEN_FROM_AGE) return 'child'
  return age < ADULT_FROM_AGE ? 'teen' : 'adult'
}
