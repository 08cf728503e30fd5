import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MemberId, RoomId, TurnId } from '../../src/contracts/ids.ts'
import type { TraceStore, TurnTrace } from '../../src/contracts/traces.ts'

export interface TraceStoreFixture extends AsyncDisposable {
  /** A store without traces. */
  readonly traces: TraceStore
}

/** What every adapter and double of `TraceStore` promises. */
export function traceStoreLaws(name: string, makeFixture: () => Promise<TraceStoreFixture>): void {
  describe(`${name} keeps the laws of TraceStore`, () => {
    let fixture: TraceStoreFixture
    beforeEach(async () => {
      fixture = await makeFixture()
    })
    afterEach(() => fixture[Symbol.asyncDispose]())

    it('answers the newest traces first, as they were written', async () => {
      const { traces } = fixture
      await traces.write(trace('t1', 10))
      await traces.write({ ...trace('t3', 30), model: undefined })
      await traces.write(trace('t2', 20))
      expect(await traces.recent(2)).toEqual([{ ...trace('t3', 30), model: undefined }, trace('t2', 20)])
    })

    it('keeps one trace for each attempt of a turn, the last that was written', async () => {
      const { traces } = fixture
      await traces.write(trace('t1', 10))
      await traces.write({ ...trace('t1', 11), attempt: 2 })
      await traces.write({ ...trace('t1', 10), outcome: 'failed' })
      expect((await traces.recent(10)).map((found) => [found.attempt, found.outcome])).toEqual([
        [2, 'answered'],
        [1, 'failed'],
      ])
    })
  })
}

export function trace(turn: string, startedAt: number): TurnTrace {
  return {
    turn: turn as TurnId,
    roomId: '!family:home' as RoomId,
    member: 'mia' as MemberId,
    domain: 'family',
    tier: 'adult',
    startedAt,
    attempt: 1,
    outcome: 'answered',
    stagesMs: { decide: 1, model: 250.5 },
    inputTokens: 10,
    outputTokens: 20,
    costNanoUsd: 300,
    model: 'm-1',
    edits: 2,
  }
}
