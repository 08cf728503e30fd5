import { randomUUID } from 'node:crypto'
import { Method } from 'matrix-js-sdk'
import type { EventId, RoomId, UserId } from '../../../src/contracts/ids.ts'
import type { Person } from '../../support/person.ts'
import { waitUntil } from '../../support/wait-until.ts'

type Content = Readonly<Record<string, unknown>>

/** What makes a message the new text of an earlier one. */
export function editOf(target: EventId, body: string): Content {
  return {
    msgtype: 'm.text',
    body: `* ${body}`,
    'm.new_content': { msgtype: 'm.text', body },
    'm.relates_to': { rel_type: 'm.replace', event_id: target },
  }
}

export function replyTo(target: EventId): Content {
  return { 'm.relates_to': { 'm.in_reply_to': { event_id: target } } }
}

export function inThread(root: EventId): Content {
  return { 'm.relates_to': { rel_type: 'm.thread', event_id: root, is_falling_back: true, 'm.in_reply_to': { event_id: root } } }
}

/** Sends an event as it is, without encryption. */
export async function sendPlain(person: Person, roomId: RoomId, type: string, content: object): Promise<EventId> {
  const path = `/rooms/${encodeURIComponent(roomId)}/send/${encodeURIComponent(type)}/${randomUUID()}`
  const sent = await person.client.http.authedRequest<{ event_id: EventId }>(Method.Put, path, undefined, { ...content })
  return sent.event_id
}

export function react(person: Person, roomId: RoomId, target: EventId, key: string): Promise<EventId> {
  return sendPlain(person, roomId, 'm.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: target, key } })
}

/** Waits until somebody's membership in the room is the wanted one, as the homeserver tells this person. */
export async function untilMember(person: Person, roomId: RoomId, userId: UserId, membership: string): Promise<void> {
  const path = `/rooms/${encodeURIComponent(roomId)}/state/m.room.member/${encodeURIComponent(userId)}`
  let seen: string | undefined
  await waitUntil(
    async () => {
      seen = (await person.client.http.authedRequest<{ membership: string }>(Method.Get, path)).membership
      return seen === membership ? true : undefined
    },
    () => `${userId} is ${seen ?? 'unknown'}, not ${membership}`,
  )
}

/** A room of a person's own making, encrypted, with these people invited. */
export async function createRoom(person: Person, invite: readonly UserId[], options: { readonly direct: boolean }): Promise<RoomId> {
  const made = await person.client.http.authedRequest<{ room_id: RoomId }>(Method.Post, '/createRoom', undefined, {
    preset: options.direct ? 'trusted_private_chat' : 'private_chat',
    is_direct: options.direct,
    invite,
    initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
  })
  return made.room_id
}
