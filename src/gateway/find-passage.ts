import type { Alias, ModelRoute, Tier } from '../contracts/household.ts'

/** Which way a request may take. open: the gateway may fall back as it likes; no-fallbacks: only to the model itself; closed: not at all. */
export type Passage = 'open' | 'no-fallbacks' | 'closed'

/**
 * Whether the alias may answer people of this tier, and whether its fallbacks may too. Strict where nothing is known: an alias
 * without a route is closed for minors, and a gateway whose fallbacks are not known is told not to use any. Pure.
 */
export function findPassage(routes: ReadonlyMap<Alias, ModelRoute>, alias: Alias, tier: Tier): Passage {
  if (tier === 'adult') return 'open'
  const route = routes.get(alias)
  if (route === undefined || !mayServe(route, tier)) return 'closed'
  const isSafeToFall = route.fallbacks.length > 0 && route.fallbacks.every((fallback) => mayServe(fallback, tier))
  return isSafeToFall ? 'open' : 'no-fallbacks'
}

/** The stand-in knows nothing of children and too little to harm a teen, and runs on this machine: no provider's terms are touched. */
function mayServe(route: ModelRoute, tier: Tier): boolean {
  if (route.isStandIn) return tier === 'teen'
  return route.minors === 'yes' || (route.minors === 'conditions' && route.acceptedBy !== undefined)
}
