import { BlockList, isIPv4, isIPv6 } from 'node:net'
import type { ModelTarget } from '../contracts/household.ts'
import { standInModel } from './choose-models.ts'
import type { ModelDescription, ModelPlan } from './model-plan.ts'

/** Addresses that lead to nobody but the household: loopback, RFC 1918 and RFC 4193. */
const ownNetworks = new BlockList()
ownNetworks.addSubnet('127.0.0.0', 8, 'ipv4')
ownNetworks.addSubnet('10.0.0.0', 8, 'ipv4')
ownNetworks.addSubnet('172.16.0.0', 12, 'ipv4')
ownNetworks.addSubnet('192.168.0.0', 16, 'ipv4')
ownNetworks.addAddress('::1', 'ipv6')
ownNetworks.addSubnet('fc00::', 7, 'ipv6')

/** Where each name of a plan leads, in its order. Pure. */
export function describeTargets({ models, fallbacks }: Pick<ModelPlan, 'models' | 'fallbacks'>): readonly ModelTarget[] {
  return models.map((model) => describeTarget(model, fallbacks[model.alias]))
}

/** Where a name of the gateway leads, and by whose terms: a provider's, or nobody's where the server is the household's own. Pure. */
export function describeTarget(
  { alias, model, apiBase }: Pick<ModelDescription, 'alias' | 'model' | 'apiBase'>,
  fallbacks: readonly string[] = [],
): ModelTarget {
  return { alias, model, provider: findTerms(model, apiBase), isStandIn: model === `openai/${standInModel}`, fallbacks }
}

/** A name of `config/minors.yaml`, or LiteLLM's name of a provider that is not listed there. */
function findTerms(model: string, apiBase: string | undefined): string {
  const provider = model.slice(0, model.indexOf('/'))
  const isOllama = provider === 'ollama' || provider === 'ollama_chat'
  if (isOllama && /[:-]cloud$/.test(model)) return 'ollama-cloud'
  const terms = isOllama ? 'ollama' : provider
  if (apiBase === undefined) return terms
  const host = URL.parse(apiBase)?.hostname ?? ''
  if (provider === 'openai' && host === 'api.openai.com') return terms
  if (!isOwnHost(host)) return 'other-server'
  return isOllama ? terms : 'own-server'
}

/** `host` as an URL has it: lower case, IPv6 in brackets. */
function isOwnHost(host: string): boolean {
  if (host === 'localhost' || host.endsWith('.localhost') || host.endsWith('.local')) return true
  if (isIPv4(host)) return ownNetworks.check(host, 'ipv4')
  const address = host.replace(/^\[|\]$/g, '')
  return isIPv6(address) && ownNetworks.check(address, 'ipv6')
}
