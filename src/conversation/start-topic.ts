import type { TenantStores } from '../contracts/tenant-stores.ts'
import type { Sentences } from '../contracts/platform.ts'
import { apologise, type ApologyPorts } from './apologise.ts'
import { type HouseReplyPorts, replyFromHouse } from './house-reply.ts'
import type { Turn } from './turn.ts'

export interface StartTopicPorts extends ApologyPorts, HouseReplyPorts {
  readonly tenants: Pick<TenantStores, 'open'>
  readonly sentences: Sentences
  readonly outbox: ApologyPorts['outbox']
}

/** `new`, in its place among the room's turns: what was said before is not recalled in this room or thread again. */
export async function startTopic(ports: StartTopicPorts, turn: Turn): Promise<void> {
  const { message, binding, member } = turn
  try {
    if (turn.cancelled === 'shutdown') return
    if (!turn.beginCommit()) return await ports.inbox.settle(turn.settles, 'redacted')
    await ports.tenants.open(binding.tenant).context.startTopic(message.roomId, message.threadRoot, message.sentAt)
    const markdown = ports.sentences.say('command.new-done', member.locale)
    await replyFromHouse(ports, { message, binding, markdown, settles: turn.settles, source: message.eventId, draft: turn.draftBefore })
  } catch (error) {
    await apologise(ports, turn, undefined, error)
  }
}
