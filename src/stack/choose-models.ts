import type { Alias, ModelPrice } from '../contracts/household.ts'
import type { Result } from '../contracts/result.ts'
import type { Environment } from './clean-environment.ts'
import type { ModelDescription, ModelPlan } from './model-plan.ts'
import { providers, type ProviderModels } from './provider-models.ts'
import { fault, type StackFault } from './stack-fault.ts'

export interface ModelSources {
  /** Models of the configuration file; where one of them is `smart`, nothing else is looked at. */
  readonly configured: readonly ModelDescription[]
  /** `AI_OPS_MODEL_*`, `OPENAI_BASE_URL` and the providers' keys. */
  readonly environment: Environment
  /** What `askOllama` found. */
  readonly ollama: OllamaServer | undefined
  /** Port of the stand-in on this machine. */
  readonly standInPort: number
  /** Whether the stand-in also answers adults when a configured model fails; alone it always answers. */
  readonly standInAsFallback: boolean
}

export interface OllamaServer {
  readonly apiBase: string
  /** Names of the models it holds, the preferred one first. */
  readonly models: readonly string[]
}

/** The name LiteLLM reports when the stand-in answered. */
export const standInModel = 'smollm2-135m'

/** Aliases of adults: only these may end at the stand-in. `judge` never does. */
const chatAliases = ['smart', 'fast', 'economy'] as const
const providedAliases = ['smart', 'fast', 'economy', 'judge'] as const

interface Choice {
  readonly provider: string
  readonly models: readonly ModelDescription[]
}

/**
 * Decides which models answer the aliases. Order for `smart`: configuration, `AI_OPS_MODEL_BASE_URL` with
 * `AI_OPS_MODEL_NAME` (or `OPENAI_BASE_URL`), provider keys, Ollama, the stand-in. Pure.
 * Fault `model-name-missing` when a server is named without a model.
 */
export function chooseModels(sources: ModelSources): Result<ModelPlan, StackFault> {
  const server = chooseServer(sources.environment)
  if (!server.ok) return server
  const configured = sources.configured.map((model) => ({ ...reachProvider(model.model, sources.environment), ...model }))
  const choice = chooseConfigured(configured) ?? server.value ?? chooseProvider(sources.environment) ?? chooseOllama(sources.ollama)
  if (choice === undefined) return { ok: true, value: buildStandInPlan({ ...sources, configured }) }

  const local = sources.ollama === undefined ? [] : [describeOllama('local', sources.ollama)]
  const configuredNames = new Set(configured.map((model) => model.alias))
  const further = [...choice.models, ...local].filter((model) => !configuredNames.has(model.alias))
  const models = withoutTwins([...configured, ...further])
  if (!sources.standInAsFallback)
    return { ok: true, value: { models, fallbacks: {}, provider: choice.provider, standIn: 'none', prices: readPrices(models) } }
  const standInName = models.some((model) => model.alias === 'local') ? 'stand-in' : 'local'
  return {
    ok: true,
    value: {
      models: [...models, describeStandIn(standInName, sources.standInPort)],
      fallbacks: Object.fromEntries(
        chatAliases.filter((alias) => models.some((model) => model.alias === alias)).map((alias) => [alias, [standInName]]),
      ),
      provider: choice.provider,
      standIn: 'last-fallback',
      prices: readPrices(models),
    },
  }
}

/** Asks the server at `OLLAMA_API_BASE` for its models; undefined if none is named, it does not answer within 2 s, or it is empty. */
export async function askOllama(environment: Environment, signal: AbortSignal): Promise<OllamaServer | undefined> {
  const apiBase = environment['OLLAMA_API_BASE']?.replace(/\/+$/, '')
  if (apiBase === undefined || apiBase === '') return undefined
  try {
    const response = await fetch(`${apiBase}/api/tags`, { signal: AbortSignal.any([signal, AbortSignal.timeout(2_000)]) })
    const body: unknown = await response.json()
    const listed = typeof body === 'object' && body !== null && 'models' in body && Array.isArray(body.models) ? body.models : []
    const models = listed.flatMap((model: unknown) =>
      typeof model === 'object' && model !== null && 'name' in model && typeof model.name === 'string' && !/embed/i.test(model.name)
        ? [model.name]
        : [],
    )
    return models.length === 0 ? undefined : { apiBase, models }
  } catch {
    return undefined
  }
}

function chooseConfigured(configured: readonly ModelDescription[]): Choice | undefined {
  const smart = configured.find((model) => model.alias === 'smart')
  if (smart === undefined) return undefined
  // aliases the configuration leaves out are answered by its smart model
  const models = providedAliases.map((alias) => configured.find((model) => model.alias === alias) ?? { ...smart, alias })
  return { provider: findProvider(smart.model)?.title ?? providerName(smart.model), models }
}

