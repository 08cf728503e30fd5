import { createHash } from 'node:crypto'
import type { EdgeFacts, Outbox } from '../contracts/edge-store.ts'
import type { SentenceKey } from '../contracts/guardrails.ts'
import type { Binding, Directory, Household, Member } from '../contracts/household.ts'
import type { RoomId } from '../contracts/ids.ts'
import type { GuardianPolicy, RailRules } from '../contracts/rails.ts'
import type { Readers, RoomView } from '../contracts/room-state.ts'
import { guardiansToAsk } from './ask-parent.ts'
import type { Clock } from './clock.ts'
import { aliasOf, type CommandPorts, judgeSentence } from './command-sentences.ts'
import { alertLevel, type GuardianPorts } from './guardians.ts'
import { profileOf } from './identity.ts'
import { humansIn, memberIn, memberTier, roomTier } from './members.ts'
import { findBinding, roomOfKind, sharedLocale } from './rooms.ts'
import { turnIdOf } from './turn-id.ts'

export interface PromisePorts extends GuardianPorts {
  readonly directory: Pick<Directory, 'current'>
  readonly facts: Pick<EdgeFacts, 'bindings' | 'read' | 'write'>
  readonly outbox: Pick<Outbox, 'commitReply'>
  readonly rules: Pick<RailRules, 'current'>
  readonly readers: Pick<Readers, 'canRead'>
  readonly readersOf: CommandPorts['readersOf']
  readonly clock: Pick<Clock, 'now'>
}

/** From what tells least to what tells most. */
const LEVELS: readonly GuardianPolicy['alerts'][] = ['none', 'category', 'excerpt', 'text']
const TOLD: Readonly<Record<GuardianPolicy['alerts'], SentenceKey>> = {
  none: 'promise.told-none',
  category: 'promise.told-category',
  excerpt: 'promise.told-excerpt',
  text: 'promise.told-text',
}

/** All rooms there are, configured or bound by themselves. */
export async function boundRooms({ directory, facts }: Pick<PromisePorts, 'directory' | 'facts'>): Promise<readonly RoomId[]> {
  const bound = await facts.bindings()
  return [...new Set([...directory.current().rooms.keys(), ...bound.map(({ roomId }) => roomId)])]
}

/**
 * Says in a chat room with a child or teen in it who sees what, to be pinned there: once, and again whenever that has changed or one
 * of them comes who could not read it. True if it had to be said. Nothing is said while it is not known who is in the room or whether
 * it is encrypted, or while none of them has a device: nobody could ever decrypt it.
 */
export async function promiseRoom(ports: PromisePorts, roomId: RoomId): Promise<boolean> {
  const { directory, roomState, facts, outbox } = ports
  const household = directory.current()
  const binding = await findBinding(roomId, household, facts)
  const view = roomState.view(roomId)
  if (binding?.kind !== 'chat' || view.encryption !== 'encrypted' || !view.membersComplete) return false
  const minors = minorsIn(ports, household, binding, view)
  if (minors.length === 0) return false
  const markdown = promiseOf(ports, household, binding, { view, minors })
  const fingerprint = createHash('sha256').update(markdown).digest('hex').slice(0, 16)
  const name = `promise:${roomId}`
  const [said, last, told = ''] = ((await facts.read(name)) ?? '0').split(':')
  const before = last === fingerprint ? told.split(',') : []
  const newcomers = minors.filter(({ id }) => !before.includes(id))
  const reached = await Promise.all(newcomers.map(async ({ id, userId }) => ((await ports.readers.canRead(userId)) ? [id] : [])))
  if (reached.flat().length === 0) return false
  // counted, since the outbox says nothing twice, and what was promised before last may be true again
  const number = Number(said) + 1
  const source = `${name}:${number}:${fingerprint}`
  const content = {
    kind: 'answer',
    markdown,
    replyTo: undefined,
    threadRoot: undefined,
    mentions: [],
    draft: undefined,
    pin: true,
  } as const
  const row = { roomId, tenant: binding.tenant, source, turn: turnIdOf(source), content }
  await outbox.commitReply({ settles: [], rows: [row], jobs: [] })
  await facts.write(name, `${number}:${fingerprint}:${[...before, ...reached.flat()].filter(Boolean).join(',')}`)
  return true
}

