import type { OutboxContent } from './edge-store.ts'
import type { EventId, RoomId } from './ids.ts'

/** limited: the homeserver asked to wait; nothing was sent and nothing waits. refused: never plaintext, so nothing was sent. */
export type DraftOutcome =
  | { readonly kind: 'sent'; readonly eventId: EventId }
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  | { readonly kind: 'failed' }
  | { readonly kind: 'refused' }

/** Sends to rooms, encrypted or not at all. None of these throws. */
export interface RoomSender {
  /** First visible text of a streamed answer; idempotent by `source`. `mayBeSent`: an earlier send may have arrived, perhaps days ago. */
  draft(roomId: RoomId, source: EventId, content: OutboxContent, mayBeSent: boolean): Promise<DraftOutcome>
  /** Edit `n` of attempt `attempt`; never waits for a rate limit. */
  edit(
    roomId: RoomId,
    target: EventId,
    key: { readonly source: EventId; readonly attempt: number; readonly n: number },
    content: OutboxContent,
  ): Promise<DraftOutcome>
  /** Takes a draft back. */
  redact(roomId: RoomId, target: EventId, reason: string): Promise<void>
  /** Shown while true; it times out by itself if the process dies. */
  typing(roomId: RoomId, on: boolean): void
  /** Wakes the outbox; resolves when the rows committed so far are sent, or the sender gave up for now. */
  flush(): Promise<void>
}
