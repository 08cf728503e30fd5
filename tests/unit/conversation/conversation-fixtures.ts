import type { Binding, Domain, Household, Member, Profile } from '../../../src/contracts/household.ts'
import type { EventId, MemberId, RoomId, TenantId, UserId } from '../../../src/contracts/ids.ts'
import type { IncomingEdit, IncomingMessage, IncomingReaction, IncomingRedaction } from '../../../src/contracts/incoming.ts'
import type { Membership, RoomMember, RoomView } from '../../../src/contracts/room-state.ts'

export const FAMILY = 'family' as TenantId
export const ROOM = '!room:home' as RoomId
export const CONTROL = '!control:home' as RoomId
export const PARENTS = '!parents:home' as RoomId
export const user = (name: string): UserId => `@${name}:home` as UserId
export const ASSISTANT = user('assistant')

export function member(name: string, change: Partial<Omit<Member, 'tenant'>> & { readonly tenant?: string } = {}): Member {
  const { tenant = FAMILY, ...rest } = change
  return {
    id: name as MemberId,
    userId: user(name),
    tenant: tenant as TenantId,
    name: name.charAt(0).toUpperCase() + name.slice(1),
    role: 'adult',
    guardianOf: [],
    birthYear: undefined,
    locale: 'en',
    timeZone: 'Europe/Berlin',
    ...rest,
  }
}

export function person(name: string, membership: Membership = 'join', since = 1): RoomMember {
  return { userId: user(name), membership, since, displayName: undefined }
}

/** A room as the edge knows it, with the assistant in it. */
export function view(people: readonly RoomMember[], change: Partial<RoomView> = {}): RoomView {
  const assistant: RoomMember = { userId: ASSISTANT, membership: 'join', since: 1, displayName: 'Assistant' }
  return { roomId: ROOM, encryption: 'encrypted', membersComplete: true, members: [assistant, ...people], ...change }
}

export function binding(change: Partial<Binding> = {}): Binding {
  return {
    roomId: ROOM,
    name: 'family',
    tenant: FAMILY,
    domain: 'family',
    profile: 'household',
    kind: 'chat',
    answers: undefined,
    boundAt: 0,
    ...change,
  }
}

const PROFILE: Profile = {
  id: 'household',
  name: 'Ada',
  tone: 'plain',
  language: undefined,
  readingAge: undefined,
  prompt: 'Be kind.',
  alias: undefined,
}
const DOMAIN: Domain = {
  id: 'family',
  name: 'Family',
  description: '',
  alias: 'smart',
  prompt: 'Help.',
  profile: 'household',
  maxTokens: 100,
}

export function buildHousehold(
  members: readonly Member[],
  rooms: readonly Binding[] = [binding()],
  change: Partial<Household> = {},
): Household {
  return {
    instanceName: 'home',
    trust: 'signed',
    tenants: new Map([FAMILY, 'studio' as TenantId].map((id) => [id, { id, name: id }])),
    members: new Map(members.map((one) => [one.userId, one])),
    rooms: new Map(rooms.map((one) => [one.roomId, one])),
    domains: new Map([[DOMAIN.id, DOMAIN]]),
    profiles: new Map([[PROFILE.id, PROFILE]]),
    prices: new Map([['smart', { inputNanoUsd: 10, outputNanoUsd: 100 }]]),
    minors: { providers: new Map(), acceptedBy: new Map(), models: new Map() },
    allowances: { members: new Map(), tenants: new Map() },
    pauses: { members: new Map(), rooms: new Map() },
    standIn: false,
    ...change,
  }
}

let counter = 0
const nextId = (): EventId => `$event-${(counter += 1)}` as EventId

export function message(text: string, change: Partial<IncomingMessage> = {}): IncomingMessage {
  return {
    kind: 'message',
    roomId: ROOM,
    eventId: nextId(),
    sender: user('robin'),
    sentAt: 1_000,
    content: 'text',
    text,
    threadRoot: undefined,
    replyTo: undefined,
    mentions: [],
    provenance: 'direct',
    ...change,
  }
}

export function edit(target: EventId, text: string, change: Partial<IncomingEdit> = {}): IncomingEdit {
  return {
    kind: 'edit',
    roomId: ROOM,
    eventId: nextId(),
    sender: user('robin'),
    sentAt: 1_001,
    target,
    text,
    provenance: 'direct',
    ...change,
  }
}

export function redaction(target: EventId): IncomingRedaction {
  return { kind: 'redaction', roomId: ROOM, eventId: nextId(), sender: user('robin'), sentAt: 1_002, target }
}

export function reaction(target: EventId, key: string, change: Partial<IncomingReaction> = {}): IncomingReaction {
  return { kind: 'reaction', roomId: ROOM, eventId: nextId(), sender: user('robin'), sentAt: 1_003, target, key, ...change }
}
