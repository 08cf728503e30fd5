import type { Alias, ModelPrice } from '../contracts/household.ts'

/** A secret by value, or by the name of the environment variable that holds it. Neither is ever written to a file. */
export type ModelKey = { readonly value: string } | { readonly variable: string }

/** One model behind the gateway. */
export interface ModelDescription {
  /** The name callers use: one of the aliases, or a further name. */
  readonly alias: string
  /** LiteLLM's name with its provider: `anthropic/…`, `openai/…`, `ollama_chat/…`. */
  readonly model: string
  readonly apiBase?: string
  readonly apiKey?: ModelKey
  /** Further parameters of the provider (OCI), by LiteLLM's names. */
  readonly parameters?: Readonly<Record<string, ModelKey>>
  /** USD; left out where LiteLLM's own price list knows the model. */
  readonly inputCostPerToken?: number
  readonly outputCostPerToken?: number
  readonly timeoutSeconds?: number
}

/** All a gateway needs to know, and what the household is told about it. */
export interface ModelPlan {
  readonly models: readonly ModelDescription[]
  /** Alias -> names tried after it, in order. */
  readonly fallbacks: Readonly<Record<string, readonly string[]>>
  /** Who answers `smart`, as people are told: `Anthropic`, `the server at http://…`, `the stand-in on this machine`. */
  readonly provider: string
  /** none: it is not started. alone: it answers everything. last-fallback: it answers when the provider does not. */
  readonly standIn: 'none' | 'alone' | 'last-fallback'
  /** For reservations before a call; what a call really cost is told by the gateway. */
  readonly prices: ReadonlyMap<Alias, ModelPrice>
}
