import type { Alias, Tier } from './household.ts'
import type { Fault, Result } from './result.ts'

export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

export interface ModelRequest {
  readonly alias: Alias
  readonly messages: readonly ModelMessage[]
  /** Upper bound of the answer, tokens. */
  readonly maxTokens: number
  readonly temperature: number | undefined
  /** Sent as `user`: an id, never a name. */
  readonly endUser: string
  /** Who will read the answer: for minors only routes and fallbacks that may serve them, and never the stand-in for a child. */
  readonly tier: Tier
  /** The answer must be JSON of this shape (JSON schema); undefined: free text. */
  readonly responseSchema?: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> }
}

/** Closed: each of LiteLLM's many error shapes becomes one of these, once, in the gateway. */
export type GatewayCode =
  | 'unreachable'
  | 'timeout'
  | 'rate-limited'
  | 'overloaded'
  | 'not-configured'
  | 'bad-credentials'
  | 'context-too-long'
  | 'content-refused'
  | 'bad-request'
  | 'empty-answer'
  | 'broken-stream'
  | 'aborted'
  | 'upstream-error'
  /** No route of this alias may serve minors. */
  | 'not-for-minors'

export interface GatewayFault extends Fault<GatewayCode> {
  /** Decided when the fault is made, never re-guessed by callers. */
  readonly isRetryable: boolean
  readonly retryAfterMs: number | undefined
  /** False when it is certain that no provider worked on the call, so that nothing is owed. */
  readonly mayHaveCost: boolean
}

export interface ModelUsage {
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  /** Integer nano-USD as the gateway reported it; undefined if it reported none. */
  readonly costNanoUsd: number | undefined
  /** The model that really answered, as the gateway names it. */
  readonly model: string
  /** True when the stand-in answered, directly or as fallback. */
  readonly standIn: boolean
}

export type ModelEvent =
  | { readonly kind: 'delta'; readonly text: string }
  | { readonly kind: 'end'; readonly finish: 'stop' | 'length' | 'filter'; readonly usage: ModelUsage | undefined }
  /** `usage`: what was reported before it failed, and is owed. */
  | { readonly kind: 'failed'; readonly error: GatewayFault; readonly usage?: ModelUsage }

/**
 * A model behind the gateway. `stream` never throws: it yields deltas and then exactly one `end` or `failed`.
 * One call of `stream` is at most one request upstream; retries belong to the caller, who books each.
 */
export interface ChatModel {
  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent>
  /** Answers true if the gateway accepts our key; used by /readyz and doctor. */
  ready(signal: AbortSignal): Promise<Result<true, GatewayFault>>
}
