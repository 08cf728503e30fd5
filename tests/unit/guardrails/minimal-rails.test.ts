import { describe, expect, test } from 'vitest'
import type { Tier } from '../../../src/contracts/household.ts'
import { createMinimalRails } from '../../../src/guardrails/minimal-rails.ts'

const rails = createMinimalRails()

describe('createMinimalRails', () => {
  test.each<Tier>(['teen', 'adult'])('%s passes both ways', async (tier) => {
    expect(await rails.checkInput({ tier, locale: 'en', text: 'hi' })).toEqual({ kind: 'allow' })
    expect(await rails.checkOutput({ tier, locale: 'en', text: 'hi' })).toEqual({ kind: 'allow' })
  })

  test.each<Tier>(['child', 'unheard-of' as Tier])('%s is refused both ways', async (tier) => {
    const refusal = { kind: 'refuse', category: 'child-not-ready', sentence: 'room.child-not-ready' }
    expect(await rails.checkInput({ tier, locale: 'en', text: 'hi' })).toEqual(refusal)
    expect(await rails.checkOutput({ tier, locale: 'en', text: 'hi' })).toEqual(refusal)
  })
})
