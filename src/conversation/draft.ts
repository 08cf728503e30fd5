import type { EdgeFacts, Inbox, OutboxContent } from '../contracts/edge-store.ts'
import type { EventId, RoomId } from '../contracts/ids.ts'
import type { CrashPoints } from '../contracts/platform.ts'
import type { DraftOutcome, RoomSender } from '../contracts/room-sender.ts'
import type { Clock } from './clock.ts'
import { pauseAfterLimit } from './pace.ts'

export interface DraftPorts {
  readonly sender: Pick<RoomSender, 'draft' | 'edit' | 'redact'>
  readonly inbox: Pick<Inbox, 'beginDraft' | 'draftSent'>
  readonly facts: Pick<EdgeFacts, 'read' | 'write'>
  readonly crashPoints: CrashPoints
  readonly clock: Clock
}

export interface DraftSubject {
  readonly roomId: RoomId
  readonly source: EventId
  readonly attempt: number
  /** The draft an earlier process began, from the inbox. */
  readonly before: { readonly eventId: EventId | undefined } | undefined
  /** How text looks as a message of this turn. */
  readonly content: (markdown: string) => OutboxContent
  /** Sentence for a draft that an earlier attempt was taking back. */
  readonly checkedAgain: string
}

/** What the room sees of an answer before it is complete. Never two sends in flight: each call is awaited before the next. */
export interface Draft {
  readonly pace: DraftPace
  /** Shows this text: as a draft, or as an edit of it. */
  show(markdown: string): Promise<void>
  /** Takes the draft back for good; what follows is a message of its own. People see the reason. */
  takeBack(reason: string): Promise<void>
  /** What the final must replace. Learns the draft's event id if an earlier process did not live to note it. */
  forFinal(): Promise<OutboxContent['draft']>
}

export interface DraftPace {
  readonly hasDraft: boolean
  /** False once nothing more may be shown before the answer is complete. */
  readonly isOpen: boolean
  readonly shownMarkdown: string | undefined
  readonly edits: number
  readonly lastSendAt: number | undefined
  readonly pausedUntil: number
  readonly timesLimited: number
}

/** none: nothing was ever sent; perhaps: a send was begun and its end is unknown; there: the room sees it; gone: taken back. */
type Existence = { readonly kind: 'none' | 'perhaps' | 'gone' } | { readonly kind: 'there'; readonly eventId: EventId }

const UNSHOWN: DraftPace = {
  hasDraft: false,
  isOpen: true,
  shownMarkdown: undefined,
  edits: 0,
  lastSendAt: undefined,
  pausedUntil: 0,
  timesLimited: 0,
}
const PLACEHOLDER = '…'
const LEARN_TRIES = 3
const LEARN_WAIT_MS = 1_000
const takenBackKey = (source: EventId): string => `draft-taken-back:${source}`

/** Finds out what earlier attempts of this turn left in the room. */
export async function openDraft(ports: DraftPorts, subject: DraftSubject): Promise<Draft> {
  const { before, source, checkedAgain } = subject
  if (before === undefined) return new RoomDraft(ports, subject, { kind: 'none' })
  const draft = new RoomDraft(
    ports,
    subject,
    before.eventId === undefined ? { kind: 'perhaps' } : { kind: 'there', eventId: before.eventId },
  )
  // the homeserver would answer the draft's transaction with the redacted event, and an edit of that shows nowhere
  if ((await ports.facts.read(takenBackKey(source))) !== undefined) await draft.takeBack(checkedAgain)
  return draft
}

class RoomDraft implements Draft {
  readonly #ports: DraftPorts
  readonly #subject: DraftSubject
  #existence: Existence
  #isBegun: boolean
  #pace: DraftPace

  constructor(ports: DraftPorts, subject: DraftSubject, existence: Existence) {
    this.#ports = ports
    this.#subject = subject
    this.#existence = existence
    this.#isBegun = existence.kind !== 'none'
    this.#pace = { ...UNSHOWN, hasDraft: existence.kind === 'there' }
  }

