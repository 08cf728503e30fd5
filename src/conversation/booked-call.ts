import { type CallOutcome, decideEnding, type OpenedCall } from '../budgets/book-call.ts'
import { reserveNanoUsd } from '../budgets/price.ts'
import type { ModelRequest } from '../contracts/chat-model.ts'
import type { ModelPrice } from '../contracts/household.ts'
import type { CallEnding, CallOpening, Ledger } from '../contracts/ledger.ts'
import type { CrashPoints } from '../contracts/platform.ts'
import { estimateMessageTokens } from '../prompts/estimate-tokens.ts'
import type { Clock } from './clock.ts'

export interface BookingPorts {
  readonly ledger: Pick<Ledger, 'openCall' | 'endCall'>
  readonly crashPoints: CrashPoints
  readonly clock: Pick<Clock, 'now'>
}

/** Where a call is booked. */
export interface CallBooking extends Pick<CallOpening, 'turn' | 'attempt' | 'call' | 'purpose' | 'roomId' | 'member' | 'domain'> {
  readonly price: ModelPrice | undefined
}

/**
 * Runs one model call with its ledger row: durable before the call leaves, ended however the call ended, also after a throw, since a
 * call that left was paid for.
 */
export async function withBooking<Value>(
  { ledger, crashPoints, clock }: BookingPorts,
  { price, ...booking }: CallBooking,
  { alias, messages, maxTokens }: Pick<ModelRequest, 'alias' | 'messages' | 'maxTokens'>,
  call: () => Promise<Value>,
  outcomeOf: (value: Value | undefined) => CallOutcome,
  onEnding?: (ending: CallEnding) => void,
): Promise<Value> {
  const inputTokensEstimate = estimateMessageTokens(messages)
  const reservedNanoUsd = reserveNanoUsd(price, inputTokensEstimate, maxTokens)
  const opened: OpenedCall = { reservedNanoUsd, inputTokensEstimate, model: alias, price }
  crashPoints.reach('open-call.before')
  await ledger.openCall({ ...booking, alias, reservedNanoUsd, inputTokensEstimate, openedAt: clock.now() })
  crashPoints.reach('open-call.after')
  let value: Value | undefined
  try {
    value = await call()
    return value
  } finally {
    const ending = decideEnding(opened, outcomeOf(value))
    crashPoints.reach('end-call.before')
    await ledger.endCall(booking, ending)
    crashPoints.reach('end-call.after')
    onEnding?.(ending)
  }
}
