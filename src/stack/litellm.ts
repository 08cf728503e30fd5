import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Result } from '../contracts/result.ts'
import { pythonCommand, type ChildSpec } from './child.ts'
import { serviceEnvironment, type Environment } from './clean-environment.ts'
import type { GuardrailAccess } from './guardrail-keys.ts'
import type { ModelDescription, ModelKey } from './model-plan.ts'
import { keepSecrets, writePrivateFile } from './private-file.ts'
import { toolFolder, toolPython } from './python-tools.ts'
import type { StackFault } from './stack-fault.ts'

export interface LitellmOptions {
  readonly projectFolder: string
  /** The data home; everything of the gateway lies in `<home>/litellm`. */
  readonly home: string
  readonly port: number
  /** Where the providers' keys are looked up; only those a model names are handed on. */
  readonly environment: Environment
  readonly models: readonly ModelDescription[]
  readonly fallbacks: Readonly<Record<string, readonly string[]>>
  /** Set: clients other than the assistant get a key of their own, and what they say and hear is checked at this address. */
  readonly guardrail?: { readonly access: GuardrailAccess; readonly url: string } | undefined
}

export interface GatewayAccess {
  /** Without `/v1`. */
  readonly url: string
  readonly key: string
}

export interface LitellmSpec {
  readonly child: ChildSpec
  readonly access: GatewayAccess
}

/** A model name that answers by itself, for the first request after a start, which takes half a second longer than the next. */
const warmUpName = 'warm-up'

/** `python/gateway_keys.py`, which tells the assistant's key from that of other clients. */
const keyModule = 'gateway_keys'
const endpointKeyName = 'AI_OPS_GUARDRAIL_KEY'
const keySettings = { custom_auth: `${keyModule}.authenticate`, custom_auth_run_common_checks: true } as const

/** A turn has 120 s; a provider that needs longer is of no use to it. */
const requestTimeoutSeconds = 115

/** Settings by which LiteLLM 1.109.1 needs no database, asks nobody but the providers and serves no pages. */
const quietSettings = {
  LITELLM_LOCAL_MODEL_COST_MAP: 'True',
  LITELLM_TELEMETRY: 'False',
  DISABLE_ADMIN_UI: 'True',
  NO_DOCS: 'True',
  DO_NOT_TRACK: '1',
  // what a provider says of a failed call may quote the question, and our own log has the kind of every failure
  LITELLM_LOG: 'CRITICAL',
} as const

const entryPoint = 'import sys; from litellm import run_server; sys.exit(run_server())'

/** Writes the gateway's configuration (no secret is in it) and tells how to run it on loopback. */
export async function prepareLitellm(options: LitellmOptions): Promise<Result<LitellmSpec, StackFault>> {
  const folder = path.join(options.home, 'litellm')
  const secrets = await keepSecrets(path.join(folder, 'secrets.json'), ['master_key'])
  if (!secrets.ok) return secrets
  const key = `sk-${secrets.value.master_key}`
  const { config, keys } = buildConfig(options)
  if (options.guardrail !== undefined) await copyKeyModule(options.projectFolder, folder)
  const configFile = path.join(folder, 'config.yaml')
  // JSON is YAML
  await writePrivateFile(configFile, `${JSON.stringify(config, undefined, 2)}\n`)
  const url = `http://127.0.0.1:${options.port}`
  const args = ['-c', entryPoint, '--config', configFile, '--host', '127.0.0.1', '--port', String(options.port), '--num_workers', '1']
  return {
    ok: true,
    value: {
      child: {
        name: 'litellm',
        title: 'gateway (LiteLLM)',
        ...pythonCommand(options.projectFolder, toolPython(toolFolder(options.projectFolder, 'litellm')), args),
        cwd: folder,
        environment: serviceEnvironment(options.environment, folder, { ...quietSettings, ...keys, LITELLM_MASTER_KEY: key }),
        channel: false,
        ports: [{ port: options.port, purpose: 'gateway (LiteLLM)' }],
        health: { url: `${url}/health/readiness` },
        startTimeoutMs: 180_000,
        stopGraceMs: 5_000,
        prepare: (signal) => warmUp(url, key, signal),
        firstStart: 'once',
      },
      access: { url, key },
    },
  }
}

