import type { Binding, Household, Member } from '../contracts/household.ts'
import type { GuardianRequest, OrderPlace, RefusedOrder } from '../contracts/control-room.ts'
import type { SentenceKey } from '../contracts/guardrails.ts'
import type { EventId, TurnId, UserId } from '../contracts/ids.ts'
import type { DropReason, Incoming, IncomingEdit, IncomingMessage, IncomingReaction } from '../contracts/incoming.ts'
import type { RoomView } from '../contracts/room-state.ts'
import { readSalutation, type Salutation } from './addressing.ts'
import {
  type CommandName,
  type GuardianAnswer,
  hasCommandPrefix,
  isOrderWord,
  isStopReaction,
  readCommand,
  readGuardianAnswer,
  readGuardianReaction,
  readOrder,
} from './commands.ts'
import { effectiveAnswers, isAlone } from './rooms.ts'

export interface DecisionInput {
  readonly incoming: Incoming
  readonly view: RoomView
  readonly binding: Binding | undefined
  /** The sender, as far as the room's tenant knows them. */
  readonly member: Member | undefined
  readonly trust: Household['trust']
  readonly assistant: { readonly userId: UserId; readonly accounts: readonly UserId[]; readonly names: readonly string[] }
  /** The message replies to one of the assistant's. */
  readonly isReplyToAssistant: boolean
  /** The message stands in a thread in which the assistant has spoken, or that hangs on one of its messages. */
  readonly isInAssistantThread: boolean
  /** In a parents' room: the request of a child that the message replies to or the reaction points at. */
  readonly request: GuardianRequest | undefined
  /** This member has had the hint in this room. */
  readonly hintGiven: boolean
}

export type Decision =
  | { readonly kind: 'ignore'; readonly reason: DropReason }
  /** The room belongs to nobody: one sentence there and one question in Control. */
  | { readonly kind: 'unbound' }
  /** How to address the assistant: once per member and room. */
  | { readonly kind: 'hint' }
  /** A sentence instead of an answer; `oncePerRoom` sentences are not repeated. */
  | { readonly kind: 'refuse'; readonly sentence: SentenceKey; readonly oncePerRoom: boolean }
  | { readonly kind: 'command'; readonly name: Exclude<CommandName, 'stop'> }
  | { readonly kind: 'stop' }
  /** Somebody in the parents' room answers a child's question; whether they may is not decided here. */
  | { readonly kind: 'guardian-answer'; readonly question: TurnId; readonly answer: GuardianAnswer }
  /** Somebody in the parents' room gives a child more; whether they may is not decided here. */
  | { readonly kind: 'grant-more'; readonly event: EventId }
  /** For the control room. `text` without the `!`. */
  | { readonly kind: 'order'; readonly place: OrderPlace; readonly text: string }
  | { readonly kind: 'refuse-order'; readonly why: RefusedOrder['why'] }
  /** For the model; `text` without the salutation. */
  | { readonly kind: 'chat'; readonly text: string }
  | { readonly kind: 'apply-edit'; readonly target: EventId; readonly text: string }
  | { readonly kind: 'cancel'; readonly target: EventId }

const ignore = (reason: DropReason): Decision => ({ kind: 'ignore', reason })

/** What becomes of one event. Pure: the same input gives the same decision, and no text of people decides about rights. */
export function decide(input: DecisionInput): Decision {
  const { incoming, binding, member } = input
  if (input.assistant.accounts.includes(incoming.sender)) return ignore('own')
  // whoever was allowed to redact was judged by the homeserver; a taken-back message is let go in every room
  if (incoming.kind === 'redaction') return { kind: 'cancel', target: incoming.target }
  const distrusted = distrust(input)
  if (distrusted !== undefined) return ignore(distrusted)
  if (binding === undefined) return incoming.kind === 'message' ? { kind: 'unbound' } : ignore('unbound-room')
  if (incoming.sentAt < binding.boundAt) return ignore('older-than-binding')
  // strangers make a room a child's room, and are not answered themselves: nobody has said who they are
  if (member === undefined) return ignore('unknown-sender')
  switch (incoming.kind) {
    case 'reaction':
      return decideReaction(input, incoming)
    case 'edit':
      return decideEdit(binding, incoming)
    case 'message':
      return decideMessage(input, incoming, binding)
  }
}

/** Why the way an event came disqualifies it. Reactions and redactions are never encrypted in Matrix. */
function distrust({ incoming, view, trust }: DecisionInput): DropReason | undefined {
  if (incoming.kind === 'reaction' || incoming.kind === 'redaction') return undefined
  if (incoming.provenance === 'plain') return view.encryption === 'plain' ? undefined : 'plain-in-encrypted-room'
  return incoming.provenance === 'unsigned' && trust === 'signed' ? 'unsigned-device' : undefined
}