function chooseServer(environment: Environment): Result<Choice | undefined, StackFault> {
  const own = read(environment, 'AI_OPS_MODEL_BASE_URL')
  const name = read(environment, 'AI_OPS_MODEL_NAME')
  const base = own ?? (name === undefined ? undefined : read(environment, 'OPENAI_BASE_URL'))
  if (base === undefined) return { ok: true, value: undefined }
  if (name === undefined)
    return fault(
      'model-name-missing',
      'AI_OPS_MODEL_BASE_URL is set, but not which model to use there: set AI_OPS_MODEL_NAME as well, or remove AI_OPS_MODEL_BASE_URL.',
    )
  if (!URL.canParse(base) || !/^https?:/.test(base))
    return fault('model-name-missing', `AI_OPS_MODEL_BASE_URL must be an address like http://127.0.0.1:1234/v1, not "${base}".`)
  const keyName = ['AI_OPS_MODEL_API_KEY', ...(own === undefined ? ['OPENAI_API_KEY'] : [])].find(
    (key) => read(environment, key) !== undefined,
  )
  const models = providedAliases.map((alias) => ({
    alias,
    model: `openai/${name}`,
    apiBase: toApiBase(base),
    apiKey: keyName === undefined ? { value: 'none' } : { variable: keyName },
  }))
  return { ok: true, value: { provider: `${name} at ${new URL(base).origin}`, models } }
}

/** Servers serve the API below /v1; an address without any path means that. */
function toApiBase(base: string): string {
  const trimmed = base.replace(/\/+$/, '')
  return new URL(trimmed).pathname === '/' ? `${trimmed}/v1` : trimmed
}

function chooseProvider(environment: Environment): Choice | undefined {
  const provider = providers.find(({ variables }) => variables.every((name) => read(environment, name) !== undefined))
  if (provider === undefined) return undefined
  return {
    provider: provider.title,
    models: providedAliases.map((alias) => {
      const { model } = alias === 'smart' ? provider.smart : provider.fast
      return { alias, model, ...reachProvider(model, environment) }
    }),
  }
}

/** The key and address the environment has for the provider of this model, and for no other. */
function reachProvider(model: string, environment: Environment): Pick<ModelDescription, 'parameters' | 'apiBase'> {
  const name = providerName(model)
  if (name === 'ollama' || name === 'ollama_chat') {
    const server = read(environment, 'OLLAMA_API_BASE')?.replace(/\/+$/, '')
    return server === undefined ? {} : { apiBase: server }
  }
  const provider = findProvider(model)
  if (provider?.variables.every((variable) => read(environment, variable) !== undefined) !== true) return {}
  const base = provider.title === 'OpenAI' ? read(environment, 'OPENAI_BASE_URL') : undefined
  return { parameters: provider.parameters, ...(base === undefined ? {} : { apiBase: base }) }
}

function findProvider(model: string): ProviderModels | undefined {
  return providers.find(({ smart }) => providerName(smart.model) === providerName(model))
}

/** LiteLLM's name of the provider: what stands before the first slash. */
function providerName(model: string): string {
  return model.slice(0, model.indexOf('/'))
}

function chooseOllama(server: OllamaServer | undefined): Choice | undefined {
  if (server === undefined) return undefined
  return { provider: `Ollama at ${server.apiBase}`, models: providedAliases.map((alias) => describeOllama(alias, server)) }
}

function describeOllama(alias: string, server: OllamaServer): ModelDescription {
  return { alias, model: `ollama_chat/${server.models[0] ?? ''}`, apiBase: server.apiBase, inputCostPerToken: 0, outputCostPerToken: 0 }
}

function buildStandInPlan(sources: ModelSources): ModelPlan {
  const configuredNames = new Set(sources.configured.map((model) => model.alias))
  const models = [
    ...sources.configured,
    ...[...chatAliases, 'local'].filter((alias) => !configuredNames.has(alias)).map((alias) => describeStandIn(alias, sources.standInPort)),
  ]
  return { models, fallbacks: {}, provider: 'the stand-in on this machine', standIn: 'alone', prices: readPrices(models) }
}

function describeStandIn(alias: string, port: number): ModelDescription {
  return {
    alias,
    model: `openai/${standInModel}`,
    apiBase: `http://127.0.0.1:${port}/v1`,
    apiKey: { value: 'none' },
    inputCostPerToken: 0,
    outputCostPerToken: 0,
  }
}

/** The first description of a name wins. */
function withoutTwins(models: readonly ModelDescription[]): readonly ModelDescription[] {
  return models.filter((model, index) => models.findIndex((other) => other.alias === model.alias) === index)
}

function readPrices(models: readonly ModelDescription[]): ReadonlyMap<Alias, ModelPrice> {
  const known = providers.flatMap((provider) => [provider.smart, provider.fast])
  const prices = new Map<Alias, ModelPrice>()
  for (const alias of [...providedAliases, 'local'] as const) {
    const description = models.find((model) => model.alias === alias)
    const listed = known.find((priced) => priced.model === description?.model)
    const input = description?.inputCostPerToken ?? listed?.input
    const output = description?.outputCostPerToken ?? listed?.output
    if (input !== undefined && output !== undefined) prices.set(alias, { inputNanoUsd: toNano(input), outputNanoUsd: toNano(output) })
  }
  return prices
}

/** USD per token -> integer nano-USD per token, rounded up so that a reservation is never too small. */
function toNano(usd: number): number {
  return Math.ceil(Number((usd * 1e9).toFixed(6)))
}

function read(environment: Environment, name: string): string | undefined {
  const value = environment[name]?.trim()
  return value === undefined || value === '' ? undefined : value
}
