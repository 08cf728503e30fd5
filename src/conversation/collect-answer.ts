import type { CallOutcome } from '../budgets/book-call.ts'
import type { ModelEvent } from '../contracts/chat-model.ts'
import { estimateTokens } from '../prompts/estimate-tokens.ts'

/** A whole answer that nobody watches grow. */
export interface CollectedAnswer {
  readonly text: string
  readonly end: Exclude<ModelEvent, { readonly kind: 'delta' }> | undefined
}

/** Reads a call to its end. */
export async function collectAnswer(events: AsyncIterable<ModelEvent>): Promise<CollectedAnswer> {
  let text = ''
  let end: CollectedAnswer['end']
  for await (const event of events) {
    if (event.kind === 'delta') text += event.text
    else end = event
  }
  return { text, end }
}

/** How such a call is booked; undefined: it was thrown away. */
export function outcomeOfCollected(collected: CollectedAnswer | undefined): CallOutcome {
  return {
    usage: collected?.end?.usage,
    fault: collected?.end?.kind === 'failed' ? collected.end.error : undefined,
    outputTokensEstimate: estimateTokens(collected?.text ?? ''),
  }
}
