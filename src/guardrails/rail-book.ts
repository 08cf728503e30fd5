import type { Tier } from '../contracts/household.ts'
import type { MemberId, TenantId } from '../contracts/ids.ts'
import type { HelpLine, HouseholdNames, RailBook, RailEngine, RailPolicy, RailPolicyChange, RuleSubject } from '../contracts/rails.ts'
import { createRailEngine } from './engine.ts'
import type { RailCheck } from './engine.ts'
import { findLoosened, mergePolicy } from './policy.ts'

/** What one tenant, room or member changes of the rules. */
export interface RuleOverride {
  readonly kind: 'tenant' | 'room' | 'member'
  /** Id of the tenant or member, short name of the room. */
  readonly name: string
  readonly tenant: TenantId
  readonly change: RailPolicyChange
  readonly approvedBy: MemberId | undefined
  /** False only for a grown-up of their own. */
  readonly reachesMinors: boolean
}

export interface BookResources {
  /** All three tiers. */
  readonly policies: ReadonlyMap<Tier, RailPolicy>
  readonly overrides: readonly RuleOverride[]
  /** Shared by all tenants: they hold nothing of anybody. */
  readonly learned: readonly RailCheck[]
  readonly namesOf: (tenant: TenantId) => HouseholdNames
  readonly helpLines: { readonly byCountry: ReadonlyMap<string, readonly HelpLine[]>; readonly international: readonly HelpLine[] }
}

/** The rules as a book: pure, made once for each reload; a tenant's engine is made when it is first asked for. */
export function createRailBook(resources: BookResources): RailBook {
  const { policies, overrides, learned, namesOf, helpLines } = resources
  const engines = new Map<TenantId, RailEngine>()
  return {
    engineOf(tenant) {
      const known = engines.get(tenant)
      if (known) return known
      const engine = createRailEngine({ policies, household: namesOf(tenant), learned })
      engines.set(tenant, engine)
      return engine
    },
    policyOf: (subject) => mergeFor(subject, policies, overrides),
    helpLinesOf(tenant) {
      const lines = namesOf(tenant).countries.flatMap((country) => helpLines.byCountry.get(country) ?? [])
      return lines.length > 0 ? lines : helpLines.international
    },
  }
}

/** Throws where there is no policy at all: the caller refuses then. */
function mergeFor(subject: RuleSubject, policies: BookResources['policies'], overrides: readonly RuleOverride[]): RailPolicy {
  const base = policies.get(subject.tier) ?? policies.get('child')
  if (base === undefined) throw new Error(`there is no policy for the tier ${subject.tier}`)
  const find = (kind: RuleOverride['kind'], name: string | undefined): readonly RuleOverride[] =>
    overrides.filter((one) => one.kind === kind && one.name === name && one.tenant === subject.tenant)
  const shared = mergePolicy(base, ...[...find('tenant', subject.tenant), ...find('room', subject.room)].map(({ change }) => change))
  const [own] = find('member', subject.member)
  if (own === undefined) return shared
  const merged = mergePolicy(shared, own.change)
  // what grown-ups loosen for themselves is theirs alone: no owner answers for it where minors read along
  const isForeign = subject.tier !== 'adult' && own.approvedBy === undefined && findLoosened(shared, merged).length > 0
  return isForeign ? shared : merged
}

/** An override that makes the rules of a child looser, and which rules. */
export interface LoosenedRules extends Pick<RuleOverride, 'kind' | 'name' | 'tenant' | 'approvedBy'> {
  /** By their path in a policy file; never empty. */
  readonly rules: readonly string[]
}

/** Overrides that can reach minors and are looser than the policy of the child tier; each must have an owner who answers for it. */
export function findLoosenedRules<Override extends RuleOverride>(
  child: RailPolicy,
  overrides: readonly Override[],
): readonly (Override & LoosenedRules)[] {
  return overrides
    .filter((override) => override.reachesMinors)
    .map((override) => ({ ...override, rules: findLoosened(child, mergePolicy(child, override.change)) }))
    .filter(({ rules }) => rules.length > 0)
}
