import type { EventId, RoomId, UserId } from '../contracts/ids.ts'
import type { Turn } from './turn.ts'

/** Enough for the edits people still make after an answer. */
const REMEMBERED_SENDERS = 5_000

/** The turns between their acceptance and their end. */
export interface TurnsInFlight {
  add(turn: Turn): void
  remove(turn: Turn): void
  find(message: EventId): Turn | undefined
  inRoom(roomId: RoomId): readonly Turn[]
  all(): readonly Turn[]
  /** Who wrote a message that was answered in this process, as far back as that is kept. */
  senderOf(message: EventId): UserId | undefined
}

/** Keeps turns by their message. */
export function createTurnsInFlight(): TurnsInFlight {
  const turns = new Map<EventId, Turn>()
  const senders = new Map<EventId, UserId>()
  return {
    add(turn) {
      const { eventId, sender } = turn.message
      turns.set(eventId, turn)
      senders.set(eventId, sender)
      if (senders.size > REMEMBERED_SENDERS) dropOldest(senders)
    },
    remove: (turn) => void turns.delete(turn.message.eventId),
    find: (message) => turns.get(message),
    inRoom: (roomId) => [...turns.values()].filter((turn) => turn.message.roomId === roomId),
    all: () => [...turns.values()],
    senderOf: (message) => senders.get(message),
  }
}

/** Takes the entry away that was added first. */
export function dropOldest(entries: Map<EventId, unknown> | Set<EventId>): void {
  const [oldest] = entries.keys()
  if (oldest !== undefined) entries.delete(oldest)
}
