import { type CallOutcome, decideEnding, type OpenedCall } from '../budgets/book-call.ts'
import { reserveNanoUsd } from '../budgets/price.ts'
import type { UseLimit } from '../contracts/allowance.ts'
import type { ModelRequest } from '../contracts/chat-model.ts'
import type { ModelPrice } from '../contracts/household.ts'
import type { CallEnding, CallOpening, Ledger } from '../contracts/ledger.ts'
import type { Metrics } from '../contracts/metrics.ts'
import type { CrashPoints } from '../contracts/platform.ts'
import type { Result } from '../contracts/result.ts'
import { estimateMessageTokens } from '../prompts/estimate-tokens.ts'
import type { Clock } from './clock.ts'

export interface BookingPorts {
  readonly metrics: Pick<Metrics, 'call'>
  readonly ledger: Pick<Ledger, 'openCall' | 'endCall'>
  readonly crashPoints: CrashPoints
  readonly clock: Pick<Clock, 'now'>
}

/** Where a call is booked. */
export interface CallBooking extends Pick<CallOpening, 'turn' | 'attempt' | 'call' | 'purpose' | 'roomId' | 'member' | 'domain'> {
  readonly price: ModelPrice | undefined
  /** What must not be used up for the call to leave. */
  readonly limits?: readonly UseLimit[]
}

/**
 * Runs one model call with its ledger row: durable before the call leaves, ended however the call ended, also after a throw, since a
 * call that left was paid for. The failure is a limit that was used up meanwhile: then nothing left and nothing is booked.
 */
export async function withBooking<Value>(
  { ledger, crashPoints, clock, metrics }: BookingPorts,
  { price, limits, ...booking }: CallBooking,
  { alias, messages, maxTokens }: Pick<ModelRequest, 'alias' | 'messages' | 'maxTokens'>,
  call: () => Promise<Value>,
  outcomeOf: (value: Value | undefined) => CallOutcome,
  onEnding?: (ending: CallEnding) => void,
): Promise<Result<Value, UseLimit>> {
  const inputTokensEstimate = estimateMessageTokens(messages)
  const reservedNanoUsd = reserveNanoUsd(price, inputTokensEstimate, maxTokens)
  const opened: OpenedCall = { reservedNanoUsd, inputTokensEstimate, model: alias, price }
  crashPoints.reach('open-call.before')
  const opening = { ...booking, alias, reservedNanoUsd, inputTokensEstimate, openedAt: clock.now() }
  const reached = await ledger.openCall(opening, limits)
  if (reached !== undefined) return { ok: false, error: reached }
  crashPoints.reach('open-call.after')
  let value: Value | undefined
  try {
    value = await call()
    return { ok: true, value }
  } finally {
    const ending = decideEnding(opened, outcomeOf(value))
    crashPoints.reach('end-call.before')
    await ledger.endCall(booking, ending)
    crashPoints.reach('end-call.after')
    metrics.call({ purpose: booking.purpose, alias, ending })
    onEnding?.(ending)
  }
}
