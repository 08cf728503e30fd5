import { describe, expect, it } from 'vitest'
import { chooseModels, type ModelSources } from '../../../src/stack/choose-models.ts'
import type { ModelPlan } from '../../../src/stack/model-plan.ts'

const nothing: ModelSources = { configured: [], environment: {}, ollama: undefined, standInPort: 8788, standInAsFallback: false }
const ollama = { apiBase: 'http://127.0.0.1:11434', models: ['qwen3:8b', 'llama3.2'] }
const oci = {
  OCI_REGION: 'us-chicago-1',
  OCI_USER: 'u',
  OCI_FINGERPRINT: 'f',
  OCI_TENANCY: 't',
  OCI_KEY_FILE: 'k.pem',
  OCI_COMPARTMENT_ID: 'c',
}
const server = { AI_OPS_MODEL_BASE_URL: 'http://127.0.0.1:1234/v1', AI_OPS_MODEL_NAME: 'my-model' }

function plan(sources: Partial<ModelSources>): ModelPlan {
  const chosen = chooseModels({ ...nothing, ...sources })
  if (!chosen.ok) throw new Error(chosen.error.sentence)
  return chosen.value
}

function modelOf(chosen: ModelPlan, alias: string): string | undefined {
  return chosen.models.find((model) => model.alias === alias)?.model
}

describe('who answers smart', () => {
  const everything = { ...server, ANTHROPIC_API_KEY: 'a', OPENAI_API_KEY: 'o', GEMINI_API_KEY: 'g', ...oci }
  it.each<readonly [string, Partial<ModelSources>, string, ModelPlan['standIn']]>([
    ['the configuration before all', { configured: [{ alias: 'smart', model: 'x/y' }], environment: everything, ollama }, 'x/y', 'none'],
    ['then the named server', { environment: everything, ollama }, 'openai/my-model', 'none'],
    ['also by OPENAI_BASE_URL', { environment: { OPENAI_BASE_URL: 'http://h/v1', AI_OPS_MODEL_NAME: 'm' } }, 'openai/m', 'none'],
    ['then Anthropic', { environment: { ...everything, AI_OPS_MODEL_BASE_URL: '' }, ollama }, 'anthropic/claude-sonnet-5-5', 'none'],
    ['then OpenAI', { environment: { OPENAI_API_KEY: 'o', GEMINI_API_KEY: 'g' } }, 'openai/gpt-5.6-terra', 'none'],
    ['then Google', { environment: { GEMINI_API_KEY: 'g', ...oci } }, 'gemini/gemini-3.8-flash', 'none'],
    ['then Oracle', { environment: oci, ollama }, 'oci/cohere.command-latest', 'none'],
    ['but only with all its settings', { environment: { ...oci, OCI_KEY_FILE: '' }, ollama }, 'ollama_chat/qwen3:8b', 'none'],
    ['then Ollama', { ollama }, 'ollama_chat/qwen3:8b', 'none'],
    ['at last the stand-in', {}, 'openai/smollm2-135m', 'alone'],
    ['an empty key is no key', { environment: { ANTHROPIC_API_KEY: ' ' } }, 'openai/smollm2-135m', 'alone'],
  ])('%s', (_, sources, smart, standIn) => {
    const chosen = plan(sources)
    expect(modelOf(chosen, 'smart')).toBe(smart)
    expect(chosen.standIn).toBe(standIn)
  })
})

describe('the stand-in', () => {
  it('alone answers the chat aliases and local, and never judges', () => {
    const chosen = plan({})
    expect(chosen.models.map((model) => model.alias)).toEqual(['smart', 'fast', 'economy', 'local'])
    expect(chosen.models.every((model) => model.apiBase === 'http://127.0.0.1:8788/v1' && model.inputCostPerToken === 0)).toBe(true)
    expect(chosen.fallbacks).toEqual({})
  })

  it('as a fallback comes last for the chat aliases, never for judge', () => {
    const chosen = plan({ environment: { ANTHROPIC_API_KEY: 'a' }, standInAsFallback: true })
    expect(chosen.standIn).toBe('last-fallback')
    expect(chosen.fallbacks).toEqual({ smart: ['local'], fast: ['local'], economy: ['local'] })
    expect(modelOf(chosen, 'judge')).toBe('anthropic/claude-haiku-5-5')
  })

  it('leaves the name local to Ollama where that answers', () => {
    const chosen = plan({ environment: { ANTHROPIC_API_KEY: 'a' }, ollama, standInAsFallback: true })
    expect(modelOf(chosen, 'local')).toBe('ollama_chat/qwen3:8b')
    expect(chosen.fallbacks['smart']).toEqual(['stand-in'])
    expect(modelOf(chosen, 'stand-in')).toBe('openai/smollm2-135m')
  })

  it('is not there where something better is configured', () => {
    expect(plan({ environment: server }).models.some((model) => model.model.includes('smollm2'))).toBe(false)
  })
})

