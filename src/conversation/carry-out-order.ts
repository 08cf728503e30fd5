import type { ControlRoom, RefusedOrder } from '../contracts/control-room.ts'
import type { SentenceKey } from '../contracts/guardrails.ts'
import type { Household, Member } from '../contracts/household.ts'
import type { IncomingMessage } from '../contracts/incoming.ts'
import type { Log, Sentences } from '../contracts/platform.ts'
import { describeError } from './apologise.ts'
import type { Decision } from './decide.ts'
import { type HouseReply, type HouseReplyPorts, houseRow } from './house-reply.ts'
import { turnIdOf } from './turn-id.ts'

export interface OrderPorts extends HouseReplyPorts {
  readonly controlRoom: ControlRoom
  readonly sentences: Sentences
  readonly log: Log
}

/** Who is answered. */
interface Asking extends Omit<HouseReply, 'markdown' | 'source'> {
  readonly member: Member
  readonly household: Household
}

const REFUSALS: Readonly<Record<RefusedOrder['why'], SentenceKey>> = {
  edited: 'order.edited',
  'no-code': 'order.no-code',
  'no-owner': 'order.owners-only',
  'not-here': 'order.not-here',
  'not-direct': 'order.not-direct',
}

/**
 * An order of an owner or guardian. What it changes is done once for its event, so that a process that dies before the answer is
 * committed carries it out again without doing it twice. A surprise is logged and told with the number that finds it.
 */
export async function carryOutOrder(
  ports: OrderPorts,
  to: Asking & { readonly message: IncomingMessage },
  { place, text }: Extract<Decision, { readonly kind: 'order' }>,
): Promise<void> {
  const { message, member, household, binding } = to
  const { eventId, sentAt, senderKey } = message
  try {
    const answer = await ports.controlRoom.run({ place, text, member, household, binding, eventId, sentAt, senderKey })
    await say(ports, { ...to, source: eventId }, answer.markdown, answer.picture)
  } catch (error) {
    const id = turnIdOf(eventId)
    ports.log.error('order-failed', { turn: id, ...describeError(error) })
    await say(ports, { ...to, source: eventId }, ports.sentences.say('order.failed', member.locale, { id }))
  }
}

/** An order of somebody who may not give it: the same words whether what it names exists or not. */
export async function refuseOrder(ports: OrderPorts, to: Asking, { why, eventId }: Pick<RefusedOrder, 'why' | 'eventId'>): Promise<void> {
  const { member, binding } = to
  await ports.controlRoom.refused({ why, member, binding, eventId })
  await say(ports, { ...to, source: eventId }, ports.sentences.say(REFUSALS[why], member.locale))
}

function say(
  ports: OrderPorts,
  to: Asking & Pick<HouseReply, 'source'>,
  markdown: string,
  picture?: Awaited<ReturnType<ControlRoom['run']>>['picture'],
): Promise<void> {
  const row = houseRow(ports, { ...to, markdown })
  // a picture goes into no room that is not encrypted
  const isShown = picture !== undefined && row.content.kind !== 'notice'
  const rows = [isShown ? { ...row, content: { ...row.content, picture } } : row]
  return ports.outbox.commitReply({ settles: to.settles, rows, jobs: [] })
}
