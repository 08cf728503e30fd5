import type { EdgeFacts, Inbox, NewOutboxRow, Outbox } from '../contracts/edge-store.ts'
import type { SentenceKey } from '../contracts/guardrails.ts'
import type { Binding, Household, Member } from '../contracts/household.ts'
import type { ParentAnswer, RefusedQuestion } from '../contracts/incidents.ts'
import type { EventId, TurnId } from '../contracts/ids.ts'
import type { IncomingMessage } from '../contracts/incoming.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import type { Clock } from './clock.ts'
import { alertRow, type GuardianPorts, type GuardiansHere, guardiansHere, isAmongGrownUps, isGuardianOf, quotable } from './guardians.ts'
import { type HouseReply, type HouseReplyPorts, houseRow } from './house-reply.ts'
import { findBinding } from './rooms.ts'
import { createTurn, type Turn } from './turn.ts'

/** A question older than that is not passed on: the child would no longer know which one it was. */
const MAY_ASK_MS = 24 * 3_600_000
const ALLOWED_ONCE: Readonly<Record<ParentAnswer['answer'], SentenceKey>> = {
  once: 'guardians.answered-once',
  always: 'guardians.answered-always',
  no: 'guardians.answered-no',
}

export interface AskPorts extends GuardianPorts, HouseReplyPorts {
  readonly identity: HouseReplyPorts['identity']
  readonly inbox: Pick<Inbox, 'settle'>
  readonly outbox: Pick<Outbox, 'commitReply'>
  readonly facts: Pick<EdgeFacts, 'bindings'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly clock: Pick<Clock, 'now'>
}

const SOURCE = /^ask:(?<turn>.+)$/u

/** The question a message of the assistant's put to guardians, by its name in the outbox; undefined for all its other messages. */
export function askedTurn(source: string): TurnId | undefined {
  return SOURCE.exec(source)?.groups?.['turn'] as TurnId | undefined
}

/** The member's command `ask`: passes their last refused question on to their guardians, once, and says whether that was possible. */
export async function askParent(
  ports: AskPorts,
  asking: Omit<HouseReply, 'markdown' | 'source'> & { readonly member: Member; readonly household: Household },
): Promise<void> {
  const { sentences, outbox, tenants, clock } = ports
  const { binding, member, message, settles } = asking
  const { questions } = tenants.open(binding.tenant)
  const answer = (key: SentenceKey): NewOutboxRow =>
    houseRow(ports, { ...asking, markdown: sentences.say(key, member.locale), source: message.eventId })
  const question = await questions.last(binding.roomId, member.id, clock.now() - MAY_ASK_MS)
  const row = question && questionRow(ports, asking, question)
  if (question === undefined || row === undefined) {
    const key = question === undefined ? 'guardians.ask-nothing' : 'guardians.ask-nobody'
    return outbox.commitReply({ settles, rows: [answer(key)], jobs: [] })
  }
  await outbox.commitReply({ settles, rows: [row, answer('guardians.ask-passed-on')], jobs: [] })
  // a crash before this lets the child ask again; the row's name keeps the guardians from being asked twice
  await questions.asked(question.turn, clock.now())
}

/** The question for the parents' room; undefined if no guardian would read it there, or somebody who is no grown-up would. */
function questionRow(
  ports: AskPorts,
  { household, member }: { readonly household: Household; readonly member: Member },
  { turn, text }: RefusedQuestion,
): NewOutboxRow | undefined {
  const here = guardiansToAsk(ports, { household, member, now: ports.clock.now() })
  if (here === undefined) return undefined
  const question = ports.sentences.say('guardians.question', here.locale, { child: member.name, text: quotable(text) })
  return alertRow(here, `ask:${turn}`, question)
}

/** Where a member's question would be put to their guardians; undefined if none would read it, or somebody who is no grown-up would. */
export function guardiansToAsk(
  ports: Pick<GuardianPorts, 'roomState' | 'identity'>,
  { household, member, now }: { readonly household: Household; readonly member: Member; readonly now: number },
): GuardiansHere | undefined {
  const here = guardiansHere(ports, household, member)
  return here !== undefined && isAmongGrownUps(ports, household, here, now) ? here : undefined
}