describe('a named server', () => {
  it('gets its key by name, and only its own', () => {
    const own = plan({ environment: { ...server, AI_OPS_MODEL_API_KEY: 'secret', OPENAI_API_KEY: 'o' } })
    expect(own.models[0]?.apiKey).toEqual({ variable: 'AI_OPS_MODEL_API_KEY' })
    const keyless = plan({ environment: { ...server, OPENAI_API_KEY: 'o' } })
    expect(keyless.models[0]?.apiKey).toEqual({ value: 'none' })
  })

  it.each([
    ['http://127.0.0.1:1234/v1/', 'http://127.0.0.1:1234/v1'],
    ['http://127.0.0.1:1234', 'http://127.0.0.1:1234/v1'],
    ['https://gateway.example/openai', 'https://gateway.example/openai'],
  ])('%s is asked at %s', (base, asked) => {
    expect(plan({ environment: { ...server, AI_OPS_MODEL_BASE_URL: base } }).models[0]?.apiBase).toBe(asked)
  })

  it.each([
    [{ AI_OPS_MODEL_BASE_URL: 'http://h/v1' }, 'set AI_OPS_MODEL_NAME'],
    [{ AI_OPS_MODEL_BASE_URL: 'localhost:1234', AI_OPS_MODEL_NAME: 'm' }, 'must be an address'],
  ])('is refused with a sentence: %o', (environment, words) => {
    expect(chooseModels({ ...nothing, environment })).toMatchObject({ ok: false, error: { sentence: expect.stringContaining(words) } })
  })
})

describe('a configuration', () => {
  it('that names only smart lends it to the other aliases', () => {
    const chosen = plan({ configured: [{ alias: 'smart', model: 'x/y' }] })
    expect(['fast', 'economy', 'judge'].map((alias) => modelOf(chosen, alias))).toEqual(['x/y', 'x/y', 'x/y'])
  })

  it('that names other aliases keeps them beside what the environment offers', () => {
    const chosen = plan({ configured: [{ alias: 'judge', model: 'j/k' }], environment: server })
    expect([modelOf(chosen, 'judge'), modelOf(chosen, 'smart')]).toEqual(['j/k', 'openai/my-model'])
    expect(chosen.models.filter((model) => model.alias === 'judge')).toHaveLength(1)
  })
})

describe('a model of the configuration', () => {
  it.each<readonly [string, Readonly<Record<string, string>>, object]>([
    ['anthropic/claude-x', { ANTHROPIC_API_KEY: 'a' }, { parameters: { api_key: { variable: 'ANTHROPIC_API_KEY' } } }],
    [
      'openai/gpt-x',
      { OPENAI_API_KEY: 'o', OPENAI_BASE_URL: 'http://h/v1' },
      { parameters: { api_key: { variable: 'OPENAI_API_KEY' } }, apiBase: 'http://h/v1' },
    ],
    ['oci/cohere.x', oci, { parameters: { oci_user: { variable: 'OCI_USER' } } }],
    ['ollama_chat/qwen3', { OLLAMA_API_BASE: 'http://h:11434/' }, { apiBase: 'http://h:11434' }],
  ])('%s is reached as the environment says', (model, environment, access) => {
    const chosen = plan({ configured: [{ alias: 'smart', model }], environment })
    for (const alias of ['smart', 'judge']) expect(chosen.models.find((found) => found.alias === alias)).toMatchObject({ model, ...access })
  })

  it('names its provider as people are told', () => {
    const providerOf = (model: string): string => plan({ configured: [{ alias: 'smart', model }] }).provider
    expect(['anthropic/claude-x', 'mistral/m'].map(providerOf)).toEqual(['Anthropic', 'mistral'])
  })

  it('gets no key of another provider', () => {
    const chosen = plan({ configured: [{ alias: 'smart', model: 'gemini/x' }], environment: { ANTHROPIC_API_KEY: 'a' } })
    expect(JSON.stringify(chosen.models)).not.toContain('ANTHROPIC')
  })
})

describe('prices', () => {
  it('are whole nano-USD per token, from the provider list or the configuration; unknown ones are left out', () => {
    expect(plan({ environment: { ANTHROPIC_API_KEY: 'a' } }).prices.get('smart')).toEqual({ inputNanoUsd: 2_000, outputNanoUsd: 10_000 })
    const own = plan({ configured: [{ alias: 'smart', model: 'x/y', inputCostPerToken: 1.5e-9, outputCostPerToken: 4e-6 }] })
    expect(own.prices.get('smart')).toEqual({ inputNanoUsd: 2, outputNanoUsd: 4_000 })
    expect(plan({ environment: server }).prices.has('smart')).toBe(false)
  })
})
