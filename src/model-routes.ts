import type { Alias, Household, ModelRoute, ModelTarget } from './contracts/household.ts'
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

/** The routes as the configuration says now; made anew only when it has changed. */
export function followRoutes(source: TargetSource, current: () => Household): () => ReadonlyMap<Alias, ModelRoute> {
  let known: { readonly household: Household; readonly routes: ReadonlyMap<Alias, ModelRoute> } | undefined
  return () => {
    const household = current()
    if (known?.household !== household) known = { household, routes: buildRoutes(findTargets(source, household), household.minors) }
    return known.routes
  }
}