/** What was said otherwise becomes no order afterwards: people have seen something else. */
function decideEdit({ kind }: Binding, { target, text }: IncomingEdit): Decision {
  const isOrder = (kind === 'control' || kind === 'parents') && readOrder(text) !== undefined
  return isOrder ? { kind: 'refuse-order', why: 'edited' } : { kind: 'apply-edit', target, text }
}

function decideReaction({ request, binding }: DecisionInput, { key }: IncomingReaction): Decision {
  if (isStopReaction(key)) return { kind: 'stop' }
  const answer = binding?.kind === 'parents' ? readGuardianReaction(key) : undefined
  if (request === undefined || answer === undefined) return ignore('no-effect')
  if (request.kind === 'question') return { kind: 'guardian-answer', question: request.turn, answer }
  return answer === 'once' ? { kind: 'grant-more', event: request.event } : ignore('no-effect')
}

function decideMessage(input: DecisionInput, message: IncomingMessage, binding: Binding): Decision {
  const { view, assistant } = input
  const answers = effectiveAnswers(binding, view, assistant.accounts)
  const { isAddressed, text } = readAddress(input, message)
  const allowed = decideGuardianAnswer(input, message, text)
  if (allowed !== undefined) return allowed
  const ordered = decideOrder(input, { ...message, text }, binding)
  if (ordered !== undefined) return ordered
  const isForAssistant = isAddressed || answers === 'all' || isAlone(view, assistant.accounts)
  const command = message.content === 'text' ? readCommand(text) : undefined
  const mayCommand = isForAssistant || (binding.kind === 'control' && hasCommandPrefix(text))
  if (command !== undefined && mayCommand) return command === 'stop' ? { kind: 'stop' } : { kind: 'command', name: command }
  if (answers === 'never') return ignore('never-answers')
  return isForAssistant ? decideForAssistant(input, message, text) : hintOrNothing(input, message)
}

/**
 * Owners order in Control, guardians in the parents' room, and both only with a key that came directly from their own signed device.
 * A word that is an order is refused everywhere else, before anybody reads whether what it names exists.
 */
function decideOrder({ member }: DecisionInput, message: IncomingMessage, binding: Binding): Decision | undefined {
  const order = message.content === 'text' ? readOrder(message.text) : undefined
  const personal = readCommand(message.text)
  // what every member may ask of the assistant stays theirs, wherever they are
  if (order === undefined || member === undefined || (personal !== undefined && personal !== 'help')) return undefined
  const refuse = (why: RefusedOrder['why']): Decision => ({ kind: 'refuse-order', why })
  switch (binding.kind) {
    case 'control':
      if (member.role !== 'owner') return personal === undefined ? refuse('no-owner') : undefined
      return distrustOrder(message) ?? { kind: 'order', place: 'control', text: order }
    case 'parents':
      if (member.guardianOf.length === 0) return isOrderWord(order) ? refuse('no-owner') : undefined
      return distrustOrder(message) ?? { kind: 'order', place: 'parents', text: order }
    case 'chat':
    case 'trusted':
      return hasCommandPrefix(message.text) && isOrderWord(order) ? refuse('not-here') : undefined
  }
}

function distrustOrder({ provenance, isEdited }: IncomingMessage): Decision | undefined {
  if (isEdited === true) return { kind: 'refuse-order', why: 'edited' }
  return provenance === 'direct' ? undefined : { kind: 'refuse-order', why: 'not-direct' }
}

/** What loosens needs a message whose key came directly from the guardian's own signed device. */
function decideGuardianAnswer({ request, binding }: DecisionInput, message: IncomingMessage, text: string): Decision | undefined {
  const isReply = request?.kind === 'question' && binding?.kind === 'parents' && message.content === 'text'
  const answer = isReply ? readGuardianAnswer(text) : undefined
  if (!isReply || answer === undefined) return undefined
  return message.provenance === 'direct' ? { kind: 'guardian-answer', question: request.turn, answer } : ignore('no-effect')
}

function readAddress(input: DecisionInput, message: IncomingMessage): Salutation {
  const isMentioned = message.mentions.includes(input.assistant.userId)
  const salutation = readSalutation(message.text, input.assistant, isMentioned)
  const isAddressed = isMentioned || salutation.isAddressed || input.isReplyToAssistant || input.isInAssistantThread
  return { isAddressed, text: salutation.text }
}

function decideForAssistant({ view }: DecisionInput, message: IncomingMessage, text: string): Decision {
  if (view.encryption === 'plain') return { kind: 'refuse', sentence: 'room.unencrypted', oncePerRoom: true }
  if (message.content === 'media') return { kind: 'refuse', sentence: 'media.unsupported', oncePerRoom: false }
  // a bare "@assistant" asks what it can do
  return text === '' ? { kind: 'command', name: 'help' } : { kind: 'chat', text }
}

function hintOrNothing({ hintGiven, view }: DecisionInput, message: IncomingMessage): Decision {
  const deservesHint = !hintGiven && view.encryption !== 'plain' && message.content === 'text'
  return deservesHint ? { kind: 'hint' } : ignore('not-addressed')
}
