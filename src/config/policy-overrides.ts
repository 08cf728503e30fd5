import type { Role } from '../contracts/household.ts'
import type { MemberId, TenantId } from '../contracts/ids.ts'
import type { ActingBand, Band, Direction, RailPolicyChange } from '../contracts/rails.ts'
import type { PolicyChangeEntry } from './policy-schema.ts'
import type { HouseholdFile } from './schema.ts'

/** `guardrails:` of one tenant, room or member, as it stands in `ai-ops.yaml`. */
interface OverrideEntry {
  readonly kind: 'tenant' | 'room' | 'member'
  /** Id of the tenant or member, short name of the room. */
  readonly name: string
  readonly tenant: string
  /** Where it stands in the file. */
  readonly path: readonly string[]
  readonly entry: PolicyChangeEntry
  /** False only for a grown-up of their own. */
  readonly reachesMinors: boolean
}

/** What one tenant, room or member changes of the policy files. */
export interface PolicyOverride extends Omit<OverrideEntry, 'tenant' | 'entry'> {
  readonly tenant: TenantId
  readonly change: RailPolicyChange
  /** The owner who answers for it. */
  readonly approvedBy: MemberId | undefined
}

/** All overrides of a checked file, the tenants' first, then the rooms', then the members'. */
export function readPolicyOverrides(file: HouseholdFile): readonly PolicyOverride[] {
  return listOverrides(file).map(({ kind, name, path, reachesMinors, tenant, entry }) => ({
    kind,
    name,
    path,
    reachesMinors,
    tenant: tenant as TenantId,
    change: toChange(entry),
    approvedBy: entry.approved_by as MemberId | undefined,
  }))
}

/** The overrides of a file as they stand in it; names in them may not exist. */
export function listOverrides({ tenants, rooms, members }: HouseholdFile): readonly OverrideEntry[] {
  return [
    ...Object.entries(tenants).map(
      ([name, { guardrails: entry }]) => ({ kind: 'tenant', name, tenant: name, entry, reachesMinors: true }) as const,
    ),
    ...Object.entries(rooms).map(
      ([name, { guardrails: entry, tenant }]) => ({ kind: 'room', name, tenant, entry, reachesMinors: true }) as const,
    ),
    ...Object.entries(members).map(([name, { guardrails: entry, tenant, role }]) => {
      return { kind: 'member', name, tenant, entry, reachesMinors: !grownUps.includes(role) } as const
    }),
  ].flatMap((given) => {
    const { kind, name, entry } = given
    return entry === undefined ? [] : [{ ...given, entry, path: [`${kind}s`, name, 'guardrails'] }]
  })
}

/** A birth year that contradicts these roles is a fault of its own. */
const grownUps: readonly Role[] = ['owner', 'adult']

function toChange(entry: PolicyChangeEntry): RailPolicyChange {
  const { pii, secrets, injection, toxicity, kid_safety: kidSafety, without_judge: withoutJudge, ask_from: askFrom, guardians } = entry
  return withoutGaps({
    pii: pii && withoutGaps(pii),
    secrets: secrets && withoutGaps(secrets),
    injection: injection && eachGiven(injection, toActingBand),
    toxicity: toxicity && eachGiven(toxicity, toActingBand),
    kidSafety:
      kidSafety &&
      withoutGaps({
        bands: kidSafety.bands && eachGiven(kidSafety.bands, toBand),
        categories: kidSafety.categories && withoutGaps(kidSafety.categories),
      }),
    withoutJudge,
    askFrom,
    guardians: guardians && withoutGaps({ alerts: guardians.alerts, harmAtHome: guardians.harm_at_home }),
  })
}

type ActingBandChange = NonNullable<NonNullable<PolicyChangeEntry['injection']>['in']>

function toBand(entry: Omit<ActingBandChange, 'action'>): Partial<Band> {
  return withoutGaps({ judgeFrom: entry.judge_from, actFrom: entry.act_from })
}

function toActingBand(entry: ActingBandChange): Partial<ActingBand> {
  return withoutGaps({ judgeFrom: entry.judge_from, actFrom: entry.act_from, action: entry.action })
}

function eachGiven<From, To>(
  given: Readonly<Partial<Record<Direction, From | undefined>>>,
  turn: (entry: From) => To,
): Partial<Record<Direction, To>> {
  return withoutGaps({ in: given.in && turn(given.in), out: given.out && turn(given.out), tool: given.tool && turn(given.tool) })
}

type Given<Shape> = { readonly [Key in keyof Shape]?: Exclude<Shape[Key], undefined> }

/** A key without a value would be laid over a rule as if it had one. */
function withoutGaps<Shape extends object>(given: Shape): Given<Shape> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Given<Shape>
}
