import type { ChatModel } from '../contracts/chat-model.ts'
import type { ControlRoom } from '../contracts/control-room.ts'
import type { Conversation, Received } from '../contracts/conversation.ts'
import type { EdgeFacts, Inbox, Outbox } from '../contracts/edge-store.ts'
import type { Guardrails } from '../contracts/guardrails.ts'
import type { Directory } from '../contracts/household.ts'
import type { EventId, RoomId } from '../contracts/ids.ts'
import type { Metrics } from '../contracts/metrics.ts'
import type { CrashPoints, Log, Sentences } from '../contracts/platform.ts'
import type { RailRules } from '../contracts/rails.ts'
import type { RoomSender } from '../contracts/room-sender.ts'
import type { Readers, RoomState } from '../contracts/room-state.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { answer } from './answer.ts'
import { describeError } from './apologise.ts'
import type { Beside } from './carry-out-change.ts'
import { carryOut } from './carry-out.ts'
import type { Clock } from './clock.ts'
import { closeTurn } from './close-turn.ts'
import type { CommandPorts } from './command-sentences.ts'
import type { Identity } from './identity.ts'
import { considerBatch, membersKnown } from './intake.ts'
import { createJobs, type Jobs } from './jobs.ts'
import { createLanes } from './lane.ts'
import { sayToControl, sayToParents, sayUndecryptable, sayUnsignedDevice } from './notices.ts'
import { boundRooms, promiseRoom } from './room-promise.ts'
import { directBinding, findBinding } from './rooms.ts'
import { startTopic } from './start-topic.ts'
import type { Turn } from './turn.ts'
import { createTurnsInFlight, dropOldest, type TurnsInFlight } from './turns-in-flight.ts'

/** Turns that run at once, whatever their rooms: enough for a household, few enough for one process. */
const MAX_CONCURRENT_TURNS = 32
/** Deliveries that are known, so that one which crosses its own settling is not answered anew. */
const KNOWN_DELIVERIES = 10_000
/** How long aborted turns may take to close their ledger rows. */
const ABORT_GRACE_MS = 2_000

/** Everything the conversation needs from outside; each of its parts asks for less. */
export interface ConversationPorts {
  readonly directory: Pick<Directory, 'current'>
  readonly identity: Identity
  readonly roomState: RoomState
  readonly readers: Readers
  readonly inbox: Pick<Inbox, 'settle' | 'noticed' | 'beginDraft' | 'draftSent'>
  readonly outbox: Pick<Outbox, 'commitReply' | 'isOwn' | 'sourceOf' | 'ownThread' | 'jobs' | 'jobDone' | 'jobFailed'>
  readonly facts: Pick<EdgeFacts, 'read' | 'write' | 'bindings' | 'bind'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly sender: RoomSender
  readonly model: Pick<ChatModel, 'stream'>
  readonly guardrails: Guardrails
  readonly controlRoom: ControlRoom
  readonly metrics: Metrics
  readonly rules: Pick<RailRules, 'current'>
  readonly sentences: Sentences
  readonly readersOf: CommandPorts['readersOf']
  readonly log: Log
  readonly crashPoints: CrashPoints
  readonly clock: Clock
}

type Parts = ConversationPorts & { readonly jobs: Jobs; readonly turns: TurnsInFlight; readonly beside: Beside }

