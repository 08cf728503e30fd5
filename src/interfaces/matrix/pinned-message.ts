import { MatrixError, Method } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
import type { EdgeFacts } from '../../contracts/edge-store.ts'
import type { EventId, RoomId } from '../../contracts/ids.ts'
import type { Log } from '../../contracts/platform.ts'

const PINNED = 'm.room.pinned_events'

export interface PinnedMessagePorts {
  readonly client: Pick<MatrixClient, 'getStateEvent' | 'http'>
  readonly facts: Pick<EdgeFacts, 'read' | 'write'>
  readonly log: Log
}

/**
 * Pins what the assistant says for good: one message a room, in place of its former one; what others pinned stays. Never rejects:
 * a message that cannot be pinned (no power in the room, no homeserver) still stands in it, and the log says so. Repeating it changes
 * nothing.
 */
export async function pinMessage({ client, facts, log }: PinnedMessagePorts, roomId: RoomId, eventId: EventId): Promise<void> {
  const fact = `pinned:${roomId}`
  try {
    const [former, pinned] = await Promise.all([facts.read(fact), readPinned(client, roomId)])
    const kept = pinned.filter((id) => id !== former && id !== eventId)
    const path = `/rooms/${encodeURIComponent(roomId)}/state/${PINNED}/`
    await client.http.authedRequest(Method.Put, path, undefined, { pinned: [...kept, eventId] })
    await facts.write(fact, eventId)
  } catch (error) {
    const code = error instanceof MatrixError ? (error.errcode ?? `http-${String(error.httpStatus)}`) : 'unreachable'
    log.warn('pin-failed', { room: roomId, code })
  }
}

async function readPinned(client: Pick<MatrixClient, 'getStateEvent'>, roomId: RoomId): Promise<readonly string[]> {
  try {
    const content: unknown = await client.getStateEvent(roomId, PINNED, '')
    const pinned: unknown = typeof content === 'object' && content !== null && 'pinned' in content ? content.pinned : []
    return Array.isArray(pinned) ? pinned.filter((id) => typeof id === 'string') : []
  } catch (error) {
    if (error instanceof MatrixError && error.errcode === 'M_NOT_FOUND') return []
    throw error
  }
}
