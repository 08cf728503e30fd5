import type { EventId, MemberId, RoomId, UserId } from './ids.ts'

/** One message in the running context of a room. */
export interface ContextMessage {
  readonly eventId: EventId
  readonly author: 'member' | 'assistant'
  readonly member: MemberId | undefined
  readonly name: string
  readonly text: string
  readonly at: number
}

export interface RecallRequest {
  readonly roomId: RoomId
  /** undefined: the room's main timeline. */
  readonly threadRoot: EventId | undefined
  /** Everyone joined in the room, the instance's own accounts aside. */
  readonly audience: readonly UserId[]
  /** The latest join among the audience, ms: nothing said before it is recalled. */
  readonly audienceSince: number
  readonly tokenLimit: number
}

/** Memory of one tenant, already bound to it. */
export interface Memory {
  /** Oldest first. Never throws for missing data; must answer within the caller's deadline or be left behind. */
  recall(request: RecallRequest): Promise<readonly ContextMessage[]>
  /** Idempotent by event id. */
  remember(roomId: RoomId, threadRoot: EventId | undefined, messages: readonly ContextMessage[]): Promise<void>
  /** `new`: what was said before `at` is not recalled in this room or thread again. */
  startTopic(roomId: RoomId, threadRoot: EventId | undefined, at: number): Promise<void>
  /** Edits and redactions follow through. `text` undefined: forget it. */
  amend(eventId: EventId, text: string | undefined): Promise<void>
}
