import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from './config/environment.ts'
import { householdFileName } from './config/household-file.ts'
import { loadHousehold } from './config/load-household.ts'
import type { LoadedHousehold } from './config/load-household.ts'
import type { Alias, Household, ModelRoute, ModelTarget } from './contracts/household.ts'
import { buildRoutes } from './gateway/build-routes.ts'
import { findPassage } from './gateway/find-passage.ts'
import type { Finding } from './interfaces/terminal/terminal-ports.ts'
import { readLocalServers } from './local-platform.ts'
import { findTargets } from './model-routes.ts'
import type { TargetSource } from './model-routes.ts'

/**
 * Names for each alias in use whether rooms with children or teens may use it, and where they may not, what a person can do.
 * Empty while there is no configuration that can be read, or no local stack has been started yet.
 */
export async function examineModels({ home, projectRoot }: Environment): Promise<readonly Finding[]> {
  if (!existsSync(join(home, householdFileName))) return []
  const loaded = await loadHousehold({ home, projectRoot, standIn: false })
  if (!loaded.ok) return []
  const source = await findSource(home, loaded.value)
  if (source === undefined) return []
  const { household } = loaded.value
  const targets = findTargets(source, household)
  const routes = buildRoutes(targets, household.minors)
  return [...findAliases(household)].map((alias) => {
    const target = targets.find((one) => one.alias === alias)
    return examineAlias({ alias, target, routes, household })
  })
}

function findSource(home: string, { file }: LoadedHousehold): Promise<TargetSource | undefined> {
  const { gateway } = file.value
  return gateway === undefined ? readLocalServers(home) : Promise.resolve({ gateway, targets: undefined })
}

/** A direct room may be bound to any domain, so all of them count. */
function findAliases({ domains, profiles }: Household): ReadonlySet<Alias> {
  const named = [...domains.values(), ...profiles.values()].flatMap(({ alias }) => (alias === undefined ? [] : [alias]))
  return new Set(named)
}

interface Examined {
  readonly alias: Alias
  readonly target: ModelTarget | undefined
  readonly routes: ReadonlyMap<Alias, ModelRoute>
  readonly household: Household
}

function examineAlias(examined: Examined): Finding {
  const { alias, target, routes, household } = examined
  const mayAnswer = (tier: 'child' | 'teen'): boolean => findPassage(routes, alias, tier) !== 'closed'
  const [children, teens] = [mayAnswer('child'), mayAnswer('teen')]
  const word = (may: boolean): string => (may ? 'yes' : 'no')
  const detail = `${target?.model ?? 'not described'}: children's rooms ${word(children)}, teens' rooms ${word(teens)}`
  const name = `model ${alias}`
  if (children && teens) return { name, state: 'ok', detail, cure: undefined }
  return { name, state: hasMinors(household) ? 'note' : 'ok', detail, cure: hasMinors(household) ? cureOf(examined) : undefined }
}

/** A birth year gives the youngest possible age. */
function hasMinors({ members }: Household): boolean {
  const lastAdultYear = new Date().getUTCFullYear() - 19
  return [...members.values()].some(
    ({ role, birthYear }) => role === 'child' || role === 'teen' || (birthYear !== undefined && birthYear > lastAdultYear),
  )
}

function cureOf({ alias, target, routes, household }: Examined): string {
  if (target === undefined) return `name the model of ${alias} under models in ai-ops.yaml, with minors: yes if its provider allows it`
  if (target.isStandIn) return "connect a real model: a provider's key, Ollama, or AI_OPS_MODEL_BASE_URL with AI_OPS_MODEL_NAME"
  const source = household.minors.providers.get(target.provider)?.source
  const read = source === undefined ? 'read the terms of its provider' : `read ${source}`
  if (routes.get(alias)?.minors === 'conditions')
    return `${read}; an owner accepts it in ai-ops.yaml: minors_terms: [{ provider: ${target.provider}, accepted_by: ID, on: DATE }]`
  return `${read}; use another model for ${alias}, or if it allows minors say so under models.${alias}.minors in ai-ops.yaml`
}
