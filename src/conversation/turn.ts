import type { Received } from '../contracts/conversation.ts'
import type { Binding, Member } from '../contracts/household.ts'
import type { EventId, TurnId } from '../contracts/ids.ts'
import type { IncomingMessage } from '../contracts/incoming.ts'
import { turnIdOf } from './turn-id.ts'

/** Why a turn ends before its answer. shutdown: nothing is settled, the next process answers. */
export type CancelReason = 'redacted' | 'stopped' | 'out-of-time' | 'shutdown'

/** One message on its way through its room's lane. It can still be edited while it waits, and cancelled until its reply is committed. */
export interface Turn {
  readonly id: TurnId
  readonly purpose: 'answer' | 'new-topic'
  /** What starts it. Of an approved question: the child's words under the guardian's event. */
  readonly message: IncomingMessage
  /** What its reply answers and its memory belongs to: the message, or the child's own event of an approved question. */
  readonly replyTo: EventId
  /** A guardian allowed this question. */
  readonly approved: boolean
  /** Room and sender as they were when the message was accepted; the turn reads both again. */
  readonly binding: Binding
  readonly member: Member
  /** What the model will read: without the salutation, as last edited. */
  readonly text: string
  /** Inbox entries that are settled together with this turn. */
  readonly settles: readonly EventId[]
  readonly draftBefore: Received['draft']
  /** Aborts when the turn is cancelled. */
  readonly signal: AbortSignal
  readonly cancelled: CancelReason | undefined
  /** Resolves when the turn has ended, however it did. */
  readonly finished: Promise<void>
  /** The turn leaves the queue; from now on edits are late. */
  start(): void
  /** False if the turn has started: then the edit is late. */
  edit(text: string, edit: EventId): boolean
  /** False if the reply is being committed already: then it is too late. */
  cancel(reason: CancelReason, by?: EventId): boolean
  /** The point of no return: nothing can be edited or cancelled from here. False if the turn must not speak any more. */
  beginCommit(): boolean
  finish(): void
}

export interface NewTurn {
  readonly purpose: Turn['purpose']
  readonly message: IncomingMessage
  readonly binding: Binding
  readonly member: Member
  readonly text: string
  /** Edits that had already reached the message. */
  readonly edits: readonly EventId[]
  readonly draftBefore: Received['draft']
  /** The child's event, if a guardian's event allows its question now. */
  readonly approvedQuestion?: EventId
}

/** A turn that waits for its lane. */
export function createTurn({ purpose, message, binding, member, text, edits, draftBefore, approvedQuestion }: NewTurn): Turn {
  const controller = new AbortController()
  const end = Promise.withResolvers<void>()
  let phase: 'waiting' | 'running' | 'committing' | 'finished' = 'waiting'
  let current = text
  let settles: readonly EventId[] = [message.eventId, ...edits]
  let cancelled: CancelReason | undefined
  return {
    id: turnIdOf(message.eventId),
    purpose,
    message,
    replyTo: approvedQuestion ?? message.eventId,
    approved: approvedQuestion !== undefined,
    binding,
    member,
    get text() {
      return current
    },
    get settles() {
      return settles
    },
    draftBefore,
    signal: controller.signal,
    get cancelled() {
      return cancelled
    },
    finished: end.promise,
    start() {
      phase = 'running'
    },
    edit(edited, edit) {
      if (phase !== 'waiting' || cancelled !== undefined) return false
      current = edited
      settles = [...settles, edit]
      return true
    },
    cancel(reason, by) {
      if (phase === 'committing' || phase === 'finished') return false
      if (by !== undefined) settles = [...settles, by]
      // a taken-back question stays taken back, whatever else happens to its turn
      if (cancelled !== 'redacted') cancelled = reason
      controller.abort()
      return true
    },
    beginCommit() {
      phase = 'committing'
      return cancelled !== 'redacted' && cancelled !== 'shutdown'
    },
    finish() {
      phase = 'finished'
      end.resolve()
    },
  }
}
