import { describe, expect, test } from 'vitest'
import type { RailPolicyChange } from '../../../src/contracts/rails.ts'
import { findLoosened, mergePolicy } from '../../../src/guardrails/policy.ts'
import { laxPolicy, strictPolicy } from './policy-fixture.ts'

describe('mergePolicy', () => {
  test('without a change nothing changes', () => {
    expect(mergePolicy(strictPolicy)).toEqual(strictPolicy)
    expect(mergePolicy(strictPolicy, {}, {})).toEqual(strictPolicy)
  })

  test('the later change wins, and what it leaves out stays', () => {
    const merged = mergePolicy(
      strictPolicy,
      { kidSafety: { bands: { in: { actFrom: 0.6 } }, categories: { violence: 'care' } } },
      { kidSafety: { categories: { violence: 'ask-judge' } } },
    )
    expect(merged.kidSafety.bands.in).toEqual({ judgeFrom: 0.5, actFrom: 0.6 })
    expect(merged.kidSafety.categories.violence).toBe('ask-judge')
    expect(merged.kidSafety.categories['self-harm']).toBe('care')
    expect(merged.pii).toEqual(strictPolicy.pii)
    expect(mergePolicy(strictPolicy, { withoutJudge: 'allow' }, { guardians: { harmAtHome: 'trusted' } })).toEqual({
      ...strictPolicy,
      withoutJudge: 'allow',
      guardians: { alerts: 'excerpt', harmAtHome: 'trusted' },
    })
  })
})

describe('findLoosened', () => {
  test.each<readonly [change: RailPolicyChange, loosened: readonly string[]]>([
    [{}, []],
    [{ pii: { in: ['PHONE_NUMBER'] } }, ['pii.in.HOUSEHOLD']],
    [{ pii: { in: ['PHONE_NUMBER', 'HOUSEHOLD', 'URL'] } }, []],
    [{ secrets: { in: 'redact' } }, ['secrets.in']],
    [{ secrets: { out: 'refuse' } }, []],
    [{ injection: { in: { actFrom: 0.9 } } }, ['injection.in.act_from']],
    [{ injection: { in: { judgeFrom: 0.4, actFrom: 0.7 } } }, []],
    [{ injection: { in: { action: 'allow' } } }, ['injection.in.action']],
    [{ injection: { out: { action: 'redact' } } }, []],
    [{ kidSafety: { bands: { in: { judgeFrom: Number.POSITIVE_INFINITY } } } }, ['kid_safety.bands.in.judge_from']],
    [{ kidSafety: { categories: { violence: 'care' } } }, []],
    [{ withoutJudge: 'allow' }, ['without_judge']],
    [{ askFrom: 0.9 }, ['ask_from']],
    [{ askFrom: 0.1 }, []],
    [{ guardians: { alerts: 'category' } }, ['guardians.alerts']],
    [{ guardians: { alerts: 'none', harmAtHome: 'trusted' } }, ['guardians.alerts']],
    [{ guardians: { alerts: 'text' } }, []],
    [{ guardians: { harmAtHome: 'trusted' } }, []],
    [{ kidSafety: { categories: { violence: 'ask-judge', dieting: 'refuse' } } }, ['kid_safety.categories.violence']],
  ])('%j', (change, loosened) => {
    expect(findLoosened(strictPolicy, mergePolicy(strictPolicy, change))).toEqual(loosened)
  })

  test('a policy loosens nothing of itself, and the lax one loosens the strict one but not the other way round', () => {
    expect(findLoosened(strictPolicy, strictPolicy)).toEqual([])
    expect(findLoosened(strictPolicy, laxPolicy).length).toBeGreaterThan(8)
    expect(findLoosened(laxPolicy, strictPolicy)).toEqual([])
  })
})
