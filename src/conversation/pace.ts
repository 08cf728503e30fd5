/** An answer that ends this soon after its first token is sent once and whole (issue: first light). */
const DRAFT_HOLD_MS = 400
/** At most so many edits a message: clients load every one of them when a room opens. */
export const MAX_EDITS = 60
/** At most one edit a second … */
const EDIT_INTERVAL_MS = 1_000
/** … and after each twenty a second less often, so that sixty edits last for the two minutes a turn may take. */
const EDITS_PER_STEP = 20
const MAX_BACKOFF_MS = 30_000

/** Where a streamed answer stands with what its room sees. All times in ms of one clock. */
export interface PaceState {
  readonly firstDeltaAt: number | undefined
  /** There is text that is checked and may be seen. */
  readonly hasText: boolean
  /** The room sees all of it already. */
  readonly isShown: boolean
  readonly hasDraft: boolean
  readonly edits: number
  /** When the last draft or edit left. */
  readonly lastSendAt: number | undefined
  /** Nothing is sent before: the homeserver asked to wait. */
  readonly pausedUntil: number
  /** How often the homeserver has asked to wait during this answer. */
  readonly timesLimited: number
}

/** rest: nothing to do until something changes. */
export type PaceStep = { readonly kind: 'draft' | 'edit' } | { readonly kind: 'wait'; readonly ms: number } | { readonly kind: 'rest' }

/** What a streamed answer shows next, and when. Asked only while nothing is in flight, so two edits never are. */
export function nextStep(state: PaceState, now: number): PaceStep {
  if (state.firstDeltaAt === undefined || !state.hasText) return { kind: 'rest' }
  if (!state.hasDraft) return at(Math.max(state.firstDeltaAt + DRAFT_HOLD_MS, state.pausedUntil), now, 'draft')
  if (state.edits >= MAX_EDITS || state.isShown) return { kind: 'rest' }
  // a draft of an earlier process shows old text: it is edited at once
  const nextAt = state.lastSendAt === undefined ? now : state.lastSendAt + editIntervalMs(state)
  return at(Math.max(nextAt, state.pausedUntil), now, 'edit')
}

/** How long an answer pauses after the homeserver asked for `retryAfterMs`: that, and twice as long each further time. */
export function pauseAfterLimit(retryAfterMs: number, timesLimited: number): number {
  return Math.min(MAX_BACKOFF_MS, Math.max(retryAfterMs, EDIT_INTERVAL_MS * 2 ** timesLimited))
}

function editIntervalMs({ edits, timesLimited }: PaceState): number {
  const stretched = EDIT_INTERVAL_MS * (1 + Math.floor(edits / EDITS_PER_STEP))
  return Math.min(MAX_BACKOFF_MS, stretched * 2 ** timesLimited)
}

function at(due: number, now: number, kind: 'draft' | 'edit'): PaceStep {
  return due <= now ? { kind } : { kind: 'wait', ms: due - now }
}
