import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createConfigFault } from './config/config-fault.ts'
import type { ConfigFault } from './config/config-fault.ts'
import { householdFileName } from './config/household-file.ts'
import { readHouseholdNames } from './config/household-names.ts'
import { readLearnedFiles } from './config/learned-data.ts'
import { loadHousehold } from './config/load-household.ts'
import { policyFolder, readPolicies } from './config/policies.ts'
import { readPolicyOverrides } from './config/policy-overrides.ts'
import type { PolicyOverride } from './config/policy-overrides.ts'
import type { HouseholdFile } from './config/schema.ts'
import type { YamlFile } from './config/yaml-file.ts'
import type { Tier } from './contracts/household.ts'
import type { HouseholdNames, RailEngine, RailPolicy } from './contracts/rails.ts'
import type { Fault, Result } from './contracts/result.ts'
import { createRailEngine } from './guardrails/engine.ts'
import type { RailCheck } from './guardrails/engine.ts'
import { createLearnedRails, weightsNames } from './guardrails/learned-rails.ts'
import type { LearnedData } from './guardrails/learned-rails.ts'
import { compileLexicon } from './guardrails/lexicon.ts'
import { findLoosenedRules } from './guardrails/rail-book.ts'
import type { LoosenedRules } from './guardrails/rail-book.ts'

/** Where the files of an instance lie. */
export interface RailPlaces {
  readonly home: string
  readonly projectRoot: string
}

/** The rules of a home that was checked: who loosens something for a child has an owner who answers for it. */
export interface HomeRules {
  readonly policies: ReadonlyMap<Tier, RailPolicy>
  readonly child: RailPolicy
  readonly overrides: readonly PolicyOverride[]
  /** Overrides that make the rules of a child looser. */
  readonly loosened: readonly LoosenedRules[]
  /** Where Presidio's analyzer answers, if people named one. */
  readonly presidioUrl: string | undefined
  /** Of one tenant, or of all. */
  readonly namesOf: (tenant?: string) => HouseholdNames
}

/**
 * The guardrails with the shipped policies and, where this home has a configuration, the names and addresses of its whole
 * household: for somebody at the machine, who can read that file anyway. Rooms get theirs from `createRailRules`.
 */
export async function loadGuardrails(places: RailPlaces): Promise<Result<RailEngine, Fault>> {
  const [rules, learned] = await Promise.all([loadHomeRules(places), loadLearnedRails(places.projectRoot)])
  if (!rules.ok) return rules
  if (!learned.ok) return learned
  const { policies, namesOf } = rules.value
  return { ok: true, value: createRailEngine({ policies, household: namesOf(), learned: learned.value }) }
}

/** Reads `policies/<tier>.yaml` and what `ai-ops.yaml`, where there is one, changes of them. */
export async function loadHomeRules({ home, projectRoot }: RailPlaces): Promise<Result<HomeRules, ConfigFault>> {
  const [policies, file] = await Promise.all([readPolicies(projectRoot), readFileOf({ home, projectRoot })])
  if (!policies.ok) return policies
  if (!file.ok) return file
  const child = policies.value.get('child')
  if (child === undefined) throw new Error('the policy of the child tier is missing without a problem')
  const tiers = { policies: policies.value, child }
  if (file.value === undefined) {
    const namesOf = (): HouseholdNames => ({ names: [], addresses: [], countries: [] })
    return { ok: true, value: { ...tiers, overrides: [], loosened: [], presidioUrl: undefined, namesOf } }
  }
  const { value: household } = file.value
  const overrides = readPolicyOverrides(household)
  const loosened = findLoosenedRules(child, overrides)
  const unapproved = findUnapproved(file.value, loosened)
  if (unapproved) return { ok: false, error: unapproved }
  const { presidio_url: presidioUrl } = household.guardrails
  const namesOf = (tenant?: string): HouseholdNames => readHouseholdNames(household, tenant)
  return { ok: true, value: { ...tiers, overrides, loosened, presidioUrl, namesOf } }
}

/** The fault of a file that makes the rules of a child looser with nobody to answer for it; undefined: it does not, or `policies/` has faults of its own. */
export async function findUnapprovedRules(file: YamlFile<HouseholdFile>, projectRoot: string): Promise<ConfigFault | undefined> {
  const policies = await readPolicies(projectRoot)
  const child = policies.ok ? policies.value.get('child') : undefined
  return child && findUnapproved(file, findLoosenedRules(child, readPolicyOverrides(file.value)))
}

async function readFileOf({ home, projectRoot }: RailPlaces): Promise<Result<YamlFile<HouseholdFile> | undefined, ConfigFault>> {
  if (!existsSync(join(home, householdFileName))) return { ok: true, value: undefined }
  const loaded = await loadHousehold({ home, projectRoot, standIn: false })
  return loaded.ok ? { ok: true, value: loaded.value.file } : loaded
}

function findUnapproved(
  { file, lineOf }: YamlFile<HouseholdFile>,
  loosened: readonly (PolicyOverride & LoosenedRules)[],
): ConfigFault | undefined {
  const [first, ...others] = loosened
    .filter(({ approvedBy }) => approvedBy === undefined)
    .map(({ path, rules }) => ({
      code: 'contradiction' as const,
      file,
      line: lineOf(path),
      wrong: `${path.join('.')} is looser than the rules of a child (${rules.join(', ')}), and nobody answers for it.`,
      cure: 'Add approved_by with the id of an owner, or make it as strict as the policy.',
    }))
  return first && createConfigFault([first, ...others])
}

/** What the rails have learned: lexicons, weights and links, ready to check. */
export async function loadLearnedRails(projectRoot: string): Promise<Result<readonly RailCheck[], ConfigFault>> {
  const read = await readLearnedFiles(projectRoot, weightsNames)
  if (!read.ok) return read
  try {
    return { ok: true, value: createLearnedRails(read.value) }
  } catch (error) {
    return { ok: false, error: await explainDamage(error, read.value, projectRoot) }
  }
}

/** Which file made the rails throw, and where. */
async function explainDamage(error: unknown, { lexicons }: LearnedData, projectRoot: string): Promise<ConfigFault> {
  const reason = error instanceof Error ? error.message : String(error)
  const broken = Object.entries(lexicons).find(([, lexicon]) => !canCompile(lexicon))
  if (broken === undefined) {
    const cure = 'Restore the folder from the release, or run `npm run train:guardrails`.'
    return createConfigFault([
      { code: 'wrong-value', file: `${policyFolder}/weights`, line: 0, wrong: `A file is damaged: ${reason}.`, cure },
    ])
  }
  const file = `${policyFolder}/lexicon/${broken[0]}.yaml`
  const lines = (await readFile(join(projectRoot, file), 'utf8').catch(() => '')).split('\n')
  // the rule or else the group that the reason names
  const name = /rule (\S+)/.exec(reason)?.[1] ?? /"(.+)"/.exec(reason)?.[1]
  const line = name === undefined ? 0 : lines.findIndex((text) => text.includes(name)) + 1
  return createConfigFault([{ code: 'wrong-value', file, line, wrong: `${reason}.`, cure: 'Correct the name, or add the group.' }])
}

function canCompile(lexicon: LearnedData['lexicons'][keyof LearnedData['lexicons']]): boolean {
  try {
    compileLexicon(lexicon)
    return true
  } catch {
    return false
  }
}
