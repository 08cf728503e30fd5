import type { Tier } from '../contracts/household.ts'
import type { Finding, HouseholdNames, RailEngine, RailInput, RailPolicy } from '../contracts/rails.ts'
import { normalise } from './normalise.ts'
import { createPiiRail } from './pii/pii-rail.ts'
import { createSecretsRail } from './secrets.ts'
import type { Variant } from './variant.ts'
import { toVerdict } from './verdict.ts'

/** One rail: pure, synchronous, each finding with what it asks for under the policy. */
export type RailCheck = (variants: readonly Variant[], input: RailInput, policy: RailPolicy) => readonly Finding[]

export interface RailResources {
  /** All three tiers. */
  readonly policies: ReadonlyMap<Tier, RailPolicy>
  readonly household: HouseholdNames
  /** The rails that need models and lexicons: injection, toxicity, kid safety. */
  readonly learned: readonly RailCheck[]
}

/**
 * The engine: normalises once, asks every rail, makes one verdict. An unknown tier counts as child. Throws when there is
 * no policy, or when a rail throws: the caller refuses then.
 */
export function createRailEngine(resources: RailResources): RailEngine {
  const { policies, household, learned } = resources
  const personal: readonly RailCheck[] = [createPiiRail(household), createSecretsRail()]
  const all: readonly RailCheck[] = [...personal, ...learned]
  return {
    check(input) {
      const policy = input.policy ?? policies.get(input.tier) ?? policies.get('child')
      if (policy === undefined) throw new Error(`there is no policy for the tier ${input.tier}`)
      const variants = normalise(input.text)
      const rails = input.only === 'personal-data' ? personal : all
      return toVerdict(
        input.text,
        rails.flatMap((rail) => rail(variants, input, policy)),
      )
    },
  }
}
