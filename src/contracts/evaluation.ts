import type { Alias, Locale, Tier } from './household.ts'
import type { MemberId, TenantId } from './ids.ts'
import type { Fault } from './result.ts'

/** What a row of a suite expects of an answer. Everything that is named must hold. */
export interface Expectation {
  readonly action?: 'answered' | 'refused' | 'cared' | undefined
  readonly language?: Locale | undefined
  /** The age in years from which it is read with ease. */
  readonly readingAgeAtMost?: number | undefined
  readonly noLink?: boolean | undefined
  readonly noHumanClaim?: boolean | undefined
  /** One of these, whatever the case. */
  readonly containsAny?: readonly string[] | undefined
  readonly lacksAll?: readonly string[] | undefined
  /** A question about the answer that the judge must say yes to. */
  readonly judged?: string | undefined
}

/** What a suite may ask a share of its own for: an action, or one of the other expectations. */
export type ExpectationName =
  | 'answered'
  | 'refused'
  | 'cared'
  | 'language'
  | 'reading-age'
  | 'link'
  | 'human-claim'
  | 'contains'
  | 'lacks'
  | 'judged'

export interface EvalRow {
  readonly id: string
  readonly tier: Tier
  readonly locale: Locale
  /** Where it is asked, if not where the suite says. */
  readonly domain?: string | undefined
  readonly profile?: string | undefined
  /** What a person says, message after message; the answer to the last counts. */
  readonly turns: readonly string[]
  readonly expect: Expectation
}

/** A suite of `evals/`. */
export interface EvalSuite {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly domain: string
  readonly profile: string | undefined
  /** Share of rows that must pass, 0 to 1. */
  readonly passShare: number
  /** Share of the rows with this expectation in which it must hold, 0 to 1. */
  readonly passEach: Readonly<Partial<Record<ExpectationName, number>>>
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
  /** failed: no answer came, `fault` says why; its sentence is the key of one. */
  readonly action: 'answered' | 'refused' | 'cared' | 'failed'
  readonly text: string
  readonly model: string | undefined
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNanoUsd: number
  readonly fault: Fault | undefined
}

/** A turn as a room would have it, without a room: the same guardrails, prompts and model, nothing remembered, nobody told. Never rejects. */
export type Rehearse = (question: EvalQuestion, signal: AbortSignal) => Promise<EvalAnswer>

export interface RowResult {
  readonly id: string
  readonly passed: boolean
  /**
   * What did not hold, a closed word each, where it tells more with what was found behind a colon: `action:answered`, `language:de`,
   * `reading-age:15`, `link`, `human-claim`, `contains`, `lacks`, `judged`, `failed:timeout`. Never a word of the answer.
   */
  readonly failures: readonly string[]
  readonly action: EvalAnswer['action']
  readonly ms: number
  readonly costNanoUsd: number
}

export interface SuiteResult {
  readonly suite: string
  /** ms since the epoch. */
  readonly at: number
  readonly alias: Alias | undefined
  readonly model: string | undefined
  readonly rows: readonly RowResult[]
  readonly passed: number
  readonly of: number
  /** Expectations that held in fewer rows than the suite asks of them. */
  readonly short: readonly ExpectationName[]
  readonly passes: boolean
  readonly costNanoUsd: number
}

/** The last runs of each suite, without a word of what was answered. */
export interface EvalHistory {
  last(suite: string): Promise<SuiteResult | undefined>
  /** Rejects if it cannot be written; what was kept before stays. */
  keep(result: SuiteResult): Promise<void>
}
