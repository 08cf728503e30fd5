import { createHash } from 'node:crypto'
import type { EventId, TurnId, UserId } from '../contracts/ids.ts'

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

/** The turn of an event, or of what is said once: derived from it, so that a restarted process continues the same turn. Short enough to type. */
export function turnIdOf(source: string): TurnId {
  return digest(`turn:${source}`).slice(0, 16) as TurnId
}

/** The memory's name for the assistant's answer to `source`; the real event id is not known when the answer is committed. */
export function answerIdOf(source: EventId): EventId {
  return `answer:${source}` as EventId
}

/** What providers get as `user`: the same for a person in all calls, and no name. */
export function endUserOf(userId: UserId): string {
  return digest(`end-user:${userId}`).slice(0, 24)
}
