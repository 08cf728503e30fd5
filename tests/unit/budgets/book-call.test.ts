import { describe, expect, test } from 'vitest'
import { decideEnding } from '../../../src/budgets/book-call.ts'
import type { OpenedCall } from '../../../src/budgets/book-call.ts'
import { reserveNanoUsd, settleNanoUsd } from '../../../src/budgets/price.ts'
import type { GatewayFault, ModelUsage } from '../../../src/contracts/chat-model.ts'

const price = { inputNanoUsd: 3_000, outputNanoUsd: 15_000 }
const usage: ModelUsage = { inputTokens: 20, outputTokens: 10, cachedTokens: 4, costNanoUsd: 60_000, model: 'anthropic/m', standIn: false }
const opened: OpenedCall = { reservedNanoUsd: 999_000, inputTokensEstimate: 30, model: 'smart', price }
const fault = (mayHaveCost: boolean): GatewayFault => ({
  code: 'upstream-error',
  sentence: 'gateway.upstream-error',
  isRetryable: true,
  retryAfterMs: undefined,
  mayHaveCost,
})

describe('price', () => {
  test('reserves input and the longest answer; nothing where no price is known', () => {
    expect(reserveNanoUsd(price, 100, 1_000)).toBe(100 * 3_000 + 1_000 * 15_000)
    expect(reserveNanoUsd(undefined, 100, 1_000)).toBe(0)
  })

  test('settles what was reported, else by price, else nothing for the stand-in, else unknown', () => {
    const unreported = { ...usage, costNanoUsd: undefined }
    expect(settleNanoUsd(price, usage)).toBe(60_000)
    expect(settleNanoUsd(price, { ...usage, costNanoUsd: 0 })).toBe(0)
    expect(settleNanoUsd(price, unreported)).toBe(20 * 3_000 + 10 * 15_000)
    expect(settleNanoUsd(price, { ...unreported, standIn: true })).toBe(0)
    expect(settleNanoUsd(undefined, unreported)).toBeUndefined()
  })
})

describe('decideEnding', () => {
  test('reported usage is settled, also when the call failed afterwards', () => {
    const settled = { kind: 'settled', model: 'anthropic/m', inputTokens: 20, outputTokens: 10, cachedTokens: 4, costNanoUsd: 60_000 }
    expect(decideEnding(opened, { usage, fault: undefined, outputTokensEstimate: 9 })).toEqual(settled)
    expect(decideEnding(opened, { usage, fault: fault(true), outputTokensEstimate: 0 })).toEqual(settled)
  })

  test('usage that nobody can price is estimated at the reservation', () => {
    const ending = decideEnding(
      { ...opened, price: undefined },
      { usage: { ...usage, costNanoUsd: undefined }, fault: undefined, outputTokensEstimate: 9 },
    )
    expect(ending).toMatchObject({ kind: 'estimated', inputTokens: 20, outputTokens: 10, costNanoUsd: 999_000 })
  })

  test('what surely cost nothing is released', () => {
    expect(decideEnding(opened, { usage: undefined, fault: fault(false), outputTokensEstimate: 0 })).toEqual({ kind: 'released' })
  })

  test.each([[fault(true)], [undefined]])('an end nobody saw is estimated at the reservation', (given) => {
    expect(decideEnding(opened, { usage: undefined, fault: given, outputTokensEstimate: 7 })).toEqual({
      kind: 'estimated',
      model: 'smart',
      inputTokens: 30,
      outputTokens: 7,
      cachedTokens: 0,
      costNanoUsd: 999_000,
    })
  })
})