  get pace(): DraftPace {
    return this.#pace
  }

  async show(markdown: string): Promise<void> {
    this.#note({ lastSendAt: this.#ports.clock.now() })
    if (this.#existence.kind === 'there') return this.#judge(await this.#sendEdit(this.#existence.eventId, markdown), markdown)
    // an earlier process may have sent this draft already: then the room still sees its text, and an edit must follow
    const isFresh = this.#existence.kind === 'none'
    this.#judge(await this.#sendDraft(markdown), isFresh ? markdown : undefined)
  }

  async takeBack(reason: string): Promise<void> {
    this.#note({ isOpen: false, hasDraft: false })
    if (this.#existence.kind === 'none' || this.#existence.kind === 'gone') return
    const { facts, clock, sender } = this.#ports
    await facts.write(takenBackKey(this.#subject.source), 'yes')
    for (let tries = 0; this.#existence.kind === 'perhaps' && tries < LEARN_TRIES; tries += 1) {
      const outcome = await this.#sendDraft(PLACEHOLDER)
      if (outcome.kind !== 'sent') await clock.wait(LEARN_WAIT_MS)
    }
    if (this.#existence.kind === 'there') await sender.redact(this.#subject.roomId, this.#existence.eventId, reason)
    this.#existence = { kind: 'gone' }
    this.#note({ hasDraft: false })
  }

  async forFinal(): Promise<OutboxContent['draft']> {
    if (this.#existence.kind === 'perhaps') await this.#sendDraft(PLACEHOLDER)
    if (this.#existence.kind === 'there') return { eventId: this.#existence.eventId }
    return this.#existence.kind === 'perhaps' ? { eventId: undefined } : undefined
  }

  async #sendDraft(markdown: string): Promise<DraftOutcome> {
    const { inbox, crashPoints, sender } = this.#ports
    const { roomId, source, content } = this.#subject
    if (!this.#isBegun) await inbox.beginDraft(source)
    this.#isBegun = true
    crashPoints.reach('draft.before')
    const outcome = await sender.draft(roomId, source, content(markdown), this.#existence.kind === 'perhaps')
    crashPoints.reach('draft.after')
    if (outcome.kind === 'failed') this.#existence = { kind: 'perhaps' }
    if (outcome.kind !== 'sent') return outcome
    this.#existence = { kind: 'there', eventId: outcome.eventId }
    this.#note({ hasDraft: true })
    await inbox.draftSent(source, outcome.eventId)
    crashPoints.reach('draft-noted.after')
    return outcome
  }

  async #sendEdit(target: EventId, markdown: string): Promise<DraftOutcome> {
    const { crashPoints, sender } = this.#ports
    const { roomId, source, attempt, content } = this.#subject
    this.#note({ edits: this.#pace.edits + 1 })
    crashPoints.reach('edit.before')
    const outcome = await sender.edit(roomId, target, { source, attempt, n: this.#pace.edits }, content(markdown))
    crashPoints.reach('edit.after')
    return outcome
  }

  /** What a send's outcome means for the next one. */
  #judge(outcome: DraftOutcome, shownMarkdown: string | undefined): void {
    const { timesLimited } = this.#pace
    const now = this.#ports.clock.now()
    switch (outcome.kind) {
      case 'sent':
        return this.#note({ shownMarkdown })
      case 'limited':
        return this.#note({ pausedUntil: now + pauseAfterLimit(outcome.retryAfterMs, timesLimited), timesLimited: timesLimited + 1 })
      case 'failed':
        return this.#note({ pausedUntil: now + pauseAfterLimit(0, timesLimited) })
      case 'refused':
        return this.#note({ isOpen: false })
    }
  }

  #note(change: Partial<DraftPace>): void {
    this.#pace = { ...this.#pace, ...change }
  }
}
