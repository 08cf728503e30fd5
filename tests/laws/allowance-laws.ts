import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Allowances, Grant, UseLimit } from '../../src/contracts/allowance.ts'
import type { MemberId, RoomId, TurnId } from '../../src/contracts/ids.ts'
import type { CallOpening, Ledger } from '../../src/contracts/ledger.ts'

export interface AllowanceFixture extends AsyncDisposable {
  readonly ledger: Ledger
  readonly allowances: Allowances
}

const MIA = 'mia' as MemberId
const MINUTE = 60_000

/** What every adapter and double of `Allowances` promises, together with the ledger that is counted. */
export function allowanceLaws(name: string, makeFixture: () => Promise<AllowanceFixture>): void {
  describe(`${name} keeps the laws of Allowances`, () => {
    let fixture: AllowanceFixture
    beforeEach(async () => {
      fixture = await makeFixture()
    })
    afterEach(() => fixture[Symbol.asyncDispose]())

    const ask = (turn: string, change: Partial<CallOpening> = {}, limits: readonly UseLimit[] = []): Promise<UseLimit | undefined> =>
      fixture.ledger.openCall(opening({ turn: turn as TurnId, ...change }), limits)
    const used = async (limit: Partial<UseLimit>, except?: TurnId): Promise<number | undefined> =>
      (await fixture.allowances.use([makeLimit(limit)], except))[0]?.used

    it('counts open calls at their reservation, ended ones at their cost, released ones at nothing', async () => {
      await ask('a', { reservedNanoUsd: 500 })
      await ask('b', { reservedNanoUsd: 500 })
      await ask('c', { reservedNanoUsd: 500 })
      expect(await used({ unit: 'money' })).toBe(1_500)
      await fixture.ledger.endCall(keyOf('b'), {
        kind: 'settled',
        model: 'm',
        inputTokens: 1,
        outputTokens: 1,
        cachedTokens: 0,
        costNanoUsd: 70,
      })
      await fixture.ledger.endCall(keyOf('c'), { kind: 'released' })
      expect(await used({ unit: 'money' })).toBe(570)
    })

    it('stays in step with what is booked, whatever was counted before', async () => {
      await ask('a', { reservedNanoUsd: 500 })
      expect([await used({ unit: 'money' }), await used({ unit: 'money', member: undefined })]).toEqual([500, 500])
      await ask('b', { reservedNanoUsd: 30, purpose: 'judge', alias: 'judge' })
      await ask('c', { reservedNanoUsd: 7, openedAt: 86_400_000 })
      await fixture.ledger.endCall(keyOf('a'), {
        kind: 'settled',
        model: 'm',
        inputTokens: 1,
        outputTokens: 1,
        cachedTokens: 0,
        costNanoUsd: 90,
      })
      await fixture.ledger.endCall(keyOf('a'), { kind: 'released' })
      expect([await used({ unit: 'money' }), await used({ unit: 'money', member: undefined })]).toEqual([90, 120])
      await fixture.ledger.endOrphans()
      expect([await used({ unit: 'money' }), await used({ unit: 'money', member: undefined })]).toEqual([90, 120])
    })

    it('counts a question once, however many calls it took, and not at all if it reached nobody', async () => {
      await ask('a')
      await ask('a', { attempt: 2 })
      await ask('b')
      await fixture.ledger.endCall(keyOf('b'), { kind: 'released' })
      expect(await used({ unit: 'messages' })).toBe(1)
      expect(await used({ unit: 'messages' }, 'a' as TurnId)).toBe(0)
    })

    it('counts minutes by sittings: gaps of more than five minutes are none of them', async () => {
      for (const [turn, minute] of [
        ['a', 0],
        ['b', 3],
        ['c', 7],
        ['d', 60],
      ] as const)
        await ask(turn, { openedAt: minute * MINUTE })
      expect(await used({ unit: 'minutes' })).toBe(1 + 3 + 4 + 1)
    })

    it('counts for a member only what they asked themselves, for the tenant everything', async () => {
      await ask('a', { reservedNanoUsd: 10 })
      await ask('a', { call: 2, purpose: 'judge', alias: 'judge', reservedNanoUsd: 1_000 })
      await ask('b', { member: 'tom' as MemberId, reservedNanoUsd: 100 })
      expect(await used({ unit: 'money' })).toBe(10)
      expect(await used({ unit: 'messages' })).toBe(1)
      expect(await used({ unit: 'money', member: undefined })).toBe(1_110)
      expect(await used({ unit: 'messages', member: undefined })).toBe(2)
    })

    it('counts a period from its first moment to before its end', async () => {
      for (const at of [99, 100, 199, 200]) await ask(`t${String(at)}`, { openedAt: at })
      expect(await used({ unit: 'messages', since: 100, until: 200 })).toBe(2)
    })

    it('opens nothing beyond a limit, and says which', async () => {
      const limit = makeLimit({ unit: 'messages', amount: 1 })
      expect(await ask('a', {}, [limit])).toBeUndefined()
      expect(await ask('a', { call: 2 }, [limit])).toBeUndefined()
      expect(await ask('b', {}, [makeLimit({ unit: 'money', amount: 1_000_000 }), limit])).toMatchObject({ unit: 'messages', amount: 1 })
      expect(await fixture.ledger.rows(0)).toHaveLength(2)
    })

    it('lets at most one of calls side by side go beyond a limit', async () => {
      const limit = makeLimit({ unit: 'money', amount: 25 })
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, number) => ask(`t${String(number)}`, { reservedNanoUsd: 10 }, [limit])),
      )
      expect(answers.filter((answer) => answer === undefined)).toHaveLength(3)
      expect(await used({ unit: 'money' })).toBe(30)
    })

    it('grants on top once for a cause, in its own unit and period', async () => {
      const limit = makeLimit({ unit: 'messages', amount: 1 })
      await ask('a', {}, [limit])
      expect(await ask('b', {}, [limit])).toBeDefined()
      expect(await fixture.allowances.grant(grant({}))).toBe(true)
      expect(await fixture.allowances.grant(grant({}))).toBe(true)
      expect(await fixture.allowances.grant(grant({ event: '$other', amount: 50 }))).toBe(false)
      expect(await fixture.allowances.grant(grant({ cause: 'other', unit: 'minutes', amount: 30 }))).toBe(true)
      expect(await fixture.allowances.grant(grant({ cause: 'yesterday', from: -5, amount: 30 }))).toBe(true)
      expect(await fixture.allowances.use([limit], undefined)).toEqual([{ ...limit, used: 1, granted: 2 }])
      expect(await ask('b', {}, [limit])).toBeUndefined()
      expect(await ask('c', {}, [limit])).toBeUndefined()
      expect(await ask('d', {}, [limit])).toMatchObject({ unit: 'messages' })
    })
  })
}

function opening(change: Partial<CallOpening>): CallOpening {
  return {
    turn: 'a' as TurnId,
    attempt: 1,
    call: 1,
    purpose: 'chat',
    roomId: '!room:home' as RoomId,
    member: MIA,
    domain: 'family',
    alias: 'smart',
    reservedNanoUsd: 5,
    inputTokensEstimate: 5,
    openedAt: 50,
    ...change,
  }
}

function keyOf(turn: string): { readonly turn: TurnId; readonly attempt: number; readonly call: number } {
  return { turn: turn as TurnId, attempt: 1, call: 1 }
}

function makeLimit(change: Partial<UseLimit>): UseLimit {
  return { member: MIA, unit: 'messages', amount: 1_000, since: 0, until: 86_400_000, ...change }
}

function grant(change: Partial<Grant>): Grant {
  return {
    cause: '$grant',
    event: '$reaction',
    member: MIA,
    unit: 'messages',
    amount: 2,
    from: 60,
    until: 86_400_000,
    grantedBy: 'robin' as MemberId,
    ...change,
  }
}
