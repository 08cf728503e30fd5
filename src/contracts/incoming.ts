import type { EventId, RoomId, UserId } from './ids.ts'

/**
 * Where the key of a message came from. direct: straight from a cross-signed device of the sender; indirect: backup,
 * forwarding or shared history; unsigned: a device its owner has not cross-signed, or an unknown one; plain: not encrypted.
 */
export type KeyProvenance = 'direct' | 'indirect' | 'unsigned' | 'plain'

interface IncomingBase {
  readonly roomId: RoomId
  readonly eventId: EventId
  readonly sender: UserId
  /** origin_server_ts, ms since the epoch. */
  readonly sentAt: number
}

export interface IncomingMessage extends IncomingBase {
  readonly kind: 'message'
  /** media: photo, voice, file, sticker, poll, location: `text` is then empty. */
  readonly content: 'text' | 'media'
  readonly text: string
  readonly threadRoot: EventId | undefined
  readonly replyTo: EventId | undefined
  readonly mentions: readonly UserId[]
  readonly provenance: KeyProvenance
  /** Curve25519 key of the device that wrote it; undefined where it was not encrypted. */
  readonly senderKey?: string | undefined
  /** True: its text is that of an edit. */
  readonly isEdited?: boolean
}

export interface IncomingEdit extends IncomingBase {
  readonly kind: 'edit'
  readonly target: EventId
  readonly text: string
  readonly provenance: KeyProvenance
}

export interface IncomingRedaction extends IncomingBase {
  readonly kind: 'redaction'
  readonly target: EventId
}

export interface IncomingReaction extends IncomingBase {
  readonly kind: 'reaction'
  readonly target: EventId
  readonly key: string
}

/** What `parse-event` makes of a decrypted event; membership changes go through `RoomState` and are not incoming. */
export type Incoming = IncomingMessage | IncomingEdit | IncomingRedaction | IncomingReaction

/** Why an event came to nothing; counted, never logged with text. */
export type DropReason =
  | 'own'
  | 'older-than-binding'
  | 'notice'
  | 'malformed'
  | 'oversized'
  | 'unsupported-type'
  | 'plain-in-encrypted-room'
  | 'unsigned-device'
  | 'unbound-room'
  | 'not-addressed'
  | 'never-answers'
  | 'unknown-sender'
  | 'not-a-guardian'
  | 'redacted'
  | 'late-edit'
  | 'no-effect'
  | 'undecryptable'
