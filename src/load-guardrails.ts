import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from './config/environment.ts'
import { householdFileName } from './config/household-file.ts'
import { readHouseholdNames } from './config/household-names.ts'
import { readLearnedFiles } from './config/learned-data.ts'
import { loadHousehold } from './config/load-household.ts'
import { readPolicies } from './config/policies.ts'
import type { HouseholdNames, RailEngine } from './contracts/rails.ts'
import type { Fault, Result } from './contracts/result.ts'
import { createRailEngine } from './guardrails/engine.ts'
import { createLearnedRails, weightsNames } from './guardrails/learned-rails.ts'

/** The guardrails with the shipped policies and, where this home has a configuration, the names and addresses of its household. */
export async function loadGuardrails({ home, projectRoot }: Environment): Promise<Result<RailEngine, Fault>> {
  const [policies, household, learned] = await Promise.all([
    readPolicies(projectRoot),
    readNames(home, projectRoot),
    readLearnedFiles(projectRoot, weightsNames),
  ])
  if (!policies.ok) return policies
  if (!household.ok) return household
  if (!learned.ok) return learned
  const rails = createLearnedRails(learned.value)
  return { ok: true, value: createRailEngine({ policies: policies.value, household: household.value, learned: rails }) }
}

async function readNames(home: string, projectRoot: string): Promise<Result<HouseholdNames, Fault>> {
  if (!existsSync(join(home, householdFileName))) return { ok: true, value: { names: [], addresses: [], countries: [] } }
  const loaded = await loadHousehold({ home, projectRoot, standIn: false })
  return loaded.ok ? { ok: true, value: readHouseholdNames(loaded.value.file.value) } : loaded
}
