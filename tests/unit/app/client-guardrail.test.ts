import { describe, expect, test } from 'vitest'
import { createTextCheck, mayAnswer } from '../../../src/client-guardrail.ts'
import type { ModelRoute, Tier } from '../../../src/contracts/household.ts'
import type { Action, RailVerdict } from '../../../src/contracts/rails.ts'

const sentences = { say: (key: string, locale: string): string => `${key} ${locale}` }

function verdict(action: Action, redacted?: string): RailVerdict {
  return { action, rail: undefined, category: undefined, score: 0, redacted, placeholders: new Map(), findings: [] }
}

function check(given: RailVerdict, tier: Tier): unknown {
  return createTextCheck({ check: () => given }, sentences, 'de')('text', { tier, direction: 'in' })
}

describe('what the engine says, for a client', () => {
  test.each<readonly [string, RailVerdict, Tier, object]>([
    ['allow passes', verdict('allow'), 'child', { kind: 'pass' }],
    ['redact changes', verdict('redact', 'te<X>'), 'adult', { kind: 'change', text: 'te<X>' }],
    ['nothing changed passes', verdict('redact', 'text'), 'adult', { kind: 'pass' }],
    ['care blocks with its own sentence', verdict('care'), 'adult', { kind: 'block', sentence: 'clients.care de' }],
    ['refuse blocks', verdict('refuse', 'te<X>'), 'adult', { kind: 'block', sentence: 'clients.refused de' }],
    ['what only a judge knows passes for adults', verdict('ask-judge'), 'adult', { kind: 'pass' }],
    ['with its placeholders', verdict('ask-judge', 'te<X>'), 'adult', { kind: 'change', text: 'te<X>' }],
    ['and is refused for a teen', verdict('ask-judge'), 'teen', { kind: 'block', sentence: 'clients.refused de' }],
    ['and for a child', verdict('ask-judge', 'te<X>'), 'child', { kind: 'block', sentence: 'clients.refused de' }],
  ])('%s', (_what, given, tier, expected) => {
    expect(check(given, tier)).toEqual(expected)
  })
})

describe('which model may answer a client', () => {
  const route: ModelRoute = { alias: 'smart', model: 'x/y', minors: 'yes', acceptedBy: undefined, isStandIn: false, fallbacks: [] }
  const strict: ModelRoute = { ...route, minors: 'no' }

  test.each<readonly [string, ModelRoute | undefined, readonly [string | undefined, Tier], boolean]>([
    ['any, for adults', undefined, ['nobody-knows', 'adult'], true],
    ['one that may', route, ['smart', 'child'], true],
    ['none that is not known', route, ['nobody-knows', 'child'], false],
    ['none without a name', route, [undefined, 'teen'], false],
    ['none that may not', strict, ['smart', 'teen'], false],
    ['none that may fall back to one that may not', { ...route, fallbacks: [route, strict] }, ['smart', 'teen'], false],
    ['one whose fallbacks all may', { ...route, fallbacks: [route] }, ['smart', 'child'], true],
  ])('%s', (_what, smart, [model, tier], expected) => {
    expect(mayAnswer(new Map(smart === undefined ? [] : [['smart', smart]]), model, tier)).toBe(expected)
  })
})
