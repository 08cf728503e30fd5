import type { Alias, Tier } from './household.ts'
import type { CallEnding, CallPurpose } from './ledger.ts'
import type { Rail } from './rails.ts'

/** A turn that has ended; no member, room or text. */
export interface TurnMetric {
  readonly domain: string
  readonly tier: string
  readonly outcome: string
  /** Stage name -> milliseconds; `total` is the whole turn. */
  readonly stagesMs: Readonly<Record<string, number>>
}

export interface CallMetric {
  readonly purpose: CallPurpose
  readonly alias: Alias
  readonly ending: CallEnding
}

export interface StopMetric {
  /** The rail that found it; undefined: the check itself failed. */
  readonly rail: Rail | undefined
  readonly direction: 'in' | 'out'
  /** Of minors always `refuse`: whom the assistant cared for must not be read from a number. */
  readonly action: 'care' | 'refuse'
  readonly tier: Tier
}

/** What is counted. Labels are closed sets or cut off: never who, where or what was said. None of these throws. */
export interface Metrics {
  turn(metric: TurnMetric): void
  call(metric: CallMetric): void
  stopped(metric: StopMetric): void
  /** An order of somebody who may not give it. */
  refusedOrder(): void
}
