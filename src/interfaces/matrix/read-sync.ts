import type { ISyncResponse } from 'matrix-js-sdk'
import type { RawEvent, RoomDelta, SyncBatch } from '../../contracts/edge-store.ts'
import type { EventId, RoomId, UserId } from '../../contracts/ids.ts'
import type { Membership, RoomMember } from '../../contracts/room-state.ts'

/** The state the SDK needs after a restart: without `m.room.encryption` it refuses to encrypt, without power levels it guesses. */
const KEPT_STATE = new Set([
  'm.room.create',
  'm.room.encryption',
  'm.room.power_levels',
  'm.room.name',
  'm.room.canonical_alias',
  'm.room.history_visibility',
  'm.room.join_rules',
  'm.room.tombstone',
])
const MEMBERSHIPS: ReadonlySet<string> = new Set<Membership>(['join', 'invite', 'leave', 'ban', 'knock'])

/** What `readSync` must know beyond the response itself. */
export interface SyncContext {
  readonly ownUserId: UserId
  /** Rooms whose state is kept already: a `limited` timeline there is a gap, elsewhere it is the past. */
  isKnown(roomId: RoomId): boolean
  /** ms since the epoch; older events never reach the inbox. Set on a first sync, which brings the past; else 0. */
  readonly ignoreBefore: number
}

interface JoinedRoom {
  readonly state?: unknown
  readonly timeline?: { readonly limited?: unknown; readonly prev_batch?: unknown } | null
  readonly state_after?: unknown
  readonly 'org.matrix.msc4222.state_after'?: unknown
}

/** Reduces a /sync response to what is kept, pure. Malformed parts are left out; they can never stop the token. */
export function readSync(response: ISyncResponse, context: SyncContext): SyncBatch {
  const join = Object.entries(response.rooms?.join ?? {}) as unknown as readonly (readonly [RoomId, JoinedRoom | null])[]
  const left = Object.keys(response.rooms?.leave ?? {}) as RoomId[]
  return {
    nextToken: response.next_batch,
    rooms: [...join.map(([roomId, room]) => readJoinedRoom(roomId, room ?? {}, context)), ...left.map(leftRoom)],
    accountData: eventsOf(response.account_data),
  }
}

function leftRoom(roomId: RoomId): RoomDelta {
  return { roomId, joined: false, state: [], members: [], encrypted: false, events: [], gapFrom: undefined }
}

function readJoinedRoom(roomId: RoomId, room: JoinedRoom, context: SyncContext): RoomDelta {
  const timeline = eventsOf(room.timeline)
  const stateEvents = [
    ...eventsOf(room.state),
    ...eventsOf(room.state_after),
    ...eventsOf(room['org.matrix.msc4222.state_after']),
    ...timeline,
  ].filter((event) => typeof event['state_key'] === 'string' && typeof event['type'] === 'string')
  const { limited, prev_batch: from } = room.timeline ?? {}
  const isGap = limited === true && typeof from === 'string' && context.isKnown(roomId)
  return {
    roomId,
    joined: true,
    state: stateEvents.filter((event) => isKept(event, context.ownUserId)).map(withoutUnsigned),
    members: stateEvents.flatMap(readMember),
    encrypted: stateEvents.some((event) => event['type'] === 'm.room.encryption'),
    events: readInboxEvents(roomId, timeline, context),
    gapFrom: isGap ? from : undefined,
  }
}

function eventsOf(part: unknown): readonly RawEvent[] {
  const events = (part as { readonly events?: unknown } | null | undefined)?.events
  return Array.isArray(events) ? events.filter((event): event is RawEvent => typeof event === 'object' && event !== null) : []
}

function isKept(event: RawEvent, ownUserId: UserId): boolean {
  if (event['type'] === 'm.room.member') return event['state_key'] === ownUserId
  return event['state_key'] === '' && KEPT_STATE.has(String(event['type']))
}

/** The membership of one `m.room.member` event; empty for anything else. */
export function readMember(event: RawEvent): readonly RoomMember[] {
  const content = event['content'] as { readonly membership?: unknown; readonly displayname?: unknown } | undefined
  const userId = event['state_key']
  if (event['type'] !== 'm.room.member' || typeof userId !== 'string') return []
  if (typeof content?.membership !== 'string' || !MEMBERSHIPS.has(content.membership)) return []
  return [
    {
      userId: userId as UserId,
      membership: content.membership as Membership,
      since: timestampOf(event),
      displayName: typeof content.displayname === 'string' ? content.displayname.slice(0, 200) : undefined,
    },
  ]
}

/** Events of a timeline that may need an answer: no state, none of our own, none from before the start; in timeline order. */
export function readInboxEvents(roomId: RoomId, timeline: readonly RawEvent[], context: SyncContext): RoomDelta['events'] {
  return timeline.flatMap((event) => {
    const eventId = event['event_id']
    if (typeof eventId !== 'string' || typeof event['type'] !== 'string' || event['state_key'] !== undefined) return []
    if (event['sender'] === context.ownUserId || timestampOf(event) < context.ignoreBefore) return []
    return [{ eventId: eventId as EventId, sentAt: timestampOf(event), raw: { ...withoutUnsigned(event), room_id: roomId } }]
  })
}

function timestampOf(event: RawEvent): number {
  const timestamp = event['origin_server_ts']
  return typeof timestamp === 'number' && Number.isFinite(timestamp) ? timestamp : 0
}

function withoutUnsigned(event: RawEvent): RawEvent {
  const { unsigned: _unsigned, ...rest } = event
  return rest
}
