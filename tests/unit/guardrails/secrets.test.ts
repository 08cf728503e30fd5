import { describe, expect, test } from 'vitest'
import type { RailPolicy } from '../../../src/contracts/rails.ts'
import { normalise } from '../../../src/guardrails/normalise.ts'
import { createSecretsRail } from '../../../src/guardrails/secrets.ts'
import { laxPolicy } from './policy-fixture.ts'

const check = createSecretsRail()
const policy: RailPolicy = { ...laxPolicy, secrets: { in: 'redact', out: 'refuse', tool: 'allow' } }

function found(text: string): readonly string[] {
  const findings = check(normalise(text), { tier: 'adult', direction: 'in', locale: 'en', text }, policy)
  return findings.flatMap(({ category, spans }) => spans.map(({ start, end }) => `${category} ${text.slice(start, end)}`))
}

// put together here, so that no scanner takes this file for a leak
const made = (prefix: string, length: number): string =>
  prefix + 'aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dF3hJ5kL7nP9rS1uV3xY5'.repeat(8).slice(0, length)

describe('the rail of secrets', () => {
  test.each([
    ['API_KEY', made('sk-ant-', 40)],
    ['API_KEY', made('sk-proj-', 40)],
    ['API_KEY', `AKIA${'Q3EXAMPLE7ABCDEF'}`],
    ['API_KEY', made('AIza', 35)],
    ['API_KEY', made('sk_live_', 24)],
    ['TOKEN', made('ghp_', 36)],
    ['TOKEN', made('github_pat_', 60)],
    ['TOKEN', made('glpat-', 20)],
    ['TOKEN', made('xoxb-', 30)],
    ['TOKEN', made('hf_', 34)],
    ['TOKEN', `${made('eyJ', 20)}.${made('eyJ', 40)}.${made('', 30)}`],
    ['TOKEN', 'syt_b3duZXI_AbCdEfGhIjKlMnOpQrSt_1aB2c3'],
    ['PRIVATE_KEY', `EsTc${' aB3d'.repeat(11)}`],
  ])('%s: %s', (type, secret) => {
    expect(found(`use ${secret} please`)).toEqual([`${type} ${secret}`])
  })

  test('a private key is taken whole', () => {
    const key = `-----BEGIN OPENSSH PRIVATE KEY-----\n${made('', 120)}\n-----END OPENSSH PRIVATE KEY-----`
    expect(found(`here: ${key} ok`)).toEqual([`PRIVATE_KEY ${key}`])
  })

  test.each([
    ['my password is hunter22', 'PASSWORD hunter22'],
    ['Das WLAN-Passwort lautet Gartenzwerg9!', 'PASSWORD Gartenzwerg9'],
    ['password for the router: tr0ub4dor&3', 'PASSWORD tr0ub4dor&3'],
    ['api_key = "abcd1234efgh5678"', 'API_KEY abcd1234efgh5678'],
    [`Authorization: Bearer ${made('', 32)}`, `TOKEN ${made('', 32)}`],
    ['postgres://bob:s3cret@db/x', 'PASSWORD s3cret'],
  ])('%s', (text, expected) => {
    expect(found(text)).toContain(expected)
  })

  test.each([
    'My password is not working',
    'What is a good password?',
    'Das Passwort ist falsch',
    'The password is too short.',
    'How do API keys work?',
    'the secret key to success is practice',
    'sk-8 is a road',
    'password: [PASSWORD_1]',
  ])('leaves alone: %s', (text) => {
    expect(found(text)).toEqual([])
  })

  test('asks for what the policy says of the direction', () => {
    const text = 'my password is hunter22'
    for (const direction of ['in', 'out', 'tool'] as const) {
      const [finding] = check(normalise(text), { tier: 'adult', direction, locale: 'en', text }, policy)
      expect(finding?.action).toBe(policy.secrets[direction])
    }
  })
})
