import type { EdgeFacts, Inbox, OutboxContent } from '../contracts/edge-store.ts'
import type { SentenceKey } from '../contracts/guardrails.ts'
import type { Household, Member } from '../contracts/household.ts'
import type { EventId } from '../contracts/ids.ts'
import type { DropReason, IncomingEdit, IncomingMessage } from '../contracts/incoming.ts'
import { askMore, grantMore, type MorePorts } from './ask-more.ts'
import { askParent, type AskPorts, type GuardianWord, takeAnswer } from './ask-parent.ts'
import { carryOutOrder, type OrderPorts, refuseOrder } from './carry-out-order.ts'
import { carryOutChange, type ChangePorts } from './carry-out-change.ts'
import { type CommandPorts, helpSentence, privacySentence } from './command-sentences.ts'
import type { Decision } from './decide.ts'
import { type DraftPorts, openDraft } from './draft.ts'
import type { FoldedMessage } from './fold-batch.ts'
import { type HouseReply, replyFromHouse } from './house-reply.ts'
import { type Considered, hintName } from './intake.ts'
import { type NoticePorts, noteSaid, sayUnbound, wasSaid } from './notices.ts'
import { replyContent } from './reply.ts'
import { stopTurns } from './stop-turns.ts'
import { createTurn, type Turn } from './turn.ts'

export interface CarryOutPorts
  extends
    Omit<NoticePorts, 'clock'>,
    CommandPorts,
    Omit<DraftPorts, 'inbox'>,
    ChangePorts,
    Omit<AskPorts, 'facts'>,
    Omit<MorePorts, 'facts'>,
    OrderPorts {
  readonly inbox: Pick<Inbox, 'settle' | 'noticed' | 'beginDraft' | 'draftSent'>
  readonly outbox: NoticePorts['outbox']
  readonly facts: Pick<EdgeFacts, 'bindings' | 'read' | 'write'>
  readonly clock: DraftPorts['clock']
}

/** What the house answers by itself. */
type SpokenDecision = Extract<Decision, { readonly kind: 'hint' | 'refuse' | 'command' | 'stop' }>

/** Whom it answers. */
type Recipient = Pick<HouseReply, 'message' | 'binding' | 'settles' | 'draft'> & { readonly member: Member; readonly household: Household }

/** Does what was decided about an entry, and settles it. What needs the room's lane comes back as a turn. */
export async function carryOut(ports: CarryOutPorts, considered: Considered): Promise<Turn | undefined> {
  const { entry } = considered
  if (entry.kind === 'message') return carryOutMessage(ports, considered, entry)
  if (entry.incoming.kind === 'reaction') {
    const { target, eventId, sender } = entry.incoming
    const heard = { ...entry.incoming, at: { eventId: target, sender, threadRoot: undefined }, settles: [eventId], draft: undefined }
    if (considered.decision.kind === 'guardian-answer') return hearGuardian(ports, considered, heard)
    if (considered.decision.kind === 'grant-more') return giveMore(ports, considered, heard)
  }
  if (entry.incoming.kind === 'edit' && considered.decision.kind === 'refuse-order') return refuseEdit(ports, considered, entry.incoming)
  await carryOutChange(ports, considered, entry.incoming)
  return undefined
}

async function carryOutMessage(ports: CarryOutPorts, considered: Considered, folded: FoldedMessage): Promise<Turn | undefined> {
  const { decision } = considered
  const { message, edits, redactedBy } = folded
  const settles = [message.eventId, ...edits]
  if (redactedBy !== undefined) await settleSilently(ports, folded, [...settles, redactedBy], 'redacted')
  else if (decision.kind === 'ignore') await settleSilently(ports, folded, settles, decision.reason)
  else if (decision.kind === 'unbound') await sayUnbound(ports, message, settles)
  else return answerMessage(ports, considered, folded, settles)
  return undefined
}

async function answerMessage(
  ports: CarryOutPorts,
  considered: Considered,
  { message, edits, draft }: FoldedMessage,
  settles: readonly EventId[],
): Promise<Turn | undefined> {
  const { decision, binding, member, household } = considered
  if (binding === undefined || member === undefined) throw new Error('only members in bound rooms are answered')
  const to = { message, binding, member, household, settles, draft }
  if (decision.kind === 'guardian-answer') return hearGuardian(ports, considered, { ...message, at: message, settles, draft })
  if (decision.kind === 'order') await carryOutOrder(ports, to, decision)
  else if (decision.kind === 'refuse-order') await refuseOrder(ports, to, { why: decision.why, eventId: message.eventId })
  else return turnOrWords(ports, considered, { ...to, edits })
  return undefined
}

