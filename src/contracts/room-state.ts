import type { RoomId, UserId } from './ids.ts'

export type Membership = 'join' | 'invite' | 'leave' | 'ban' | 'knock'

export interface RoomMember {
  readonly userId: UserId
  readonly membership: Membership
  /** ms since the epoch of the membership event. */
  readonly since: number
  readonly displayName: string | undefined
}

/** unknown: the homeserver has not been asked yet; then nothing is sent. */
export type Encryption = 'encrypted' | 'plain' | 'unknown'

/** What is known of a room at this moment. */
export interface RoomView {
  readonly roomId: RoomId
  readonly encryption: Encryption
  /** False until /members has answered since the last gap: the room then counts as child. */
  readonly membersComplete: boolean
  readonly members: readonly RoomMember[]
}

/** Whether a person could decrypt what is sent now. */
export interface Readers {
  /** True if they have a device that gets our keys. False where nobody can tell; never rejects. */
  canRead(userId: UserId): Promise<boolean>
  /** The id of the person's device with this Curve25519 key; undefined where nobody knows. Never rejects. */
  deviceOf(userId: UserId, senderKey: string): Promise<string | undefined>
}

/** The room state the edge keeps, read before each decision and again before each visible send. Never throws. */
export interface RoomState {
  view(roomId: RoomId): RoomView
}
