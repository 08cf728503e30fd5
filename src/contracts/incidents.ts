import type { EventId, MemberId, RoomId, TurnId } from './ids.ts'

export type Severity = 'low' | 'medium' | 'high'

/** A refusal or a caring answer, without any text. Harm at home is never recorded: nobody at home may find it. */
export interface Incident {
  readonly turn: TurnId
  readonly roomId: RoomId
  readonly member: MemberId
  readonly direction: 'in' | 'out'
  readonly category: string
  readonly severity: Severity
  readonly action: 'care' | 'refuse'
  readonly at: number
}

/** What the rails stopped, of one tenant. */
export interface Incidents {
  /** Idempotent by (turn, direction); harm at home is left out and answers 0. Answers how often this category came up with this member since `since`, this time included. */
  record(incident: Incident, since: number): Promise<number>
  list(since: number): Promise<readonly Incident[]>
}

/** A question that was refused and that a guardian may allow. */
export interface RefusedQuestion {
  /** The turn that refused it. */
  readonly turn: TurnId
  readonly roomId: RoomId
  readonly member: MemberId
  readonly eventId: EventId
  readonly threadRoot: EventId | undefined
  readonly text: string
  readonly category: string
  readonly at: number
  /** Set once the child asked for a guardian. */
  readonly askedAt: number | undefined
  readonly answer: 'once' | 'always' | 'no' | undefined
}

export type NewRefusedQuestion = Omit<RefusedQuestion, 'askedAt' | 'answer'>

/** What a guardian said about a question, and the event that said it. */
export interface ParentAnswer {
  readonly answer: 'once' | 'always' | 'no'
  readonly guardian: MemberId
  readonly event: EventId
  readonly at: number
}

/** "Ask a parent", of one tenant. What nobody asked about within a day is forgotten. */
export interface ParentQuestions {
  /** Replaces the last refused question of this member in this room that nobody asked about. Idempotent by turn. */
  keep(question: NewRefusedQuestion): Promise<void>
  /** The member's last refused question in this room since `since` that nobody has asked about yet. */
  last(roomId: RoomId, member: MemberId, since: number): Promise<RefusedQuestion | undefined>
  asked(turn: TurnId, at: number): Promise<void>
  find(turn: TurnId): Promise<RefusedQuestion | undefined>
  /**
   * The first answer stands; false if another event gave one, or nobody knows the question. True again for the same event, so that
   * a restarted process goes on. `always` is remembered for the same words of this member.
   */
  answer(turn: TurnId, answer: ParentAnswer): Promise<boolean>
  /** The child took the message back: without an answer yet, its question is forgotten. */
  forget(eventId: EventId): Promise<void>
  /** True if a guardian allowed these words of this member for good. */
  isAllowed(member: MemberId, text: string): Promise<boolean>
}
