import type { Alias, MinorsRule, MinorsSettings, ModelRoute, ModelTarget } from '../contracts/household.ts'

const aliases: readonly Alias[] = ['smart', 'fast', 'economy', 'judge', 'local']

/**
 * Joins where the aliases lead with what the household says about minors. A model's own word in the configuration wins over
 * its provider's terms, the strictest one if it is named twice; a provider nobody knows allows none. Fallbacks are all that
 * can be reached from an alias, each under the alias it answers for. Pure.
 */
export function buildRoutes(targets: readonly ModelTarget[], minors: MinorsSettings): ReadonlyMap<Alias, ModelRoute> {
  const byName = new Map(targets.map((target) => [target.alias, target]))
  const routes = new Map<Alias, ModelRoute>()
  for (const alias of aliases) {
    const target = byName.get(alias)
    if (target === undefined) continue
    const fallbacks = findReachable(target, byName).map((name) => toRoute(alias, byName.get(name) ?? unknownTarget(name), minors))
    routes.set(alias, { ...toRoute(alias, target, minors), fallbacks })
  }
  return routes
}

/** A fallback may have fallbacks, and they may lead back. */
function findReachable(from: ModelTarget, byName: ReadonlyMap<string, ModelTarget>): readonly string[] {
  const reached = new Set<string>()
  const waiting = [...from.fallbacks]
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    if (name === from.alias || reached.has(name)) continue
    reached.add(name)
    waiting.push(...(byName.get(name)?.fallbacks ?? []))
  }
  return [...reached]
}

function unknownTarget(name: string): ModelTarget {
  return { alias: name, model: name, provider: 'unknown', isStandIn: false, fallbacks: [] }
}

function toRoute(alias: Alias, target: ModelTarget, settings: MinorsSettings): ModelRoute {
  const { model, provider, isStandIn } = target
  const minors = isStandIn ? 'no' : (findOwnRule(model, settings) ?? settings.providers.get(provider)?.rule ?? 'no')
  const acceptedBy = minors === 'conditions' ? settings.acceptedBy.get(provider) : undefined
  return { alias, model, minors, acceptedBy, isStandIn, fallbacks: [] }
}

const fromStrict: readonly MinorsRule[] = ['no', 'conditions', 'yes']

/** By the model's name, not by the alias: an entry that is edited while the old model still answers says nothing of that one. */
function findOwnRule(model: string, { models }: MinorsSettings): MinorsRule | undefined {
  const rules = [...models.values()].flatMap((entry) => (entry.model === model && entry.minors !== undefined ? [entry.minors] : []))
  return fromStrict.find((rule) => rules.includes(rule))
}
