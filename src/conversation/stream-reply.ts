import type { ModelEvent } from '../contracts/chat-model.ts'
import type { RailStop, TurnRails } from '../contracts/guardrails.ts'
import type { CrashPoints } from '../contracts/platform.ts'
import type { Clock } from './clock.ts'
import type { Draft } from './draft.ts'
import { GrowingAnswer } from './growing-answer.ts'
import { nextStep } from './pace.ts'
import { closeOpenFence } from './units.ts'

export interface StreamPorts {
  readonly crashPoints: CrashPoints
  readonly clock: Clock
}

export interface StreamRequest {
  /** Starts the call; `signal` ends it. */
  readonly stream: (signal: AbortSignal) => AsyncIterable<ModelEvent>
  readonly rails: Pick<TurnRails, 'checkOutput'>
  /** Where people see the answer grow; undefined: nobody sees anything before it is complete. */
  readonly draft: Draft | undefined
  /** Read before each visible send: the sentence for taking the draft back, as soon as the room has become stricter. */
  readonly withdrawal: () => string | undefined
  readonly signal: AbortSignal
}

/** The event that ends a model call. */
type CallEnd = Exclude<ModelEvent, { readonly kind: 'delta' }>

export interface Streamed {
  /** How the model ended; `aborted` if the guardrails or the turn's signal ended it. */
  readonly end: CallEnd
  /** Set if the guardrails stopped what the model wrote. */
  readonly stop: RailStop | undefined
  /** What passed the guardrails. */
  readonly text: string
  /** What the model wrote, unchecked: for booking and for nothing else. */
  readonly received: string
  readonly firstTextAt: number | undefined
}

/**
 * One model call, from its first token to its end. Text is checked in units while more arrives and in its order; what has passed is
 * shown at the pace of `pace.ts`. A refusal by the guardrails ends the call.
 */
export async function streamReply(ports: StreamPorts, request: StreamRequest): Promise<Streamed> {
  const call = new AbortController()
  const { rails, draft } = request
  const answer = new GrowingAnswer(ports, { rails, isStreamed: draft !== undefined, onStop: () => call.abort() })
  const shown = draft === undefined ? Promise.resolve() : showWhileGrowing(ports.clock, request, draft, answer)
  // a failed draft ends the call; its throw is met below
  shown.catch(() => call.abort())
  let end: CallEnd | undefined
  try {
    for await (const event of request.stream(AbortSignal.any([request.signal, call.signal]))) {
      if (event.kind === 'delta') answer.receive(event.text)
      else end = event
    }
    ports.crashPoints.reach('model.ended')
    // what passes now is shown by the final
    answer.close()
    await answer.finish()
  } finally {
    answer.close()
    await shown
  }
  if (end === undefined) throw new Error('the model stream ended without an end')
  return { end, stop: answer.stop, text: answer.released, received: answer.received, firstTextAt: answer.firstTextAt }
}

/** Runs beside the call until the answer ends; what is in flight then is waited for, so that no edit overtakes the final. */
async function showWhileGrowing(clock: Clock, { withdrawal }: StreamRequest, draft: Draft, answer: GrowingAnswer): Promise<void> {
  while (!answer.ended.aborted && answer.stop === undefined && draft.pace.isOpen) {
    const markdown = draftMarkdown(answer.released)
    const step = nextStep(
      {
        ...draft.pace,
        firstDeltaAt: answer.firstTextAt,
        hasText: answer.released.trim() !== '',
        isShown: markdown === draft.pace.shownMarkdown,
      },
      clock.now(),
    )
    if (step.kind === 'rest') await answer.changed()
    else if (step.kind === 'wait') await clock.wait(step.ms, answer.ended)
    else await showOrTakeBack(draft, markdown, withdrawal())
  }
}

function showOrTakeBack(draft: Draft, markdown: string, withdrawal: string | undefined): Promise<void> {
  return withdrawal === undefined ? draft.show(markdown) : draft.takeBack(withdrawal)
}

/** The marker tells readers that more is coming. */
function draftMarkdown(released: string): string {
  const text = released.trim()
  const closed = closeOpenFence(text)
  return closed === text ? `${text} …` : `${closed}\n…`
}
