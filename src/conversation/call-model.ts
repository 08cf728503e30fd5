import type { CallOutcome } from '../budgets/book-call.ts'
import type { UseLimit } from '../contracts/allowance.ts'
import type { ChatModel, GatewayFault, ModelRequest } from '../contracts/chat-model.ts'
import type { CallNumbers, RailStop, SentenceKey } from '../contracts/guardrails.ts'
import type { CallEnding } from '../contracts/ledger.ts'
import { estimateTokens } from '../prompts/estimate-tokens.ts'
import { type BookingPorts, type CallBooking, withBooking } from './booked-call.ts'
import { type Streamed, type StreamPorts, type StreamRequest, streamReply } from './stream-reply.ts'

/** Repeated calls of one turn, on top of the first. */
const MAX_RETRIES = 3
const MAX_EMPTY_RETRIES = 1
/** A gateway that is being started needs 10 to 20 s; asking for it costs nothing, and the turn has 120 s. */
const UNREACHED_PATIENCE_MS = 30_000
const BACKOFF_BASE_MS = 500
const MAX_BACKOFF_MS = 4_000

export interface CallPorts extends StreamPorts, BookingPorts {
  readonly model: Pick<ChatModel, 'stream'>
  readonly clock: StreamPorts['clock']
}

export interface CallRequest {
  readonly booking: Omit<CallBooking, 'call'>
  readonly calls: CallNumbers
  readonly request: ModelRequest
  readonly reply: Omit<StreamRequest, 'stream'>
}

/** What all calls of a turn came to together. */
export interface CallTotals {
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNanoUsd: number
  readonly model: string | undefined
  readonly firstTextAt: number | undefined
}

export type ModelOutcome = { readonly totals: CallTotals; readonly text: string } & (
  | { readonly kind: 'answered'; readonly finish: 'stop' | 'length' | 'filter'; readonly standIn: boolean | undefined }
  | { readonly kind: 'stopped'; readonly stop: RailStop }
  | { readonly kind: 'refused'; readonly sentence: SentenceKey }
  | { readonly kind: 'failed'; readonly error: Pick<GatewayFault, 'code' | 'sentence'> }
  /** Another call used up what was left of a limit; nothing left for this one. */
  | { readonly kind: 'exhausted'; readonly limit: UseLimit }
)

type CallFailure = Pick<GatewayFault, 'code' | 'sentence' | 'isRetryable' | 'retryAfterMs' | 'mayHaveCost'>
const EMPTY: CallFailure = { code: 'empty-answer', sentence: 'answer.empty', isRetryable: true, retryAfterMs: undefined, mayHaveCost: true }
const FILTERED: CallFailure = {
  code: 'content-refused',
  sentence: 'gateway.content-refused',
  isRetryable: false,
  retryAfterMs: undefined,
  mayHaveCost: true,
}

const NOTHING_CALLED: CallTotals = { calls: 0, inputTokens: 0, outputTokens: 0, costNanoUsd: 0, model: undefined, firstTextAt: undefined }

/**
 * Asks the model until it answers, a failure is not worth repeating, or the turn's signal aborts. Each call has a ledger row that is
 * durable before the call leaves. Answers what passed the guardrails, also where the call did not end well.
 */
export async function callModel(ports: CallPorts, { booking, calls, request, reply }: CallRequest): Promise<ModelOutcome> {
  let totals = NOTHING_CALLED
  const patience = createPatience(ports.clock)
  for (let tries = 1; ; tries += 1) {
    const booked: CallBooking = { ...booking, call: calls.next() }
    const call = await withBooking(
      ports,
      booked,
      request,
      () => streamReply(ports, { ...reply, stream: (signal) => ports.model.stream(request, signal) }),
      outcomeOf,
      (ending) => {
        totals = addEnding(totals, ending)
      },
    )
    if (!call.ok) return { kind: 'exhausted', limit: call.error, totals, text: '' }
    const streamed = call.value
    totals = { ...totals, firstTextAt: totals.firstTextAt ?? streamed.firstTextAt }
    const verdict = judge(streamed)
    if (verdict.kind !== 'failed') return { ...verdict, totals, text: streamed.text }
    const failed: ModelOutcome = { ...verdict, totals, text: streamed.text }
    if (!patience.lastsFor(verdict.error)) return failed
    const backoffMs = Math.max(verdict.error.retryAfterMs ?? 0, Math.min(BACKOFF_BASE_MS * 2 ** (tries - 1), MAX_BACKOFF_MS))
    if (!(await ports.clock.wait(backoffMs, reply.signal))) return failed
  }
}

/** How often a turn repeats its call: what may cost or annoys a provider a few times, what reaches nobody for a while. */
function createPatience(clock: CallPorts['clock']): { lastsFor(error: CallFailure): boolean } {
  const since = clock.now()
  let retries = 0
  let empties = 0
  return {
    lastsFor({ code, isRetryable, mayHaveCost }) {
      if (code === 'unreachable' && !mayHaveCost) return isRetryable && clock.now() - since < UNREACHED_PATIENCE_MS
      retries += 1
      if (code === 'empty-answer') empties += 1
      return isRetryable && empties <= MAX_EMPTY_RETRIES && retries <= MAX_RETRIES
    },
  }
}

function outcomeOf(streamed: Streamed | undefined): CallOutcome {
  const end = streamed?.end
  return {
    usage: end?.usage,
    fault: end?.kind === 'failed' ? end.error : undefined,
    outputTokensEstimate: estimateTokens(streamed?.received ?? ''),
  }
}

type Verdict =
  | { readonly kind: 'stopped'; readonly stop: RailStop }
  | { readonly kind: 'answered'; readonly finish: 'stop' | 'length' | 'filter'; readonly standIn: boolean | undefined }
  | { readonly kind: 'refused'; readonly sentence: SentenceKey }
  | { readonly kind: 'failed'; readonly error: CallFailure }

/** What a call's end means for the turn. An empty answer is a failure, also where the gateway saw no fault in it. */
function judge({ end, stop, text, received }: Streamed): Verdict {
  if (stop !== undefined) return { kind: 'stopped', stop }
  if (end.kind === 'failed') return { kind: 'failed', error: end.error }
  if (text.trim() !== '') return { kind: 'answered', finish: end.finish, standIn: end.usage?.standIn }
  if (received.trim() !== '') return { kind: 'refused', sentence: 'guardrail.refused' }
  return { kind: 'failed', error: end.finish === 'filter' ? FILTERED : EMPTY }
}

function addEnding(totals: CallTotals, ending: CallEnding): CallTotals {
  const calls = totals.calls + 1
  if (ending.kind === 'released') return { ...totals, calls }
  return {
    ...totals,
    calls,
    inputTokens: totals.inputTokens + ending.inputTokens,
    outputTokens: totals.outputTokens + ending.outputTokens,
    costNanoUsd: totals.costNanoUsd + ending.costNanoUsd,
    model: ending.model,
  }
}
