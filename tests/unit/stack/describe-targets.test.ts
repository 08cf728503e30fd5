import { describe, expect, it } from 'vitest'
import { chooseModels } from '../../../src/stack/choose-models.ts'
import { describeTarget, describeTargets } from '../../../src/stack/describe-targets.ts'

function providerOf(model: string, apiBase?: string): string {
  return describeTarget({ alias: 'smart', model, ...(apiBase === undefined ? {} : { apiBase }) }).provider
}

describe('whose terms count', () => {
  it.each([
    ['anthropic/claude-x', undefined, 'anthropic'],
    ['openai/gpt-x', undefined, 'openai'],
    ['openai/gpt-x', 'https://api.openai.com/v1', 'openai'],
    ['gemini/g', undefined, 'gemini'],
    ['oci/cohere.x', undefined, 'oci'],
    ['ollama_chat/qwen3:8b', undefined, 'ollama'],
    ['ollama_chat/qwen3:8b', 'http://192.168.1.9:11434', 'ollama'],
    ['ollama_chat/qwen3:8b', 'https://ollama.example', 'other-server'],
    ['ollama_chat/gpt-oss:120b-cloud', 'http://127.0.0.1:11434', 'ollama-cloud'],
    ['ollama/glm-5:cloud', undefined, 'ollama-cloud'],
    ['strange/model', undefined, 'strange'],
  ])('%s at %s: %s', (model, apiBase, provider) => {
    expect(providerOf(model, apiBase)).toBe(provider)
  })

  it.each([
    'http://localhost:1234/v1',
    'http://127.9.9.9/v1',
    'http://[::1]:1234/v1',
    'http://10.255.0.1/v1',
    'http://172.16.0.1/v1',
    'http://172.31.255.255/v1',
    'http://192.168.0.7/v1',
    'http://[fd12:3456::1]/v1',
    'http://NAS.local:8080/v1',
  ])('%s is a server of one’s own', (apiBase) => {
    expect(providerOf('openai/m', apiBase)).toBe('own-server')
  })

  it.each([
    'https://api.openai.com.evil.example/v1',
    'http://127.0.0.1.example.org/v1',
    'http://10.example.org/v1',
    'http://172.32.0.1/v1',
    'http://192.169.0.1/v1',
    'http://11.0.0.1/v1',
    'http://[fe80::1]/v1',
    'http://[2001:db8::1]/v1',
    'https://local/v1',
    'http://8.8.8.8/v1',
  ])('%s is not', (apiBase) => {
    expect(providerOf('openai/m', apiBase)).toBe('other-server')
  })
})

describe('the targets of a plan', () => {
  const nothing = { configured: [], environment: {}, ollama: undefined, standInPort: 8788, standInAsFallback: false }
  const targetsOf = (change: object) => {
    const plan = chooseModels({ ...nothing, ...change })
    if (!plan.ok) throw new Error(plan.error.sentence)
    return describeTargets(plan.value)
  }

  it('are its names, the stand-in marked', () => {
    expect(targetsOf({}).map(({ alias, isStandIn }) => [alias, isStandIn])).toEqual([
      ['smart', true],
      ['fast', true],
      ['economy', true],
      ['local', true],
    ])
  })

  it('carry the fallbacks', () => {
    const targets = targetsOf({ environment: { ANTHROPIC_API_KEY: 'a' }, standInAsFallback: true })
    expect(targets.find(({ alias }) => alias === 'smart')).toMatchObject({ provider: 'anthropic', isStandIn: false, fallbacks: ['local'] })
    expect(targets.find(({ alias }) => alias === 'local')).toMatchObject({ isStandIn: true, fallbacks: [] })
    expect(targets.find(({ alias }) => alias === 'judge')).toMatchObject({ provider: 'anthropic', fallbacks: [] })
  })

  it('of a server that AI_OPS_MODEL_BASE_URL names are judged by its address', () => {
    const at = (base: string) => targetsOf({ environment: { AI_OPS_MODEL_BASE_URL: base, AI_OPS_MODEL_NAME: 'm' } })[0]?.provider
    expect([at('http://127.0.0.1:1234'), at('https://models.example.org')]).toEqual(['own-server', 'other-server'])
  })
})
