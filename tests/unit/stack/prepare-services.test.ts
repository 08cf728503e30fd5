import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { prepareLitellm, type LitellmSpec } from '../../../src/stack/litellm.ts'
import type { ModelDescription } from '../../../src/stack/model-plan.ts'
import { prepareSynapse, type RateLimits, type SynapseSpec } from '../../../src/stack/synapse.ts'

let home = ''
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), 'ai-ops-prepare-'))
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const caller = { PATH: '/bin', ANTHROPIC_API_KEY: 'anthropic-secret', GEMINI_API_KEY: 'unused-secret' }
const readJson = (...names: readonly string[]): unknown => JSON.parse(readFileSync(path.join(home, ...names), 'utf8'))

describe('the gateway', () => {
  const models: readonly ModelDescription[] = [
    { alias: 'smart', model: 'anthropic/claude', parameters: { api_key: { variable: 'ANTHROPIC_API_KEY' } } },
    { alias: 'local', model: 'openai/x', apiBase: 'http://127.0.0.1:1/v1', apiKey: { value: 'literal-secret' }, inputCostPerToken: 0 },
  ]

  async function prepare(): Promise<LitellmSpec> {
    const fallbacks = { smart: ['local'] }
    const prepared = await prepareLitellm({ projectFolder: '/project', home, port: 4000, environment: caller, models, fallbacks })
    if (!prepared.ok) throw new Error(prepared.error.sentence)
    return prepared.value
  }

  it('gets the keys its models name in its environment, and no other; none stands in a configuration', async () => {
    const { child, access } = await prepare()
    const values = Object.values(child.environment)
    expect(values).toContain('anthropic-secret')
    expect(values).toContain('literal-secret')
    expect(values).toContain(access.key)
    expect(values).not.toContain('unused-secret')
    const text = readFileSync(path.join(home, 'litellm', 'config.yaml'), 'utf8')
    for (const secret of ['anthropic-secret', 'literal-secret', access.key]) expect(text).not.toContain(secret)
    expect(child.args.join(' ')).not.toContain(access.key)
  })

  it('has models, prices, fallbacks and a warm-up of its own, retries nothing and keeps nobody waiting after a fault', async () => {
    await prepare()
    expect(readJson('litellm', 'config.yaml')).toMatchObject({
      model_list: [
        { model_name: 'smart', litellm_params: { model: 'anthropic/claude', api_key: 'os.environ/ANTHROPIC_API_KEY' } },
        { model_name: 'local', litellm_params: { model: 'openai/x', api_base: 'http://127.0.0.1:1/v1', input_cost_per_token: 0 } },
        { model_name: 'warm-up', litellm_params: { mock_response: 'ready' } },
      ],
      litellm_settings: { num_retries: 0, telemetry: false, drop_params: true, fallbacks: [{ smart: ['local'] }] },
      router_settings: { disable_cooldowns: true },
    })
  })

  it('has other clients checked when that is wanted: a key of their own, a block that is on by default and fails closed', async () => {
    const access = { endpointKey: 'endpoint-secret', clientKey: 'client-secret', tier: 'teen' } as const
    const guardrail = { access, url: 'http://127.0.0.1:8787' }
    const options = { projectFolder: process.cwd(), home, port: 4000, environment: caller, models, fallbacks: {}, guardrail }
    const prepared = await prepareLitellm(options)
    if (!prepared.ok) throw new Error(prepared.error.sentence)
    expect(readJson('litellm', 'config.yaml')).toMatchObject({
      general_settings: { custom_auth: 'gateway_keys.authenticate', custom_auth_run_common_checks: true },
      guardrails: [
        {
          litellm_params: {
            guardrail: 'generic_guardrail_api',
            mode: ['pre_call', 'post_call'],
            api_base: 'http://127.0.0.1:8787',
            api_key: 'os.environ/AI_OPS_GUARDRAIL_KEY',
            default_on: true,
            unreachable_fallback: 'fail_closed',
            additional_provider_specific_params: { tier: 'teen' },
          },
        },
      ],
    })
    expect(readdirSync(path.join(home, 'litellm'))).toContain('gateway_keys.py')
    const values = Object.values(prepared.value.child.environment)
    for (const secret of ['endpoint-secret', 'client-secret']) {
      expect(values).toContain(secret)
      expect(readFileSync(path.join(home, 'litellm', 'config.yaml'), 'utf8')).not.toContain(secret)
    }
  })

  it('has no guardrail and no second key where nobody asked for it', async () => {
    const { child } = await prepare()
    expect(readJson('litellm', 'config.yaml')).not.toHaveProperty('guardrails')
    expect(Object.keys(child.environment)).not.toContain('AI_OPS_CLIENT_KEY')
  })

  it('keeps its key from start to start', async () => {
    expect((await prepare()).access.key).toBe((await prepare()).access.key)
  })
})

describe('the homeserver', () => {
  async function prepare(limits?: RateLimits): Promise<SynapseSpec> {
    const options = { projectFolder: '/project', home, port: 8008, environment: caller }
    const prepared = await prepareSynapse(limits === undefined ? options : { ...options, limits })
    if (!prepared.ok) throw new Error(prepared.error.sentence)
    return prepared.value
  }

  it('listens on loopback only, takes no registrations and talks to no other server', async () => {
    const { access } = await prepare()
    expect(access).toMatchObject({ url: 'http://127.0.0.1:8008', serverName: 'localhost', botUserId: '@assistant:localhost' })
    expect(readJson('synapse', 'homeserver.yaml')).toMatchObject({
      listeners: [{ bind_addresses: ['127.0.0.1'], resources: [{ names: ['client'] }] }],
      enable_registration: false,
      federation_domain_whitelist: [],
      trusted_key_servers: [],
      report_stats: false,
      rc_message: { per_second: 20, burst_count: 100 },
    })
  })

  it.each<readonly [RateLimits, unknown]>([
    ['synapse-defaults', undefined],
    ['lifted', { per_second: 1000, burst_count: 1000 }],
  ])('with limits %s', async (limits, message) => {
    await prepare(limits)
    const config = readJson('synapse', 'homeserver.yaml')
    expect(config).toHaveProperty('server_name')
    expect((config as { readonly rc_message?: unknown }).rc_message).toEqual(message)
  })

  it('keeps secrets and signing key from start to start, for its owner alone', async () => {
    const first = await prepare()
    const key = readFileSync(path.join(home, 'synapse', 'signing.key'), 'utf8')
    const second = await prepare()
    expect(second.access).toEqual(first.access)
    expect(readFileSync(path.join(home, 'synapse', 'signing.key'), 'utf8')).toBe(key)
    expect(key).toMatch(/^ed25519 a_[0-9a-f]{4} [A-Za-z0-9+/]{43}\n$/)
    const modes = readdirSync(path.join(home, 'synapse')).map((name) => statSync(path.join(home, 'synapse', name)).mode & 0o777)
    expect(new Set(modes)).toEqual(new Set([0o600]))
  })
})
