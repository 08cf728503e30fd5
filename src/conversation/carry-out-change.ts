import type { Inbox } from '../contracts/edge-store.ts'
import type { Binding, Household, Member } from '../contracts/household.ts'
import type { RoomId } from '../contracts/ids.ts'
import type { Incoming, IncomingEdit, IncomingMessage, IncomingReaction, IncomingRedaction } from '../contracts/incoming.ts'
import type { Sentences } from '../contracts/platform.ts'
import { readSalutation } from './addressing.ts'
import { type HouseReplyPorts, replyFromHouse } from './house-reply.ts'
import { namesIn } from './identity.ts'
import type { Considered } from './intake.ts'
import { followLateEdit, followLateRedaction, type LateChangePorts } from './late-changes.ts'
import { stopTurns } from './stop-turns.ts'

/** Runs what may take long beside intake and lanes, a room's work in order. */
export type Beside = (roomId: RoomId, work: () => Promise<void>) => void

export interface ChangePorts extends HouseReplyPorts, LateChangePorts {
  readonly inbox: Pick<Inbox, 'settle'>
  readonly sentences: Sentences
  readonly beside: Beside
}

/** Edits, redactions and reactions: what they change about a message that was taken in before. */
export async function carryOutChange(
  ports: ChangePorts,
  { decision, binding, member, household }: Considered,
  change: Exclude<Incoming, IncomingMessage>,
): Promise<void> {
  if (change.kind === 'redaction' && decision.kind === 'cancel') return carryOutRedaction(ports, change, binding)
  if (binding !== undefined && member !== undefined) {
    if (change.kind === 'edit' && decision.kind === 'apply-edit') return carryOutEdit(ports, change, { binding, member, household })
    if (change.kind === 'reaction' && decision.kind === 'stop') return carryOutStop(ports, change, { binding, member, household })
  }
  await ports.inbox.settle([change.eventId], decision.kind === 'ignore' ? decision.reason : 'no-effect')
}

interface Place {
  readonly binding: Binding
  readonly member: Member
  readonly household: Household
}

function carryOutRedaction(ports: ChangePorts, redaction: IncomingRedaction, binding: Binding | undefined): void {
  const isCancelled = ports.turns.find(redaction.target)?.cancel('redacted', redaction.eventId) === true
  if (!isCancelled) ports.beside(redaction.roomId, () => followLateRedaction(ports, redaction, binding))
}

function carryOutEdit(ports: ChangePorts, edit: IncomingEdit, { binding, member, household }: Place): void {
  const { turns, roomState, identity } = ports
  const turn = turns.find(edit.target)
  if (turn !== undefined && turn.message.sender === edit.sender) {
    const names = namesIn(household, binding, roomState.view(binding.roomId), identity.userId)
    const isMentioned = turn.message.mentions.includes(identity.userId)
    const { text } = readSalutation(edit.text, { userId: identity.userId, names }, isMentioned)
    if (turn.edit(text === '' ? turn.text : text, edit.eventId)) return
  }
  ports.beside(edit.roomId, () => followLateEdit(ports, edit, binding, member))
}

async function carryOutStop(ports: ChangePorts, reaction: IncomingReaction, { binding, member }: Place): Promise<void> {
  // nobody is told that nothing was stopped: a reaction is a small gesture
  if (!stopTurns(ports.turns, binding.roomId)) return ports.inbox.settle([reaction.eventId], 'no-effect')
  await replyFromHouse(ports, {
    message: { eventId: reaction.target, sender: reaction.sender, threadRoot: undefined },
    binding,
    markdown: ports.sentences.say('command.stop-done', member.locale),
    settles: [reaction.eventId],
    source: reaction.eventId,
    draft: undefined,
  })
}
