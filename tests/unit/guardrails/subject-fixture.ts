import type { RailSubject } from '../../../src/contracts/guardrails.ts'
import type { MemberId, RoomId, TenantId, TurnId } from '../../../src/contracts/ids.ts'

/** A child in the homework room. */
export const subject: RailSubject = {
  tenant: 'family' as TenantId,
  roomId: '!room' as RoomId,
  room: 'homework',
  member: 'mia' as MemberId,
  domain: 'family',
  tier: 'child',
  locale: 'en',
  turn: 't1' as TurnId,
  attempt: 1,
  calls: { next: () => 1 },
  approved: false,
  signal: new AbortController().signal,
}
