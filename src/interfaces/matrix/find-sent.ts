import { Method } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
import type { OutboxRow, RawEvent } from '../../contracts/edge-store.ts'
import type { EventId, UserId } from '../../contracts/ids.ts'
import { TURN_KEY } from './render-message.ts'

const PAGE = 100
const MAX_PAGES = 20

/**
 * Looks for one part of a reply among our own events in the room, newest first, back to the time its row was made: by the
 * turn inside the ciphertext, or, where another device of ours sent it and its key is gone, by the relation outside of it.
 */
export async function findSent(client: MatrixClient, ownUserId: UserId, row: OutboxRow, part: number): Promise<EventId | undefined> {
  if (row.turn === undefined) return undefined
  const path = `/rooms/${encodeURIComponent(row.roomId)}/messages`
  let from: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query: Record<string, string> = { dir: 'b', limit: String(PAGE), ...(from === undefined ? {} : { from }) }
    const answer = await client.http.authedRequest<{ chunk?: readonly RawEvent[]; end?: string }>(Method.Get, path, query)
    const chunk = answer.chunk ?? []
    for (const raw of chunk) {
      if (raw['sender'] === ownUserId && (await isPart(client, raw, row, part))) return raw['event_id'] as EventId
    }
    const oldest = chunk.at(-1)?.['origin_server_ts']
    if (answer.end === undefined || typeof oldest !== 'number' || oldest < row.createdAt - 60_000) return undefined
    from = answer.end
  }
  return undefined
}

async function isPart(client: MatrixClient, raw: RawEvent, row: OutboxRow, part: number): Promise<boolean> {
  const event = client.getEventMapper({ decrypt: false, preventReEmit: true })({ ...raw, room_id: row.roomId })
  await client.decryptEventIfNeeded(event)
  if (!event.isDecryptionFailure()) {
    const mark = event.getOriginalContent()[TURN_KEY] as { readonly id?: unknown; readonly part?: unknown } | undefined
    return mark !== undefined && mark.id === row.turn && mark.part === part
  }
  const relation = event.getWireContent()['m.relates_to'] as { rel_type?: string; 'm.in_reply_to'?: { event_id?: string } } | undefined
  // an edit of a draft may be any of its edits: only a first part that replies to the source is certain
  return (
    part === 0 &&
    relation?.rel_type !== 'm.replace' &&
    row.content.draft === undefined &&
    relation?.['m.in_reply_to']?.event_id === row.source
  )
}
