import { setImmediate as turnOfTheLoop } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { ModelRequest } from '../../../src/contracts/chat-model.ts'
import type { Household } from '../../../src/contracts/household.ts'
import type { RailBook } from '../../../src/contracts/rails.ts'
import { createInstanceGuardrails } from '../../../src/instance-guardrails.ts'
import { InMemoryEdge } from '../../fakes/in-memory-edge.ts'
import { RecordedMetrics } from '../../fakes/recorded-metrics.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { usage } from '../../fakes/scripted-model.ts'
import { strictPolicy } from '../guardrails/policy-fixture.ts'
import { binding, buildHousehold, FAMILY, member } from '../conversation/conversation-fixtures.ts'

const book: RailBook = {
  engineOf: () => {
    throw new Error('no rule is asked')
  },
  policyOf: () => strictPolicy,
  helpLinesOf: () => [],
}
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined }
const probe = (['safe', 'unsafe', 'safe', 'unsafe'] as const).map((expected, index) => ({
  text: `row ${String(index)}`,
  expect: expected,
  tier: 'child' as const,
  lang: index < 2 ? ('en' as const) : ('de' as const),
}))

function open(household: Household, answer: string) {
  const requests: ModelRequest[] = []
  const tenant = new InMemoryTenant(FAMILY, [])
  const safety = createInstanceGuardrails({
    rules: { current: () => book },
    directory: { current: () => household, onChange: () => () => undefined },
    model: {
      async *stream(request) {
        requests.push(request)
        const isUnsafe = /row [13]\n/u.test(request.messages.at(-1)?.content ?? '')
        const text =
          answer === 'wise' ? JSON.stringify({ category: isUnsafe ? 'violence' : 'none', action: isUnsafe ? 'refuse' : 'allow' }) : answer
        yield { kind: 'delta', text }
        yield { kind: 'end', finish: 'stop', usage: usage({ model: 'wise' }) }
      },
    },
    tenants: { open: () => tenant, [Symbol.asyncDispose]: () => Promise.resolve() },
    facts: new InMemoryEdge([]).facts,
    probe,
    findPersonalData: () => Promise.resolve([]),
    crashPoints: { reach: () => undefined },
    metrics: new RecordedMetrics(),
    log: quiet,
  })
  return { safety, requests, tenant }
}

const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 100; turn += 1) await turnOfTheLoop()
}

describe('the judge of an instance', () => {
  const withChild = buildHousehold([member('robin', { role: 'owner' }), member('mia', { role: 'child' })], [binding()])

  test('is probed where a minor is a member, as a child may be served, and each call is booked as a judge’s', async () => {
    const { safety, requests, tenant } = open(withChild, 'wise')
    using _safety = safety
    safety.openJudge()
    await settle()
    expect(safety.guardrails.judgeState()).toEqual(expect.objectContaining({ kind: 'open', model: 'wise', right: 4, of: 4 }))
    expect(requests.map(({ alias, tier, temperature }) => [alias, tier, temperature])).toEqual(
      expect.arrayContaining(requests.map(({ tier }) => ['judge', tier, 0])),
    )
    expect(new Set(requests.map(({ tier }) => tier))).toEqual(new Set(['child']))
    expect(tenant.openings.map(({ purpose, call }) => [purpose, call])).toEqual(requests.map((_, index) => ['judge', index + 1]))
    expect(tenant.endings).toHaveLength(requests.length)
  })

  test.each([
    ['a household of grown-ups', buildHousehold([member('robin', { role: 'owner' })], [binding()])],
    ['a household that only has the stand-in', { ...withChild, standIn: true }],
  ])('costs nothing in %s', async (_what, household) => {
    const { safety, requests } = open(household, 'wise')
    using _safety = safety
    safety.openJudge()
    await settle()
    expect(requests).toEqual([])
    expect(safety.guardrails.judgeState()).toEqual({ kind: 'away' })
  })
})
