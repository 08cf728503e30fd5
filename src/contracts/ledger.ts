import type { UseLimit } from './allowance.ts'
import type { Alias } from './household.ts'
import type { MemberId, RoomId, TurnId } from './ids.ts'

/** One model call; attempts and calls are numbered from 1 inside the turn. */
export interface CallKey {
  readonly turn: TurnId
  readonly attempt: number
  readonly call: number
}

/** judge: what the guardrails asked; eval: what a suite asked. Both stand on lines of their own and are no member's use. */
export type CallPurpose = 'chat' | 'judge' | 'eval'

export interface CallOpening extends CallKey {
  readonly purpose: CallPurpose
  readonly roomId: RoomId
  readonly member: MemberId
  readonly domain: string
  readonly alias: Alias
  /** Integer nano-USD: input tokens x price + max tokens x price. */
  readonly reservedNanoUsd: number
  readonly inputTokensEstimate: number
  readonly openedAt: number
}

/** settled: the upstream reported it; estimated: a crash or abort hid the end; released: certain that nothing was owed. */
export type CallEnding =
  | {
      readonly kind: 'settled' | 'estimated'
      readonly model: string
      readonly inputTokens: number
      readonly outputTokens: number
      readonly cachedTokens: number
      readonly costNanoUsd: number
    }
  | { readonly kind: 'released' }

export interface LedgerRow extends CallOpening {
  readonly state: 'open' | 'settled' | 'estimated' | 'released'
  readonly model: string | undefined
  readonly inputTokens: number
  readonly outputTokens: number
  readonly cachedTokens: number
  readonly costNanoUsd: number
}

/** Every model call of one tenant, append-only: an ending is written once, never changed. */
export interface Ledger {
  /** Closes what an earlier process left open in this turn as `estimated` (at its reservation) and answers the next attempt number. */
  beginAttempt(turn: TurnId): Promise<number>
  /**
   * Durable before it resolves: no call leaves without its row. With `limits`, what was used is counted in the same transaction: the
   * first limit that is used up is answered and nothing is opened, so that of calls side by side at most one goes beyond a limit.
   */
  openCall(opening: CallOpening, limits?: readonly UseLimit[]): Promise<UseLimit | undefined>
  endCall(key: CallKey, ending: CallEnding): Promise<void>
  /** Closes as `estimated` whatever is open; for a process that begins, since whoever opened it is gone. Answers how many there were. */
  endOrphans(): Promise<number>
  rows(since: number): Promise<readonly LedgerRow[]>
}
