import type { MemberId, TurnId } from './ids.ts'

/** What an allowance is counted in. Amounts are integers: nano-USD, messages, minutes. */
export type AllowanceUnit = 'money' | 'messages' | 'minutes'
/** Begins at midnight, on Monday or on the first, in the member's time zone. */
export type AllowancePeriod = 'day' | 'week' | 'month'

/** When something may be used: on these days (1 is Monday), from and until minutes after midnight, local time. */
export interface AllowedHours {
  readonly days: readonly number[]
  readonly fromMinute: number
  readonly untilMinute: number
}

/** What a member or a whole tenant may use in a period; whichever ends first counts. */
export interface Allowance {
  readonly period: AllowancePeriod
  readonly limits: Readonly<Partial<Record<AllowanceUnit, number>>>
  /** Empty: always. */
  readonly hours: readonly AllowedHours[]
}

/** One limit of one period, as the ledger checks it. */
export interface UseLimit {
  /** undefined: the whole tenant, background calls included. */
  readonly member: MemberId | undefined
  readonly unit: AllowanceUnit
  readonly amount: number
  /** The period, ms since the epoch; `until` is its first moment after. */
  readonly since: number
  readonly until: number
}

/** A limit with what was used of it and granted on top. Open calls count as what was reserved for them. */
export interface LimitUse extends UseLimit {
  readonly used: number
  readonly granted: number
}

/** Something on top of an allowance, for the rest of a period. */
export interface Grant {
  /** What it was given for: a cause gives once, whatever is delivered twice and whoever answers it. */
  readonly cause: string
  /** The event that gave it. */
  readonly event: string
  readonly member: MemberId
  readonly unit: AllowanceUnit
  /** Above 0. */
  readonly amount: number
  readonly from: number
  readonly until: number
  readonly grantedBy: MemberId
}

/** Who is stopped until when; undefined: until somebody resumes. */
export interface Pause {
  readonly until: number | undefined
  readonly by: MemberId
}

/** What members use and may use, of one tenant. */
export interface Allowances {
  /** What was used of each limit; `except`: a turn that is not counted in messages and minutes, since it is the one that asks. */
  use(limits: readonly UseLimit[], except: TurnId | undefined): Promise<readonly LimitUse[]>
  /** False if another event granted something for this cause before. True again for the same event, so that a restarted process goes on. */
  grant(grant: Grant): Promise<boolean>
}
