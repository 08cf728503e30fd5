import type { Binding } from './household.ts'
import type { DeviceId, EventId, RoomId, TenantId, TurnId, UserId } from './ids.ts'
import type { DropReason } from './incoming.ts'
import type { RoomView } from './room-state.ts'

/** A Matrix event as /sync brought it, JSON, encrypted as it came; `room_id` is set. */
export type RawEvent = Readonly<Record<string, unknown>>

/** One room's part of a /sync response, reduced to what we keep. */
export interface RoomDelta {
  readonly roomId: RoomId
  readonly joined: boolean
  /** State events of the kinds kept for the SDK (encryption, power levels, name, …) and our own membership. */
  readonly state: readonly RawEvent[]
  /** All membership changes seen. */
  readonly members: RoomView['members']
  /** True once an `m.room.encryption` event was seen; never taken back. */
  readonly encrypted: boolean
  /** Events for the inbox, in timeline order: no state, none of our own. */
  readonly events: readonly { readonly eventId: EventId; readonly sentAt: number; readonly raw: RawEvent }[]
  /** Set when the timeline was `limited` and the room was known before: where /messages must start. */
  readonly gapFrom: string | undefined
}

export interface SyncBatch {
  readonly nextToken: string
  readonly rooms: readonly RoomDelta[]
  readonly accountData: readonly RawEvent[]
}

export interface InboxEntry {
  /** Order within the room; entries of a filled gap stand before what followed the gap. */
  readonly sequence: number
  readonly roomId: RoomId
  readonly eventId: EventId
  readonly sentAt: number
  /** When it was committed, ms. */
  readonly receivedAt: number
  readonly raw: RawEvent
  /** Set once the draft's send was begun, so that a restart re-sends its transaction to learn its event id. */
  readonly draft: { readonly eventId: EventId | undefined } | undefined
  /** Set once people were told that it cannot be decrypted. */
  readonly noticedAt: number | undefined
}

export interface Gap {
  readonly roomId: RoomId
  readonly from: string
  /** Last event of the room that was committed before the gap. */
  readonly until: EventId | undefined
  readonly sequence: number
}

/** What the SDK needs to go on where the last process stopped. */
export interface SavedSync {
  readonly token: string
  readonly rooms: readonly { readonly roomId: RoomId; readonly state: readonly RawEvent[] }[]
  readonly accountData: readonly RawEvent[]
}

/** Sync side of edge.db. Each method is one transaction; a failed COMMIT ends the process before it could return. */
export interface SyncStore {
  savedSync(): Promise<SavedSync | undefined>
  /** Token, room state and inbox in one transaction, which a power cut may take back as a whole; a known event id is not added twice, a settled one never again. */
  acceptSync(batch: SyncBatch): Promise<void>
  gaps(): Promise<readonly Gap[]>
  /** `events` oldest first. Closes the gap and adds them before what followed it. */
  fillGap(gap: Gap, events: RoomDelta['events']): Promise<void>
  /** The answer of /members: replaces the room's list and marks it complete; a kept membership newer than all of these stays. */
  replaceMembers(roomId: RoomId, members: RoomView['members']): Promise<void>
  setEncrypted(roomId: RoomId): Promise<void>
  /** Every room we are in, as kept (encrypted or unknown, never plain); read once at start, then mirrored by the edge. */
  rooms(): Promise<readonly RoomView[]>
}

export interface Inbox {
  /** Unsettled entries in order, those of rooms with an open gap left out. `after` limits to later sequences of no room in particular. */
  pending(): Promise<readonly InboxEntry[]>
  /** Settles without a reply; counted by reason. */
  settle(eventIds: readonly EventId[], reason: DropReason | 'answered'): Promise<void>
  beginDraft(source: EventId): Promise<void>
  draftSent(source: EventId, draft: EventId): Promise<void>
  noticed(eventIds: readonly EventId[], at: number): Promise<void>
  /** Settled counts by reason since the database was made. */
  counts(): Promise<Readonly<Record<string, number>>>
}

