import type { SentenceKey } from './guardrails.ts'
import type { EventId, RoomId, TenantId, UserId } from './ids.ts'
import type { Incoming } from './incoming.ts'

/** A parsed inbox entry on its way to a decision. */
export interface Received {
  readonly incoming: Incoming
  /** From the inbox entry: a draft an earlier process began for this message. */
  readonly draft: { readonly eventId: EventId | undefined } | undefined
}

/** The conversation as the edge sees it. */
export interface Conversation {
  /**
   * Hands over committed inbox entries in their order. Edits and redactions of the same call reach a message before its
   * turn starts. Every entry is settled by the conversation, now or with its turn; never throws.
   */
  receive(batch: readonly Received[]): Promise<void>
  /** A member's invitation into a room that has no binding: binds a direct room by itself. True if the edge should join. */
  invited(invitation: {
    readonly roomId: RoomId
    readonly inviter: UserId
    readonly direct: boolean
    readonly at: number
  }): Promise<boolean>
  /** Says in each chat room with a child or teen in it who sees what, and pins it, where that is not said there yet. Never throws. */
  promiseRooms(): Promise<void>
  /** Entries whose key did not come for ten minutes: one notice per Megolm session. */
  undecryptable(roomId: RoomId, session: string, eventIds: readonly EventId[]): Promise<void>
  /** A device that is not signed by its owner wrote to a room: told to Control once per device. */
  unsignedDevice(userId: UserId, deviceId: string): Promise<void>
  /** Tells the owners in Control, once for each `source`; nothing happens where there is no control room. */
  tellControl(source: string, sentence: SentenceKey, values: Readonly<Record<string, string | number>>): Promise<void>
  /** Says something in a tenant's parents' room, once for each `source`, if a guardian reads there; it rings with nobody. */
  tellParents(tenant: TenantId, source: string, markdown: string): Promise<void>
  /** Resolves when no turn runs. New turns are not started any more. */
  drain(timeoutMs: number): Promise<void>
}
