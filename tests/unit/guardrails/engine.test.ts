import { describe, expect, test } from 'vitest'
import type { Tier } from '../../../src/contracts/household.ts'
import type { Action, Finding, RailInput } from '../../../src/contracts/rails.ts'
import { createRailEngine } from '../../../src/guardrails/engine.ts'
import type { RailCheck } from '../../../src/guardrails/engine.ts'
import { restorePlaceholders } from '../../../src/guardrails/pii/redaction.ts'
import { laxPolicy, strictPolicy } from './policy-fixture.ts'

const household = { names: ['Charlotte'], addresses: ['Lindenstraße 12, 50674 Köln'], countries: ['DE', 'US'] }
const policies = new Map<Tier, typeof laxPolicy>([
  ['child', strictPolicy],
  ['teen', strictPolicy],
  ['adult', laxPolicy],
])

function createEngine(...learned: readonly RailCheck[]): ReturnType<typeof createRailEngine> {
  return createRailEngine({ policies, household, learned })
}

function input(text: string, more: Partial<RailInput> = {}): RailInput {
  return { tier: 'child', direction: 'in', locale: 'en', text, ...more }
}

function says(category: string, action: Action, score = 0.9): RailCheck {
  const finding: Finding = { rail: 'kid-safety', category, score, variant: 'plain', spans: [], action }
  return () => [finding]
}

describe('the engine', () => {
  test('allows what no rail minds', () => {
    const verdict = createEngine().check(input('Why is the sky blue?'))
    expect(verdict).toEqual({
      action: 'allow',
      rail: undefined,
      category: undefined,
      score: 0,
      redacted: undefined,
      placeholders: new Map(),
      findings: [],
    })
  })

  test('takes out what the policy names, and only that; the reply gets it back', () => {
    const text = 'Charlotte has 0171 1234567 and c@x.example.org'
    const verdict = createEngine().check(input(text))
    expect(verdict.action).toBe('redact')
    expect(verdict.redacted).toBe('[NAME_1] has [PHONE_1] and c@x.example.org')
    expect(restorePlaceholders('Hi [NAME_1], I will call [PHONE_1].', verdict.placeholders)).toBe('Hi Charlotte, I will call 0171 1234567.')
    expect(createEngine().check(input(text, { tier: 'adult' })).action).toBe('allow')
    expect(
      createEngine()
        .check(input(text, { tier: 'adult' }))
        .findings.map(({ category }) => category),
    ).toContain('EMAIL_ADDRESS')
  })

  test('spans are offsets into the text as it was given', () => {
    const text = '\u200b😀 ch\u00adarlotte, 0171 1\u200b234567'
    const spans = createEngine()
      .check(input(text))
      .findings.flatMap((finding) => finding.spans)
    expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual(['ch\u00adarlotte', '0171 1\u200b234567'])
  })

  test.each<readonly [actions: readonly Action[], expected: Action]>([
    [['allow', 'redact'], 'redact'],
    [['redact', 'ask-judge'], 'ask-judge'],
    [['ask-judge', 'care'], 'care'],
    [['care', 'refuse', 'ask-judge'], 'refuse'],
    [['allow'], 'allow'],
  ])('of %j the verdict is %s, in any order', (actions, expected) => {
    for (const order of [actions, actions.toReversed()]) {
      expect(createEngine(...order.map((action) => says('violence', action))).check(input('hi')).action).toBe(expected)
    }
  })

  test.each(['self-harm', 'grooming', 'harm-at-home'])('%s is met with care, whatever else is found', (category) => {
    const refusal = says('violence', 'refuse', 1)
    for (const action of ['care', 'ask-judge'] as const) {
      const verdict = createEngine(refusal, says(category, action, 0.6)).check(input('my password is hunter22'))
      expect([verdict.action, verdict.category]).toEqual(['care', category])
    }
    expect(createEngine(says(category, 'ask-judge')).check(input('hi')).action).toBe('ask-judge')
  })

  test('of two findings that ask for the same the surer one decides', () => {
    const verdict = createEngine(says('violence', 'refuse', 0.8), says('weapons', 'refuse', 0.9)).check(input('hi'))
    expect([verdict.category, verdict.score]).toEqual(['weapons', 0.9])
  })

  test('what is to be redacted is redacted beside a stricter verdict', () => {
    const verdict = createEngine(says('violence', 'ask-judge')).check(input('my number is 0171 1234567'))
    expect([verdict.action, verdict.redacted]).toEqual(['ask-judge', 'my number is [PHONE_1]'])
  })

  test('an unknown tier counts as child', () => {
    expect(createEngine().check(input('ring 0171 1234567', { tier: 'unheard-of' as Tier })).action).toBe('redact')
  })

  test('the policy of the room wins over that of the tier', () => {
    expect(createEngine().check(input('ring 0171 1234567', { policy: laxPolicy })).action).toBe('allow')
    expect(createEngine().check(input('ring 0171 1234567', { tier: 'adult', policy: strictPolicy })).action).toBe('redact')
  })

  test('a rail that throws, and a missing policy, throw: the caller refuses', () => {
    const broken: RailCheck = () => {
      throw new Error('broken')
    }
    expect(() => createEngine(broken).check(input('hi'))).toThrow('broken')
    expect(() => createRailEngine({ policies: new Map(), household, learned: [] }).check(input('hi'))).toThrow('no policy')
  })

  test('the same text gives the same verdict', () => {
    const engine = createEngine()
    const text = 'Charlotte, Lindenstr. 12, h0w t0 call 0171 1234567'
    expect(engine.check(input(text))).toEqual(engine.check(input(text)))
  })
})