/** A picture that the assistant made. */
export interface OutboxPicture {
  /** A PNG, base64. */
  readonly data: string
  readonly width: number
  readonly height: number
  readonly fileName: string
  /** What it shows, for those who do not see it. */
  readonly description: string
}

/** What goes to a room: plain text with optional Markdown; the edge renders, splits, encrypts. */
export interface OutboxContent {
  /** answer: `m.text`; notice: `m.notice`, for automation; alert: `m.text` that rings. */
  readonly kind: 'answer' | 'notice' | 'alert'
  readonly markdown: string
  readonly replyTo: EventId | undefined
  readonly threadRoot: EventId | undefined
  readonly mentions: readonly UserId[]
  /** Set when the final replaces a draft; its event id if it is known. */
  readonly draft: { readonly eventId: EventId | undefined } | undefined
  /** True: `m.notice`, for which no phone rings; unlike the kind `notice` it goes into encrypted rooms only. */
  readonly quiet?: boolean
  /** Sent after the text, encrypted; into no room that is not. */
  readonly picture?: OutboxPicture
  /** True: pinned in its room once it is sent, in place of what the assistant pinned there before. */
  readonly pin?: boolean
}

export interface OutboxRow {
  readonly id: number
  readonly roomId: RoomId
  readonly tenant: TenantId
  /** Source event, or a name for what the assistant says by itself; one row for each (source, part). */
  readonly source: string
  readonly turn: TurnId | undefined
  readonly content: OutboxContent
  readonly createdAt: number
  /** The first device that may have sent it. */
  readonly device: DeviceId | undefined
  readonly sentParts: number
}

export interface NewOutboxRow {
  readonly roomId: RoomId
  readonly tenant: TenantId
  readonly source: string
  readonly turn: TurnId | undefined
  readonly content: OutboxContent
}

export interface Job {
  readonly id: number
  readonly tenant: TenantId
  readonly kind: 'remember'
  /** JSON, sealed at rest. */
  readonly payload: string
  readonly attempts: number
}

export interface Reply {
  /** Inbox entries this turn settles: the message and the edits that changed it. */
  readonly settles: readonly EventId[]
  readonly rows: readonly NewOutboxRow[]
  readonly jobs: readonly Pick<Job, 'tenant' | 'kind' | 'payload'>[]
}

export interface Outbox {
  /** Rows that are committed from now on belong to this device, which sends them; called once it is known, before any send. */
  sendAs(device: DeviceId): void
  /** Reply, settled inbox entries and following jobs in one transaction. A (source) that has a row already is left as it is. */
  commitReply(reply: Reply): Promise<void>
  /** Unsent rows, oldest first. */
  pending(): Promise<readonly OutboxRow[]>
  /** How many rows wait; unseals none. */
  waiting(): Promise<number>
  /** Before the first send of a row that belongs to no device yet. */
  claim(id: number, device: DeviceId): Promise<void>
  /** Parts count from 0. */
  partSent(id: number, part: number, eventId: EventId): Promise<void>
  sent(id: number, at: number): Promise<void>
  /** True if this event is one of ours. */
  isOwn(eventId: EventId): Promise<boolean>
  /** The name under which the assistant said this by itself; undefined for its answers to events, and for what is not its own. */
  sourceOf(eventId: EventId): Promise<string | undefined>
  /** True if the assistant has spoken in this thread. */
  ownThread(threadRoot: EventId): Promise<boolean>
  jobs(): Promise<readonly Job[]>
  jobDone(id: number): Promise<void>
  jobFailed(id: number): Promise<void>
}

/** What the edge remembers about itself and has said once. */
export interface EdgeFacts {
  /** Small durable values: the account, its device, fingerprints. */
  read(key: string): Promise<string | undefined>
  write(key: string, value: string): Promise<void>
  /** True the first time `key` is asked for, and durable before it resolves: for what is said once. */
  once(key: string): Promise<boolean>
  bindings(): Promise<readonly Binding[]>
  bind(binding: Binding): Promise<void>
}

/** edge.db. */
export interface EdgeStore extends AsyncDisposable {
  readonly sync: SyncStore
  readonly inbox: Inbox
  readonly outbox: Outbox
  readonly facts: EdgeFacts
}