/** LiteLLM looks for the module beside its configuration. */
async function copyKeyModule(projectFolder: string, folder: string): Promise<void> {
  const source = await readFile(path.join(projectFolder, 'python', `${keyModule}.py`), 'utf8')
  await writePrivateFile(path.join(folder, `${keyModule}.py`), source)
}

interface BuiltConfig {
  readonly config: Readonly<Record<string, unknown>>
  /** Environment variables the configuration refers to. */
  readonly keys: Readonly<Record<string, string>>
}

function buildConfig(options: LitellmOptions): BuiltConfig {
  const keys: Record<string, string> = {}
  const refer = (key: ModelKey): string => {
    const name = 'variable' in key ? key.variable : `AI_OPS_GATEWAY_KEY_${Object.keys(keys).length}`
    keys[name] = 'variable' in key ? (options.environment[key.variable] ?? '') : key.value
    return `os.environ/${name}`
  }
  const config = {
    model_list: [
      ...options.models.map((model) => ({ model_name: model.alias, litellm_params: buildParameters(model, refer) })),
      { model_name: warmUpName, litellm_params: { model: 'openai/warm-up', api_key: 'none', mock_response: 'ready' } },
    ],
    litellm_settings: {
      // retries are the caller's, who books each call
      num_retries: 0,
      request_timeout: requestTimeoutSeconds,
      drop_params: true,
      telemetry: false,
      include_cost_in_streaming_usage: true,
      turn_off_message_logging: true,
      fallbacks: Object.entries(options.fallbacks).map(([alias, names]) => ({ [alias]: names })),
    },
    // with one deployment per name, a single 401 would otherwise make the next calls fail as "no deployments available"
    router_settings: { disable_cooldowns: true, num_retries: 0 },
    general_settings: { master_key: 'os.environ/LITELLM_MASTER_KEY', ...(options.guardrail && keySettings) },
    ...(options.guardrail && { guardrails: [describeGuardrail(options.guardrail)] }),
  }
  const { access } = options.guardrail ?? {}
  return { config, keys: { ...keys, ...(access && { AI_OPS_CLIENT_KEY: access.clientKey, [endpointKeyName]: access.endpointKey }) } }
}

/** On for every key but the assistant's. A check that does not answer fails the request. */
function describeGuardrail({ access, url }: NonNullable<LitellmOptions['guardrail']>): Readonly<Record<string, unknown>> {
  return {
    guardrail_name: 'ai-ops',
    litellm_params: {
      guardrail: 'generic_guardrail_api',
      mode: ['pre_call', 'post_call'],
      api_base: url,
      api_key: `os.environ/${endpointKeyName}`,
      default_on: true,
      unreachable_fallback: 'fail_closed',
      // the only mode in which a stream shows nothing before it was checked
      streaming_transform_mode: 'incremental_diff',
      extra_headers: ['x-ai-ops-tier'],
      additional_provider_specific_params: { tier: access.tier },
    },
  }
}

function buildParameters(model: ModelDescription, refer: (key: ModelKey) => string): Readonly<Record<string, unknown>> {
  const parameters = Object.entries(model.parameters ?? {}).map(([name, key]) => [name, refer(key)] as const)
  return {
    model: model.model,
    ...(model.apiBase === undefined ? {} : { api_base: model.apiBase }),
    ...(model.apiKey === undefined ? {} : { api_key: refer(model.apiKey) }),
    ...(model.inputCostPerToken === undefined ? {} : { input_cost_per_token: model.inputCostPerToken }),
    ...(model.outputCostPerToken === undefined ? {} : { output_cost_per_token: model.outputCostPerToken }),
    ...(model.timeoutSeconds === undefined ? {} : { timeout: model.timeoutSeconds }),
    ...Object.fromEntries(parameters),
  }
}

/** Costs nothing: the answer comes from the gateway itself. A failure is left to the first real request to show. */
async function warmUp(url: string, key: string, signal: AbortSignal): Promise<void> {
  for (const stream of [false, true]) {
    try {
      const response = await fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model: warmUpName,
          messages: [{ role: 'user', content: 'ready?' }],
          ...(stream ? { stream, stream_options: { include_usage: true } } : {}),
        }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(20_000)]),
      })
      await response.text()
    } catch {
      return
    }
  }
}
