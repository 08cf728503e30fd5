import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { MemberId, RoomId, TurnId } from '../../src/contracts/ids.ts'
import type { CallEnding, CallOpening, Ledger } from '../../src/contracts/ledger.ts'

export interface LedgerFixture extends AsyncDisposable {
  /** A ledger without rows. */
  readonly ledger: Ledger
}

/** What every adapter and double of `Ledger` promises. */
export function ledgerLaws(name: string, makeFixture: () => Promise<LedgerFixture>): void {
  describe(`${name} keeps the laws of Ledger`, () => {
    let fixture: LedgerFixture
    let ledger: Ledger
    beforeEach(async () => {
      fixture = await makeFixture()
      ledger = fixture.ledger
    })
    afterEach(() => fixture[Symbol.asyncDispose]())

    it('starts each turn at attempt 1', async () => {
      expect(await ledger.beginAttempt('t1' as TurnId)).toBe(1)
      expect(await ledger.rows(0)).toEqual([])
    })

    it('shows a call as open until it is ended, then with its ending', async () => {
      await ledger.openCall(opening())
      expect(await ledger.rows(0)).toEqual([
        { ...opening(), state: 'open', model: undefined, inputTokens: 0, outputTokens: 0, cachedTokens: 0, costNanoUsd: 0 },
      ])
      await ledger.endCall(opening(), settled(777))
      expect(await ledger.rows(0)).toMatchObject([
        { state: 'settled', model: 'm-1', inputTokens: 10, outputTokens: 20, cachedTokens: 3, costNanoUsd: 777, reservedNanoUsd: 5_000 },
      ])
    })

    it('ends what a dead process left open, whatever its turn, and nothing else', async () => {
      await ledger.openCall(opening())
      await ledger.openCall(opening({ call: 2, purpose: 'judge', alias: 'judge', reservedNanoUsd: 70 }))
      await ledger.openCall(opening({ turn: 't2' as TurnId }))
      await ledger.endCall(opening(), settled(777))
      expect(await ledger.endOrphans()).toBe(2)
      expect(await ledger.endOrphans()).toBe(0)
      expect((await ledger.rows(0)).map(({ state, costNanoUsd }) => `${state} ${String(costNanoUsd)}`).toSorted()).toEqual([
        'estimated 5000',
        'estimated 70',
        'settled 777',
      ])
    })

    it('keeps the first ending', async () => {
      await ledger.openCall(opening())
      await ledger.endCall(opening(), { kind: 'released' })
      await ledger.endCall(opening(), settled(777))
      expect(await ledger.rows(0)).toMatchObject([{ state: 'released', costNanoUsd: 0 }])
    })

    it('refuses a call that is open already, and the end of one that never was', async () => {
      await ledger.openCall(opening())
      await expect(ledger.openCall(opening({ reservedNanoUsd: 1 }))).rejects.toThrow(Error)
      await expect(ledger.endCall(opening({ call: 2 }), settled(1))).rejects.toThrow(Error)
      expect(await ledger.rows(0)).toMatchObject([{ call: 1, state: 'open', reservedNanoUsd: 5_000 }])
    })

    it('books what a crash left open at its reservation, and only in this turn', async () => {
      await ledger.openCall(opening())
      await ledger.openCall(opening({ call: 2 }))
      await ledger.endCall(opening(), settled(777))
      await ledger.openCall(opening({ turn: 't2' as TurnId }))
      expect(await ledger.beginAttempt('t1' as TurnId)).toBe(2)
      const states = (await ledger.rows(0)).map((row) => [row.turn, row.call, row.state, row.costNanoUsd])
      expect(states).toEqual([
        ['t1', 1, 'settled', 777],
        ['t1', 2, 'estimated', 5_000],
        ['t2', 1, 'open', 0],
      ])
      await ledger.openCall(opening({ attempt: 2 }))
      expect(await ledger.beginAttempt('t1' as TurnId)).toBe(3)
    })

    it('books what a judge costs beside the chat, as a line of its own', async () => {
      await ledger.openCall(opening({ purpose: 'judge', alias: 'judge' }))
      await ledger.openCall(opening({ call: 2 }))
      expect((await ledger.rows(0)).map((row) => row.purpose)).toEqual(['judge', 'chat'])
    })

    it('answers the rows since a moment, and amounts beyond 32 bits unharmed', async () => {
      await ledger.openCall(opening({ openedAt: 100 }))
      await ledger.openCall(opening({ call: 2, openedAt: 200, reservedNanoUsd: 9_007_199_254_740_991 }))
      expect(await ledger.rows(200)).toMatchObject([{ call: 2, reservedNanoUsd: 9_007_199_254_740_991 }])
      expect(await ledger.rows(201)).toEqual([])
    })
  })
}

export function opening(changes: Partial<CallOpening> = {}): CallOpening {
  return {
    turn: 't1' as TurnId,
    attempt: 1,
    call: 1,
    purpose: 'chat',
    roomId: '!family:home' as RoomId,
    member: 'mia' as MemberId,
    domain: 'family',
    alias: 'smart',
    reservedNanoUsd: 5_000,
    inputTokensEstimate: 40,
    openedAt: 1_000,
    ...changes,
  }
}

function settled(costNanoUsd: number): CallEnding {
  return { kind: 'settled', model: 'm-1', inputTokens: 10, outputTokens: 20, cachedTokens: 3, costNanoUsd }
}
