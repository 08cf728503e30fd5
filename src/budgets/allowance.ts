import type { Allowance, AllowanceUnit, LimitUse, UseLimit } from '../contracts/allowance.ts'
import type { Household, Member, Tier } from '../contracts/household.ts'
import { isWithinHours, nextAllowed, periodAt } from './periods.ts'

/** What a child has as long as no guardian or owner set anything. */
const DEFAULT_CHILD_ALLOWANCE: Allowance = { period: 'day', limits: { messages: 40 }, hours: [] }
/** From here on a member is told how much is left, once a period. */
const HINT_SHARE = 0.8
/** From here on the economy model answers, so that the rest lasts longer. */
const ECONOMY_SHARE = 0.9
const UNITS: readonly AllowanceUnit[] = ['money', 'messages', 'minutes']

/** How it stands with a member's allowance before a question is answered. Moments are ms since the epoch. */
export type AllowanceState =
  | { readonly kind: 'free' }
  /** Most of it is used. `economy`: what remains is money, and a cheaper model makes it last. */
  | { readonly kind: 'near'; readonly limit: LimitUse; readonly economy: boolean }
  | { readonly kind: 'reached'; readonly limit: UseLimit; readonly returnsAt: number }
  | { readonly kind: 'outside-hours'; readonly returnsAt: number | undefined }

/** What a member may use: their own setting, else a child's default; undefined: as much as the tenant may. */
export function allowanceOf(household: Household, member: Pick<Member, 'id'>, tier: Tier): Allowance | undefined {
  return household.allowances.members.get(member.id) ?? (tier === 'child' ? DEFAULT_CHILD_ALLOWANCE : undefined)
}

/** All limits that a member's next question must keep, the member's own before the tenant's. */
export function limitsOf(
  household: Household,
  member: Member,
  { tier, now }: { readonly tier: Tier; readonly now: number },
): readonly UseLimit[] {
  const own = allowanceOf(household, member, tier)
  const tenant = household.allowances.tenants.get(member.tenant)
  return [...limitsIn(own, member.id, now, member.timeZone), ...limitsIn(tenant, undefined, now, tenantZone(household, member))]
}

/** Limits of one allowance in the period around `now`. */
export function limitsIn(allowance: Allowance | undefined, member: UseLimit['member'], now: number, timeZone: string): readonly UseLimit[] {
  if (allowance === undefined) return []
  const span = periodAt(allowance.period, now, timeZone)
  return UNITS.flatMap((unit) => {
    const amount = allowance.limits[unit]
    return amount === undefined ? [] : [{ member, unit, amount, ...span }]
  })
}

/** Decides from what was used; `uses` in the order of `limitsOf`. */
export function decideAllowance(
  allowance: Allowance | undefined,
  uses: readonly LimitUse[],
  { now, timeZone }: { readonly now: number; readonly timeZone: string },
): AllowanceState {
  if (allowance !== undefined && !isWithinHours(allowance.hours, now, timeZone))
    return { kind: 'outside-hours', returnsAt: nextAllowed(allowance.hours, now, timeZone) }
  const reached = uses.filter((use) => shareOf(use) >= 1)
  // what returns last decides when the member may go on
  const last = reached.toSorted((one, other) => other.until - one.until)[0]
  if (last !== undefined) return { kind: 'reached', limit: last, returnsAt: last.until }
  const nearest = uses.toSorted((one, other) => shareOf(other) - shareOf(one))[0]
  if (nearest === undefined || shareOf(nearest) < HINT_SHARE) return { kind: 'free' }
  const economy = uses.some((use) => use.unit === 'money' && shareOf(use) >= ECONOMY_SHARE)
  return { kind: 'near', limit: nearest, economy }
}

/** How much of a limit and of what was granted on top is used; 1 and more: nothing is left. */
export function shareOf({ used, amount, granted }: Pick<LimitUse, 'used' | 'amount' | 'granted'>): number {
  const whole = amount + granted
  return whole <= 0 ? 1 : used / whole
}

/** A tenant's periods begin where its first owner lives. */
function tenantZone(household: Household, member: Member): string {
  const people = [...household.members.values()].filter(({ tenant }) => tenant === member.tenant)
  return people.find(({ role }) => role === 'owner')?.timeZone ?? member.timeZone
}
