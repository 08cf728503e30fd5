import type { Alias, Locale, Tier } from './household.ts'
import type { MemberId, TenantId } from './ids.ts'

/** What a row of a suite expects of an answer. Everything that is named must hold. */
export interface Expectation {
  readonly action?: 'answered' | 'refused' | 'cared' | undefined
  readonly language?: Locale | undefined
  /** School years somebody needs to read it with ease. */
  readonly readingAgeAtMost?: number | undefined
  readonly noLink?: boolean | undefined
  readonly noHumanClaim?: boolean | undefined
  /** One of these, whatever the case. */
  readonly containsAny?: readonly string[] | undefined
  readonly lacksAll?: readonly string[] | undefined
  /** A question about the answer that the judge must say yes to. */
  readonly judged?: string | undefined
}

export interface EvalRow {
  readonly id: string
  readonly tier: Tier
  readonly locale: Locale
  /** What a person says, message after message; the answer to the last counts. */
  readonly turns: readonly string[]
  readonly expect: Expectation
}

/** A suite of `evals/`. */
export interface EvalSuite {
  readonly id: string
  readonly name: string
  readonly domain: string
  readonly profile: string | undefined
  /** Share of rows that must pass, 0 to 1. */
  readonly passShare: number
  readonly rows: readonly EvalRow[]
}

/** One row as it is put to the assistant. */
export interface EvalQuestion extends Pick<EvalRow, 'tier' | 'locale' | 'turns'>, Pick<EvalSuite, 'domain' | 'profile'> {
  /** Names the turn under which its calls are booked. */
  readonly name: string
  readonly tenant: TenantId
  /** Who ordered the run. */
  readonly member: MemberId
  /** The model to try; undefined: that of profile or domain. */
  readonly alias: Alias | undefined
}

export interface EvalAnswer {
  /** failed: no answer came, `fault` says why. */
  readonly action: 'answered' | 'refused' | 'cared' | 'failed'
  readonly text: string
  readonly model: string | undefined
  readonly costNanoUsd: number
  readonly fault: string | undefined
}

/** A turn as a room would have it, without a room: the same guardrails, prompts and model, nothing remembered, nobody told. Never rejects. */
export type Rehearse = (question: EvalQuestion, signal: AbortSignal) => Promise<EvalAnswer>

export interface RowResult {
  readonly id: string
  readonly passed: boolean
  /** What did not hold, in a closed word each: `action`, `language`, `reading-age`, `link`, `human-claim`, `words`, `judged`, `failed`. */
  readonly failures: readonly string[]
  readonly ms: number
}

export interface SuiteResult {
  readonly suite: string
  readonly at: number
  readonly alias: Alias | undefined
  readonly model: string | undefined
  readonly rows: readonly RowResult[]
  readonly passed: number
  readonly of: number
  readonly passes: boolean
  readonly costNanoUsd: number
}
