import type { NewOutboxRow, Outbox, OutboxContent } from '../contracts/edge-store.ts'
import type { Binding } from '../contracts/household.ts'
import type { EventId } from '../contracts/ids.ts'
import type { IncomingMessage } from '../contracts/incoming.ts'
import type { RoomState } from '../contracts/room-state.ts'
import type { Identity } from './identity.ts'
import { humansIn } from './members.ts'
import { replyContent } from './reply.ts'
import { turnIdOf } from './turn-id.ts'

export interface HouseReplyPorts {
  readonly roomState: RoomState
  readonly identity: Identity
  readonly outbox: Pick<Outbox, 'commitReply'>
}

export interface HouseReply {
  /** What is answered: a message, or what a reaction pointed at. */
  readonly message: Pick<IncomingMessage, 'eventId' | 'sender' | 'threadRoot'>
  readonly binding: Binding
  readonly markdown: string
  readonly settles: readonly EventId[]
  /** The event that asks for it, or a name for what is said once. */
  readonly source: string
  readonly draft: OutboxContent['draft']
}

/** Commits a sentence of the house as the answer to a message, and settles it with its edits. */
export async function replyFromHouse(ports: HouseReplyPorts, reply: HouseReply): Promise<void> {
  await ports.outbox.commitReply({ settles: reply.settles, rows: [houseRow(ports, reply)], jobs: [] })
}

/** The row of such a sentence, for those who commit it together with others. */
export function houseRow({ roomState, identity }: Omit<HouseReplyPorts, 'outbox'>, reply: HouseReply): NewOutboxRow {
  const { message, binding, markdown, source, draft } = reply
  const view = roomState.view(binding.roomId)
  const isShared = humansIn(view, identity.accounts).length !== 1
  const content = replyContent({ message, isShared, markdown, draft })
  return {
    roomId: binding.roomId,
    tenant: binding.tenant,
    source,
    turn: turnIdOf(source),
    // into rooms without encryption nothing goes but notices
    content: view.encryption === 'plain' ? { ...content, kind: 'notice' as const } : content,
  }
}