/** What needs the room's lane becomes a turn, everything else is said at once. */
async function turnOrWords(
  ports: CarryOutPorts,
  { decision }: Considered,
  { edits, ...to }: Recipient & { readonly message: IncomingMessage; readonly edits: readonly EventId[] },
): Promise<Turn | undefined> {
  const { message, binding, member, draft } = to
  const turn = { message, binding, member, edits, draftBefore: draft }
  if (decision.kind === 'chat') return createTurn({ ...turn, purpose: 'answer', text: decision.text })
  // in its place among the room's turns
  if (decision.kind === 'command' && decision.name === 'new') return createTurn({ ...turn, purpose: 'new-topic', text: '' })
  if (!isSpoken(decision)) throw new Error(`a message cannot be decided as ${decision.kind}`)
  await speak(ports, to, decision)
  return undefined
}

/** An edit that would be an order is answered where it stands, and the message stays what it was. */
async function refuseEdit(
  ports: CarryOutPorts,
  { decision, binding, member, household }: Considered,
  edit: IncomingEdit,
): Promise<undefined> {
  if (decision.kind !== 'refuse-order' || binding === undefined || member === undefined)
    throw new Error('only orders of members are refused')
  const { eventId, sender, target } = edit
  const to = {
    message: { eventId: target, sender, threadRoot: undefined },
    binding,
    member,
    household,
    settles: [eventId],
    draft: undefined,
  }
  await refuseOrder(ports, to, { why: decision.why, eventId })
}

async function giveMore(
  ports: CarryOutPorts,
  { decision, binding, member, household }: Considered,
  heard: Pick<GuardianWord, 'eventId' | 'at' | 'settles'>,
): Promise<undefined> {
  if (decision.kind !== 'grant-more' || binding === undefined || member === undefined) throw new Error('nobody has asked for more')
  await grantMore(ports, { ...heard, event: decision.event, binding, member, household })
}

function hearGuardian(
  ports: CarryOutPorts,
  { decision, binding, member, household }: Considered,
  { eventId, sentAt, at, settles, draft }: Pick<GuardianWord, 'eventId' | 'sentAt' | 'at' | 'settles' | 'draft'>,
): Promise<Turn | undefined> {
  if (decision.kind !== 'guardian-answer' || binding === undefined || member === undefined) throw new Error('no guardian has answered')
  const { question, answer } = decision
  return takeAnswer(ports, { question, answer, at, eventId, sentAt, settles, draft, binding, member, household })
}

function isSpoken(decision: Decision): decision is SpokenDecision {
  return ['hint', 'refuse', 'command', 'stop'].includes(decision.kind)
}

async function speak(ports: CarryOutPorts, to: Recipient, decision: SpokenDecision): Promise<void> {
  const { sentences, turns } = ports
  const { binding, member, household } = to
  switch (decision.kind) {
    case 'command': {
      if (decision.name === 'ask') return askParent(ports, to)
      if (decision.name === 'more') return askMore(ports, to)
      const sentence = decision.name === 'privacy' ? privacySentence : helpSentence
      return say(ports, to, sentence(ports, household, binding, member))
    }
    case 'stop':
      return say(ports, to, sentences.say(stopTurns(turns, binding.roomId) ? 'command.stop-done' : 'command.stop-nothing', member.locale))
    case 'hint':
      return sayOnce(ports, to, hintName(binding.roomId, member), 'hint.unaddressed')
    case 'refuse':
      return decision.oncePerRoom
        ? sayOnce(ports, to, `refused:${decision.sentence}:${binding.roomId}`, decision.sentence)
        : say(ports, to, sentences.say(decision.sentence, member.locale))
  }
}

function say(ports: CarryOutPorts, to: Recipient, markdown: string): Promise<void> {
  return replyFromHouse(ports, { ...to, markdown, source: to.message.eventId })
}

/** The outbox row bears the name, so that a process that dies before the note is made does not say it twice. */
async function sayOnce(ports: CarryOutPorts, to: Recipient, name: string, sentence: SentenceKey): Promise<void> {
  if (await wasSaid(ports, name)) {
    await ports.inbox.settle(to.settles, 'no-effect')
    return
  }
  await replyFromHouse(ports, { ...to, markdown: ports.sentences.say(sentence, to.member.locale), source: name })
  await noteSaid(ports, name)
}

/** Without a word; but a draft that an earlier process began must not stay behind. */
async function settleSilently(
  ports: CarryOutPorts,
  { message, draft }: FoldedMessage,
  settles: readonly EventId[],
  reason: DropReason,
): Promise<void> {
  if (draft !== undefined) {
    const locale = ports.directory.current().members.get(message.sender)?.locale ?? 'en'
    const content = (markdown: string): OutboxContent => replyContent({ message, isShared: false, markdown, draft: undefined })
    const subject = { roomId: message.roomId, source: message.eventId, attempt: 0, before: draft, content }
    const left = await openDraft(ports, { ...subject, checkedAgain: ports.sentences.say('answer.draft-replaced', locale) })
    await left.takeBack(ports.sentences.say('gateway.aborted', locale))
  }
  await ports.inbox.settle(settles, reason)
}
