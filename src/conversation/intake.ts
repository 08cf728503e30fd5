import type { Received } from '../contracts/conversation.ts'
import type { EdgeFacts, Outbox } from '../contracts/edge-store.ts'
import type { Binding, Directory, Household, Member } from '../contracts/household.ts'
import type { GuardianRequest } from '../contracts/control-room.ts'
import type { RoomId } from '../contracts/ids.ts'
import type { Incoming } from '../contracts/incoming.ts'
import type { RoomState, RoomView } from '../contracts/room-state.ts'
import { askedTurn } from './ask-parent.ts'
import { moreEvent } from './ask-more.ts'
import type { Clock } from './clock.ts'
import { type Decision, type DecisionInput, decide } from './decide.ts'
import { foldBatch, type Folded } from './fold-batch.ts'
import { type Identity, namesIn } from './identity.ts'
import { memberIn } from './members.ts'
import { wasSaid } from './notices.ts'
import { findBinding, isAlone } from './rooms.ts'
import type { TurnsInFlight } from './turns-in-flight.ts'

/** A room whose members are not known yet is waited for so long before it counts as a child's. */
const MEMBERS_LIMIT_MS = 10_000
const MEMBERS_POLL_MS = 100

export interface IntakePorts {
  readonly directory: Pick<Directory, 'current'>
  readonly roomState: RoomState
  readonly identity: Identity
  readonly facts: Pick<EdgeFacts, 'bindings' | 'read'>
  readonly outbox: Pick<Outbox, 'isOwn' | 'sourceOf' | 'ownThread'>
  readonly turns: TurnsInFlight
  readonly clock: Clock
}

/** One entry with everything that was read for its decision. */
export interface Considered {
  readonly entry: Folded
  readonly household: Household
  readonly binding: Binding | undefined
  readonly member: Member | undefined
  readonly decision: Decision
}

/** Reads what is known of a room and its people and decides about each entry of a batch, one after the other. */
export async function* considerBatch(
  ports: IntakePorts,
  roomId: RoomId,
  batch: readonly Received[],
  signal: AbortSignal,
): AsyncGenerator<Considered> {
  const household = ports.directory.current()
  const binding = await findBinding(roomId, household, ports.facts)
  if (binding !== undefined) await membersKnown(ports, roomId, signal)
  const { trust } = household
  const about = (incoming: Incoming): Omit<DecisionInput, keyof History> => {
    const view = ports.roomState.view(roomId)
    const member = binding && memberIn(household, binding.tenant, incoming.sender)
    const { userId, accounts } = ports.identity
    return { incoming, view, binding, member, trust, assistant: { userId, accounts, names: namesIn(household, binding, view, userId) } }
  }
  const mayEdit = (edit: Incoming): boolean => decide({ ...about(edit), ...NOTHING_KNOWN }).kind === 'apply-edit'
  for (const entry of foldBatch(batch, mayEdit)) {
    const incoming = entry.kind === 'message' ? entry.message : entry.incoming
    const facts = about(incoming)
    const known = await readHistory(ports, facts)
    yield { entry, household, binding, member: facts.member, decision: decide({ ...facts, ...known }) }
  }
}

/** What was said before, as far as a decision depends on it. */
type History = Pick<DecisionInput, 'hintGiven' | 'isReplyToAssistant' | 'isInAssistantThread' | 'request'>
const NOTHING_KNOWN: History = { hintGiven: false, isReplyToAssistant: false, isInAssistantThread: false, request: undefined }

/** The name of the hint a member gets once in a room. */
export function hintName(roomId: RoomId, member: Member): string {
  return `hint:${roomId}:${member.id}`
}

async function readHistory(ports: IntakePorts, facts: Omit<DecisionInput, keyof History>): Promise<History> {
  const { incoming, member, view, binding, assistant } = facts
  const request = binding?.kind === 'parents' && member !== undefined ? await requestAt(ports, incoming) : undefined
  // nobody needs to be told apart where there is one person, and strangers are not answered
  if (incoming.kind !== 'message' || binding === undefined || member === undefined || isAlone(view, assistant.accounts))
    return { ...NOTHING_KNOWN, request }
  const { replyTo, threadRoot, roomId } = incoming
  const isReplyToAssistant = replyTo !== undefined && (await ports.outbox.isOwn(replyTo))
  // the answer that makes a thread the assistant's may still be on its way
  const isBeingAnswered = ports.turns.inRoom(roomId).some((turn) => turn.message.threadRoot === threadRoot)
  const isInAssistantThread = threadRoot !== undefined && (isBeingAnswered || (await ports.outbox.ownThread(threadRoot)))
  return { isReplyToAssistant, isInAssistantThread, request, hintGiven: await wasSaid(ports, hintName(roomId, member)) }
}

/** The child's request that an event of the parents' room is about. */
async function requestAt({ outbox }: IntakePorts, incoming: Incoming): Promise<GuardianRequest | undefined> {
  const target =
    incoming.kind === 'reaction' ? incoming.target : incoming.kind === 'message' ? (incoming.replyTo ?? incoming.threadRoot) : undefined
  const source = target === undefined ? undefined : await outbox.sourceOf(target)
  if (source === undefined) return undefined
  const turn = askedTurn(source)
  if (turn !== undefined) return { kind: 'question', turn }
  const event = moreEvent(source)
  return event === undefined ? undefined : { kind: 'more', event }
}

/** What is known of a room once its members are, or when waiting for them any longer would hold people up. */
export async function membersKnown(
  { roomState, clock }: Pick<IntakePorts, 'roomState' | 'clock'>,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<RoomView> {
  const until = clock.now() + MEMBERS_LIMIT_MS
  while (!roomState.view(roomId).membersComplete && clock.now() < until && (await clock.wait(MEMBERS_POLL_MS, signal)));
  return roomState.view(roomId)
}
