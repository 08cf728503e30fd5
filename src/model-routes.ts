import type { Alias, Household, ModelRoute, ModelTarget } from './contracts/household.ts'
import type { Readers } from './conversation/command-sentences.ts'
import { buildRoutes } from './gateway/build-routes.ts'
import { describeTarget } from './stack/describe-targets.ts'

/** Who knows where the aliases lead: the local stack's plan; without one, for somebody else's gateway, `models` in `ai-ops.yaml`. */
export interface TargetSource {
  readonly targets: readonly ModelTarget[] | undefined
  readonly gateway: { readonly url: string }
}

/** Where the aliases lead under this household. */
export function findTargets(source: TargetSource, { minors }: Pick<Household, 'minors'>): readonly ModelTarget[] {
  if (source.targets !== undefined) return source.targets
  return [...minors.models].map(([alias, { model }]) => {
    // an Ollama behind somebody else's gateway is at home only if that gateway is
    return describeTarget({ alias, model, ...(model.startsWith('ollama') ? { apiBase: source.gateway.url } : {}) })
  })
}

/** Servers of the household's own, under whatever terms. */
const ownProviders: readonly string[] = ['own-server', 'ollama']

/** Who reads what goes to an alias now: as people are told of the usual model, and by name where an alias leads elsewhere. */
export function followReaders(
  source: TargetSource & Omit<Readers, 'homeserver'>,
  homeserver: string,
  current: () => Household,
): (alias: Alias) => Readers {
  const usual = { homeserver, model: source.model, provider: source.provider }
  return (alias) => {
    const targets = findTargets(source, current())
    const target = targets.find((one) => one.alias === alias)
    const smart = targets.find((one) => one.alias === 'smart')
    if (target === undefined || (target.model === smart?.model && target.provider === smart.provider)) return usual
    const { model, provider } = target
    return { homeserver, model: model.split('/').slice(1).join('/'), provider: ownProviders.includes(provider) ? undefined : provider }
  }
}

/** The routes as the configuration says now; made anew only when it has changed. */
export function followRoutes(source: TargetSource, current: () => Household): () => ReadonlyMap<Alias, ModelRoute> {
  let known: { readonly household: Household; readonly routes: ReadonlyMap<Alias, ModelRoute> } | undefined
  return () => {
    const household = current()
    if (known?.household !== household) known = { household, routes: buildRoutes(findTargets(source, household), household.minors) }
    return known.routes
  }
}
