import { describe, expect, test } from 'vitest'
import { Harness, stop } from './conversation-harness.ts'
import { message, user } from './conversation-fixtures.ts'

const refused = { rail: 'kid-safety', direction: 'in', action: 'refuse' } as const

describe('what is counted of a turn', () => {
  test('an answer: one turn with its stages, one call with tokens and cost, and nobody in it', async () => {
    const house = new Harness()
    house.model.script = (call) => {
      call.write('Fine.')
      call.end()
    }
    await house.receive(message('how are you'))
    const { turns, calls, stops } = house.metrics
    expect(turns).toEqual([{ domain: 'family', tier: 'adult', outcome: 'answered', stagesMs: expect.any(Object) }])
    expect(Object.keys(turns[0]?.stagesMs ?? {})).toEqual(expect.arrayContaining(['recall', 'model', 'commit', 'first-text', 'total']))
    expect(calls).toMatchObject([{ purpose: 'chat', ending: { kind: 'settled' } }])
    expect(stops).toEqual([])
    expect(JSON.stringify([turns, calls])).not.toMatch(/robin|!|@|\$|how are you/u)
  })

  test.each(['harm-at-home', 'self-harm'])('that a child was met with care (%s) reads like any refusal', async (category) => {
    const house = new Harness()
    house.people('mia')
    const incident = { rail: 'kid-safety', category, severity: 'high', action: 'care' } as const
    house.guardrails.onInput = () => stop({ action: 'care', category, sentence: `care.${category}`, incident })
    await house.receive(message('x', { sender: user('mia') }))
    house.guardrails.onInput = () => stop({ category: 'weapons', sentence: 'refusal.danger', incident: { ...incident, action: 'refuse' } })
    await house.receive(message('y', { sender: user('mia') }))
    house.guardrails.onInput = () => stop({ category: 'unknown', sentence: 'refusal.undecided' })
    await house.receive(message('z', { sender: user('mia') }))
    expect(house.metrics.stops).toEqual(Array.from({ length: 3 }, () => ({ ...refused, tier: 'child' })))
    expect(house.metrics.turns.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'refused'])
  })

  test('of an adult it is counted as it was', async () => {
    const house = new Harness()
    house.guardrails.onInput = () => stop({ action: 'care', category: 'self-harm', sentence: 'care.self-harm-adult' })
    await house.receive(message('x'))
    expect(house.metrics.stops).toEqual([{ ...refused, action: 'care', tier: 'adult' }])
    expect(house.metrics.turns).toMatchObject([{ outcome: 'cared', tier: 'adult' }])
  })

  test('a check that failed has no rail', async () => {
    const house = new Harness()
    house.guardrails.onInput = () => {
      throw new Error('broken')
    }
    await house.receive(message('x'))
    expect(house.metrics.stops).toEqual([{ rail: undefined, direction: 'in', action: 'refuse', tier: 'adult' }])
    expect(house.model.calls).toEqual([])
  })
})
