import type { NewOutboxRow } from '../contracts/edge-store.ts'
import type { TenantId } from '../contracts/ids.ts'
import type { RoomView } from '../contracts/room-state.ts'
import { turnIdOf } from './turn-id.ts'

/** A row of the assistant's own words for a room. */
export function noticeRow(view: RoomView, tenant: TenantId, source: string, markdown: string): NewOutboxRow {
  return {
    roomId: view.roomId,
    tenant,
    source,
    turn: turnIdOf(source),
    content: {
      // into rooms without encryption nothing goes but notices
      kind: view.encryption === 'plain' ? 'notice' : 'answer',
      markdown,
      replyTo: undefined,
      threadRoot: undefined,
      mentions: [],
      draft: undefined,
    },
  }
}
