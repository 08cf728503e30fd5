import type { NewOutboxRow, OutboxContent, RoomDelta } from '../../src/contracts/edge-store.ts'
import type { EventId, RoomId, TenantId, TurnId } from '../../src/contracts/ids.ts'

export const family = '!family:home' as RoomId
export const tenant = 'household' as TenantId

export function delta(roomId: RoomId, changes: Partial<RoomDelta> = {}): RoomDelta {
  return { roomId, joined: true, state: [], members: [], encrypted: false, events: [], gapFrom: undefined, ...changes }
}

export function event(id: string, body = 'text'): RoomDelta['events'][number] {
  const raw = { event_id: id, room_id: family, type: 'm.room.encrypted', content: { body } }
  return { eventId: id as EventId, sentAt: 1_000, raw }
}

export function row(source: string, changes: Partial<OutboxContent> = {}): NewOutboxRow {
  return { roomId: family, tenant, source, turn: `turn-${source}` as TurnId, content: content(changes) }
}

export function content(changes: Partial<OutboxContent>): OutboxContent {
  return { kind: 'answer', markdown: 'hello', replyTo: undefined, threadRoot: undefined, mentions: [], draft: undefined, ...changes }
}