/** What somebody in the parents' room said about a question. */
export interface GuardianWord {
  readonly question: TurnId
  readonly answer: ParentAnswer['answer']
  /** The message, or what the reaction points at: there the confirmation goes. */
  readonly at: HouseReply['message']
  readonly eventId: EventId
  readonly sentAt: number
  readonly settles: readonly EventId[]
  readonly draft: HouseReply['draft']
  readonly binding: Binding
  readonly member: Member
  readonly household: Household
}

/**
 * A guardian's answer, which only a guardian of this child can give, and only the first counts. A no is told to the child; a yes comes
 * back as a turn in the child's room, which settles the guardian's event with its reply. Audited.
 */
export async function takeAnswer(ports: AskPorts, word: GuardianWord): Promise<Turn | undefined> {
  const { question: turn, answer, member: guardian, binding, settles, eventId } = word
  const { questions, audit } = ports.tenants.open(binding.tenant)
  const question = await questions.find(turn)
  const child = question && [...word.household.members.values()].find(({ id }) => id === question.member)
  const place = question && (await findBinding(question.roomId, word.household, ports.facts))
  if (question === undefined || child === undefined || place === undefined) {
    await sayToGuardian(ports, word, 'guardians.question-gone')
    return undefined
  }
  if (!isGuardianOf(guardian, child)) {
    await ports.inbox.settle(settles, 'not-a-guardian')
    return undefined
  }
  const at = ports.clock.now()
  if (!(await questions.answer(turn, { answer, guardian: guardian.id, event: eventId, at }))) {
    await sayToGuardian(ports, word, 'guardians.question-answered')
    return undefined
  }
  const action = answer === 'no' ? 'question.refused' : 'question.allowed'
  await audit.append({
    at,
    actor: guardian.id,
    action,
    subject: child.id,
    detail: { answer, category: question.category, turn, room: place.name },
  })
  const confirmation = toGuardian(ports, word, { key: ALLOWED_ONCE[answer], source: `ask:${turn}:answer`, child })
  if (answer === 'no') {
    const refusal = toChild(ports, { question, child, place }, eventId)
    await ports.outbox.commitReply({ settles, rows: [refusal, confirmation], jobs: [] })
    return undefined
  }
  await ports.outbox.commitReply({ settles: [], rows: [confirmation], jobs: [] })
  return approvedTurn(word, { question, child, place })
}

interface Asked {
  readonly question: RefusedQuestion
  readonly child: Member
  readonly place: Binding
}

/** The child's question as a turn of the guardian's event, so that its transactions, its attempt and its settling are its own. */
function approvedTurn({ eventId, sentAt, settles, draft }: GuardianWord, { question, child, place }: Asked): Turn {
  const { roomId, threadRoot, text } = question
  const message: IncomingMessage = {
    kind: 'message',
    roomId,
    eventId,
    sender: child.userId,
    sentAt,
    content: 'text',
    text,
    threadRoot,
    replyTo: undefined,
    mentions: [],
    provenance: 'direct',
  }
  return createTurn({
    purpose: 'answer',
    message,
    binding: place,
    member: child,
    text,
    edits: settles.filter((other) => other !== eventId),
    draftBefore: draft,
    approvedQuestion: question.eventId,
  })
}

function toChild(ports: AskPorts, { question, child, place }: Asked, source: EventId): NewOutboxRow {
  const { eventId, threadRoot } = question
  return houseRow(ports, {
    message: { eventId, sender: child.userId, threadRoot },
    binding: place,
    markdown: ports.sentences.say('guardians.child-no', child.locale),
    settles: [],
    source,
    draft: undefined,
  })
}

/** Each guardian is told once for each question and sentence: a reaction is toggled easily. */
function sayToGuardian(ports: AskPorts, word: GuardianWord, key: SentenceKey): Promise<void> {
  const row = toGuardian(ports, word, { key, source: `${key}:${word.question}:${word.member.id}`, child: undefined })
  return ports.outbox.commitReply({ settles: word.settles, rows: [row], jobs: [] })
}

function toGuardian(
  ports: AskPorts,
  { at, binding, draft, member }: GuardianWord,
  { key, source, child }: { readonly key: SentenceKey; readonly source: string; readonly child: Member | undefined },
): NewOutboxRow {
  const markdown = ports.sentences.say(key, member.locale, child === undefined ? {} : { child: child.name })
  return houseRow(ports, { message: at, binding, markdown, settles: [], source, draft })
}
