import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Incident, Incidents } from '../../src/contracts/incidents.ts'
import type { MemberId, RoomId, TurnId } from '../../src/contracts/ids.ts'

export interface IncidentsFixture extends AsyncDisposable {
  /** A store without incidents. */
  readonly incidents: Incidents
}

/** What every adapter and double of `Incidents` promises. */
export function incidentLaws(name: string, makeFixture: () => Promise<IncidentsFixture>): void {
  describe(`${name} keeps the laws of Incidents`, () => {
    let fixture: IncidentsFixture
    let incidents: Incidents
    beforeEach(async () => {
      fixture = await makeFixture()
      incidents = fixture.incidents
    })
    afterEach(() => fixture[Symbol.asyncDispose]())

    it('counts how often a category came up with a member, this time included', async () => {
      expect(await incidents.record(incident(), 0)).toBe(1)
      expect(await incidents.record(incident({ turn: 't2' as TurnId, at: 2_000 }), 0)).toBe(2)
      expect(await incidents.record(incident({ turn: 't3' as TurnId, member: 'tom' as MemberId }), 0)).toBe(1)
      expect(await incidents.record(incident({ turn: 't4' as TurnId, category: 'drugs' }), 0)).toBe(1)
      expect(await incidents.record(incident({ turn: 't5' as TurnId, at: 3_000 }), 2_000)).toBe(2)
    })

    it('records a turn once for each direction, as it was the first time', async () => {
      await incidents.record(incident(), 0)
      expect(await incidents.record(incident({ severity: 'low' }), 0)).toBe(1)
      expect(await incidents.record(incident({ direction: 'out', at: 1_001 }), 0)).toBe(2)
      expect(await incidents.list(0)).toEqual([incident(), incident({ direction: 'out', at: 1_001 })])
    })

    it('lists since a moment, in order of time', async () => {
      await incidents.record(incident({ turn: 't2' as TurnId, at: 30 }), 0)
      await incidents.record(incident({ turn: 't1' as TurnId, at: 20 }), 0)
      await incidents.record(incident({ turn: 't0' as TurnId, at: 10 }), 0)
      expect((await incidents.list(20)).map(({ turn }) => turn)).toEqual(['t1', 't2'])
    })

    it('leaves no trace of harm at home', async () => {
      expect(await incidents.record(incident({ category: 'harm-at-home', action: 'care' }), 0)).toBe(0)
      expect(await incidents.list(0)).toEqual([])
    })
  })
}

export function incident(changes: Partial<Incident> = {}): Incident {
  return {
    turn: 't1' as TurnId,
    roomId: '!homework:home' as RoomId,
    member: 'mia' as MemberId,
    direction: 'in',
    category: 'weapons',
    severity: 'high',
    action: 'refuse',
    at: 1_000,
    ...changes,
  }
}