/** The children and teens of the household in a room. */
function minorsIn({ identity, clock }: PromisePorts, household: Household, { tenant }: Binding, view: RoomView): readonly Member[] {
  return humansIn(view, identity.accounts)
    .map((person) => memberIn(household, tenant, person.userId))
    .filter((member): member is Member => member !== undefined && memberTier(member, clock.now()) !== 'adult')
}

/** The sentence for a room as it is now. */
function promiseOf(
  ports: PromisePorts,
  household: Household,
  binding: Binding,
  { view, minors }: { readonly view: RoomView; readonly minors: readonly Member[] },
): string {
  const { sentences, readersOf, identity } = ports
  const people = humansIn(view, identity.accounts)
  const locale = sharedLocale(minors.map((minor) => minor.locale))
  const { model, provider } = readersOf(aliasOf(household, binding))
  const judge = judgeSentence(ports, household, binding, locale)
  const policies = policiesOf(ports, household, binding, minors)
  const isTrusted =
    policies.some(({ harmAtHome }) => harmAtHome === 'trusted') && roomOfKind(household, binding.tenant, 'trusted') !== undefined
  const level = levelOf(ports, household, minors, policies)
  return [
    sentences.say('promise.begin', locale, { assistant: profileOf(household, binding).name }),
    '',
    provider === undefined
      ? sentences.say('promise.model-local', locale, { model })
      : sentences.say('promise.model-provider', locale, { model, provider }),
    ...(judge === undefined ? [] : [judge]),
    sentences.say(people.length === 1 ? 'promise.room-alone' : 'promise.room-shared', locale),
    sentences.say(TOLD[level], locale),
    ...(hasGuardian(household, minors) ? [sentences.say('promise.week', locale)] : []),
    sentences.say(isTrusted ? 'promise.home-trusted' : 'promise.home-nobody', locale),
    sentences.say(mayAsk(ports, household, minors) ? 'promise.end' : 'promise.end-alone', locale),
  ].join('\n')
}

/** Somebody may look at the numbers of one of them. */
function hasGuardian({ members }: Household, minors: readonly Member[]): boolean {
  return [...members.values()].some(({ guardianOf }) => minors.some(({ id }) => guardianOf.includes(id)))
}

function policiesOf(
  { rules, identity, roomState, clock }: PromisePorts,
  household: Household,
  binding: Binding,
  minors: readonly Member[],
): readonly GuardianPolicy[] {
  const { tenant, name, roomId } = binding
  const view = roomState.view(roomId)
  const tier = roomTier({ household, tenant, view, ownAccounts: identity.accounts, now: clock.now() })
  return minors.map((member) => rules.current().policyOf({ tier, tenant, room: name, member: member.id }).guardians)
}

/** What guardians are told at most. Until it is known who reads the parents' room, what the policy says counts. */
function levelOf(
  ports: PromisePorts,
  household: Household,
  minors: readonly Member[],
  policies: readonly GuardianPolicy[],
): GuardianPolicy['alerts'] {
  const now = ports.clock.now()
  const levels = minors.flatMap((member, place) => {
    const policy = policies[place]
    const parents = roomOfKind(household, member.tenant, 'parents')
    if (policy === undefined || parents === undefined) return []
    const isKnown = ports.roomState.view(parents.roomId).membersComplete
    return [isKnown ? alertLevel(ports, { household, member, policy, now }) : policy.alerts]
  })
  return LEVELS.findLast((level) => levels.includes(level)) ?? 'none'
}

/** Whether somebody is there for the children to ask; until it is known who reads the parents' room, that there is one. */
function mayAsk(ports: PromisePorts, household: Household, minors: readonly Member[]): boolean {
  const now = ports.clock.now()
  return minors.some((member) => {
    const parents = roomOfKind(household, member.tenant, 'parents')
    if (parents === undefined) return false
    return !ports.roomState.view(parents.roomId).membersComplete || guardiansToAsk(ports, { household, member, now }) !== undefined
  })
}