/** The story of every message, from the committed inbox to the committed reply. */
export function createConversation(ports: ConversationPorts): Conversation {
  const closing = new AbortController()
  const intakes = createLanes(Number.POSITIVE_INFINITY)
  const lanes = createLanes(MAX_CONCURRENT_TURNS)
  const besides = createLanes(Number.POSITIVE_INFINITY)
  const isNew = createKnownDeliveries()
  const parts = connectParts(ports, (roomId, work) => besides.enter(roomId, () => guard(ports, 'beside-failed', work)))
  const send = (): void => void guard(ports, 'send-failed', () => ports.sender.flush().then(() => parts.jobs.run()))
  const promise = (roomId: RoomId): Promise<void> =>
    guard(ports, 'promise-failed', () => promiseRoom(ports, roomId).then((isSaid) => (isSaid ? send() : undefined)))

  const runTurn = async (turn: Turn): Promise<void> => {
    // what has not started is left to the next process
    if (!closing.signal.aborted) {
      turn.start()
      ports.crashPoints.reach('turn.started')
      await guard(ports, 'turn-lost', () => (turn.purpose === 'answer' ? answerAndClose(parts, turn) : startTopic(parts, turn)))
      send()
    }
    parts.turns.remove(turn)
    turn.finish()
  }
  const takeIn = async (roomId: RoomId, batch: readonly Received[]): Promise<void> => {
    let isPromised = false
    for await (const considered of considerBatch(parts, roomId, batch, closing.signal)) {
      if (closing.signal.aborted) return
      // who has come since the last time must know before the first answer
      if (!isPromised) await promise(roomId)
      isPromised = true
      await guard(ports, 'entry-failed', async () => {
        const turn = await carryOut(parts, considered)
        if (turn !== undefined) parts.turns.add(turn)
        // what a guardian allowed is answered in the child's room
        if (turn !== undefined) lanes.enter(turn.message.roomId, () => runTurn(turn))
        if (
          considered.decision.kind === 'guardian-answer' ||
          considered.decision.kind === 'grant-more' ||
          (turn === undefined && considered.decision.kind !== 'ignore')
        )
          send()
      })
    }
  }

  return {
    receive(batch) {
      const fresh = closing.signal.aborted ? [] : batch.filter(({ incoming }) => isNew(incoming.eventId))
      for (const [roomId, entries] of Map.groupBy(fresh, ({ incoming }) => incoming.roomId)) {
        intakes.enter(roomId, () => guard(ports, 'intake-failed', () => takeIn(roomId, entries)))
      }
      return Promise.resolve()
    },
    async invited(invitation) {
      const { roomId } = invitation
      const isAccepted = await acceptInvitation(ports, invitation)
      if (isAccepted) parts.beside(roomId, () => membersKnown(ports, roomId, closing.signal).then(() => promise(roomId)))
      return isAccepted
    },
    promiseRooms: () => promiseRooms(ports, promise, closing.signal),
    ...speakToRooms(ports, send),
    async drain(timeoutMs) {
      closing.abort()
      const idle = Promise.all([intakes, lanes, besides].map((queue) => queue.idle())).then(() => true)
      if (await Promise.race([idle, ports.clock.wait(timeoutMs).then(() => false)])) return
      for (const turn of parts.turns.all()) turn.cancel('shutdown')
      await Promise.race([idle, ports.clock.wait(ABORT_GRACE_MS)])
    },
  }
}

async function promiseRooms(ports: ConversationPorts, promise: (roomId: RoomId) => Promise<void>, signal: AbortSignal): Promise<void> {
  const rooms = await boundRooms(ports)
  // who reads the parents' room decides what the others are promised
  await Promise.all(rooms.map((roomId) => membersKnown(ports, roomId, signal)))
  if (!signal.aborted) await Promise.all(rooms.map(promise))
}

/** What the edge has to say to people. */
function speakToRooms(
  ports: ConversationPorts,
  send: () => void,
): Pick<Conversation, 'undecryptable' | 'unsignedDevice' | 'tellControl' | 'tellParents'> {
  const then = async (said: Promise<void>): Promise<void> => {
    await said
    send()
  }
  return {
    undecryptable: (roomId, session, eventIds) => then(sayUndecryptable(ports, roomId, session, eventIds)),
    unsignedDevice: (userId, deviceId) => then(sayUnsignedDevice(ports, userId, deviceId)),
    tellControl: (source, sentence, values) => then(sayToControl(ports, source, sentence, values)),
    tellParents: (tenant, source, markdown) => then(sayToParents(ports, tenant, source, markdown)),
  }
}

function connectParts(ports: ConversationPorts, beside: Beside): Parts {
  return { ...ports, jobs: createJobs(ports), turns: createTurnsInFlight(), beside }
}

/** Steps 6 to 12 in the lane; the trace is written when the room's next turn may have begun. */
async function answerAndClose(parts: Parts, turn: Turn): Promise<void> {
  const ended = await answer(parts, turn)
  if (ended !== undefined) parts.beside(turn.message.roomId, () => closeTurn(parts, turn, ended))
}

/**
 * Members' invitations are accepted; their direct rooms bind themselves, any other room says that nobody bound it. The person outside
 * the household may invite into the one room that the configuration has for them.
 */
async function acceptInvitation(
  { directory, facts }: Pick<ConversationPorts, 'directory' | 'facts'>,
  { roomId, inviter, direct, at }: Parameters<Conversation['invited']>[0],
): Promise<boolean> {
  const household = directory.current()
  const member = household.members.get(inviter)
  if (member === undefined) return household.rooms.get(roomId)?.kind === 'trusted'
  const binding =
    direct && (await findBinding(roomId, household, facts)) === undefined ? directBinding(household, member, roomId, at) : undefined
  if (binding !== undefined) await facts.bind(binding)
  return true
}

/** What falls through here left its inbox entry unsettled, so that the next process takes it up. */
async function guard({ log }: Pick<ConversationPorts, 'log'>, event: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    log.error(event, describeError(error))
  }
}

function createKnownDeliveries(): (eventId: EventId) => boolean {
  const known = new Set<EventId>()
  return (eventId) => {
    if (known.has(eventId)) return false
    known.add(eventId)
    if (known.size > KNOWN_DELIVERIES) dropOldest(known)
    return true
  }
}
