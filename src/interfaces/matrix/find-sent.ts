import { Method } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
import type { RawEvent } from '../../contracts/edge-store.ts'
import type { EventId, RoomId, UserId } from '../../contracts/ids.ts'

/**
 * Beside the ciphertext of everything we send: the id of its transaction. The homeserver got it with the request and learns
 * nothing from it, and we find the event by it also where its keys were lost with a device.
 */
export const TRANSACTION_KEY = 'io.ai-ops.transaction'

const PAGE = 100
const MAX_PAGES = 20

/** Where an event that may have been sent is looked for: back to what it answers, or to this time, ms. */
export interface Sought {
  readonly source: string
  readonly since: number
}

/** Looks for what we sent with this transaction among our own events in the room, newest first. Throws if the homeserver does not answer. */
export async function findSent(
  client: MatrixClient,
  ownUserId: UserId,
  sent: { readonly roomId: RoomId; readonly transaction: string },
  { source, since }: Sought,
): Promise<EventId | undefined> {
  const path = `/rooms/${encodeURIComponent(sent.roomId)}/messages`
  let from: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const query: Record<string, string> = { dir: 'b', limit: String(PAGE), ...(from === undefined ? {} : { from }) }
    const answer = await client.http.authedRequest<{ chunk?: readonly RawEvent[]; end?: string }>(Method.Get, path, query)
    const chunk = answer.chunk ?? []
    const found = chunk.find((raw) => raw['sender'] === ownUserId && transactionOf(raw) === sent.transaction)
    if (found !== undefined) return found['event_id'] as EventId
    const oldest = chunk.at(-1)?.['origin_server_ts']
    const isPast = chunk.some((raw) => raw['event_id'] === source) || typeof oldest !== 'number' || oldest < since
    if (answer.end === undefined || isPast) return undefined
    from = answer.end
  }
  return undefined
}

function transactionOf(raw: RawEvent): unknown {
  const content = raw['content']
  return typeof content === 'object' && content !== null ? (content as Readonly<Record<string, unknown>>)[TRANSACTION_KEY] : undefined
}
