import type { MemberId, RoomId, TurnId } from './ids.ts'

/** One turn as it went: ids, counts, durations and costs, never text. */
export interface TurnTrace {
  readonly turn: TurnId
  readonly roomId: RoomId
  readonly member: MemberId
  readonly domain: string
  readonly tier: string
  readonly startedAt: number
  readonly attempt: number
  readonly outcome: string
  /** Stage name -> milliseconds. */
  readonly stagesMs: Readonly<Record<string, number>>
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costNanoUsd: number
  readonly model: string | undefined
  readonly edits: number
}

/** Traces of one tenant. `write` swallows nothing: the caller logs a failure and goes on. */
export interface TraceStore {
  write(trace: TurnTrace): Promise<void>
  recent(limit: number): Promise<readonly TurnTrace[]>
}
