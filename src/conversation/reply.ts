import type { OutboxContent } from '../contracts/edge-store.ts'
import type { IncomingMessage } from '../contracts/incoming.ts'

export interface ReplyInput {
  readonly message: Pick<IncomingMessage, 'eventId' | 'sender' | 'threadRoot'>
  /** More than one person is in the room, so it must be clear who is answered. */
  readonly isShared: boolean
  readonly markdown: string
  readonly draft: OutboxContent['draft']
}

/** A message of the assistant as an answer to a member's: in their thread, and where others listen as a reply that mentions them. */
export function replyContent({ message, isShared, markdown, draft }: ReplyInput): OutboxContent {
  return {
    kind: 'answer',
    markdown,
    replyTo: isShared ? message.eventId : undefined,
    threadRoot: message.threadRoot,
    mentions: isShared ? [message.sender] : [],
    draft,
  }
}
