import type { Received } from '../contracts/conversation.ts'
import type { EventId } from '../contracts/ids.ts'
import type { Incoming, IncomingEdit, IncomingMessage } from '../contracts/incoming.ts'

/** A message with what its sender made of it before anybody read it. */
export interface FoldedMessage {
  readonly kind: 'message'
  readonly message: IncomingMessage
  readonly draft: Received['draft']
  /** The edits in its text; they are settled with it. */
  readonly edits: readonly EventId[]
  /** The redaction that took it back. */
  readonly redactedBy: EventId | undefined
}

export type Folded = FoldedMessage | { readonly kind: 'other'; readonly incoming: Exclude<Incoming, IncomingMessage> }

/**
 * Joins edits and redactions with the messages of the same batch, so that a message is read as it stands now: after a restart
 * hours of them may come at once. Edits that `mayEdit` doubts, and what concerns other messages, stay on their own, in their order.
 */
export function foldBatch(batch: readonly Received[], mayEdit: (edit: IncomingEdit) => boolean): readonly Folded[] {
  const folded: Folded[] = []
  const places = new Map<EventId, number>()
  for (const { incoming, draft } of batch) {
    if (incoming.kind === 'message') {
      places.set(incoming.eventId, folded.length)
      folded.push({ kind: 'message', message: incoming, draft, edits: [], redactedBy: undefined })
      continue
    }
    const place = 'target' in incoming ? places.get(incoming.target) : undefined
    const message = place === undefined ? undefined : folded[place]
    const joined = message?.kind === 'message' ? join(message, incoming, mayEdit) : undefined
    if (place === undefined || joined === undefined) folded.push({ kind: 'other', incoming })
    else folded[place] = joined
  }
  return folded
}

function join(
  folded: FoldedMessage,
  change: Exclude<Incoming, IncomingMessage>,
  mayEdit: (edit: IncomingEdit) => boolean,
): FoldedMessage | undefined {
  if (folded.redactedBy !== undefined) return undefined
  if (change.kind === 'redaction') return { ...folded, redactedBy: change.eventId }
  if (change.kind !== 'edit' || change.sender !== folded.message.sender || !mayEdit(change)) return undefined
  return { ...folded, message: { ...folded.message, text: change.text, isEdited: true }, edits: [...folded.edits, change.eventId] }
}
