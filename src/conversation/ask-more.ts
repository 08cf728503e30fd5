import { allowanceOf, limitsOf, shareOf } from '../budgets/allowance.ts'
import { momentInWords } from '../budgets/periods.ts'
import type { AllowanceUnit, LimitUse } from '../contracts/allowance.ts'
import type { EdgeFacts, Inbox, NewOutboxRow, Outbox } from '../contracts/edge-store.ts'
import type { SentenceKey } from '../contracts/guardrails.ts'
import type { Binding, Household, Member } from '../contracts/household.ts'
import type { EventId, MemberId, RoomId } from '../contracts/ids.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import type { Clock } from './clock.ts'
import { type GuardianPorts, guardiansHere, isGuardianOf, patientRow } from './guardians.ts'
import { amountInWords } from './hold-back.ts'
import { type HouseReply, type HouseReplyPorts, houseRow } from './house-reply.ts'
import { memberTier } from './members.ts'
import { findBinding } from './rooms.ts'

/** Below this share of a limit there is enough left to go on. */
const ASKABLE_SHARE = 0.8
/** What a reaction gives, which carries no signature of a device: little enough to give it by mistake. */
const STEP: Readonly<Record<AllowanceUnit, (amount: number) => number>> = {
  messages: () => 10,
  minutes: () => 15,
  // a quarter of the allowance, at least a cent
  money: (amount) => Math.max(10_000_000, Math.ceil(amount / 4)),
}

export interface MorePorts extends GuardianPorts, HouseReplyPorts {
  readonly identity: HouseReplyPorts['identity']
  readonly inbox: Pick<Inbox, 'settle'>
  readonly outbox: Pick<Outbox, 'commitReply'>
  readonly facts: Pick<EdgeFacts, 'bindings' | 'read' | 'write'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly clock: Pick<Clock, 'now'>
}

/** What was asked for, kept until a guardian answers. */
interface MoreRequest {
  readonly member: MemberId
  readonly roomId: RoomId
  readonly threadRoot: EventId | undefined
  readonly unit: AllowanceUnit
  readonly amount: number
  readonly until: number
}

const SOURCE = /^more:(?<event>\$.+)$/u

/** The child's message that a message of the assistant's put to guardians, by its name in the outbox; undefined for all its other messages. */
export function moreEvent(source: string): EventId | undefined {
  return SOURCE.exec(source)?.groups?.['event'] as EventId | undefined
}

type Asking = Omit<HouseReply, 'markdown' | 'source'> & { readonly member: Member; readonly household: Household }

/** The member's command `more`: asks their guardians for a little more of what ran short, once a period. */
export async function askMore(ports: MorePorts, asking: Asking): Promise<void> {
  const { outbox, facts, sentences, clock } = ports
  const { member, message, settles, binding } = asking
  const say = (key: SentenceKey, values = {}): NewOutboxRow =>
    houseRow(ports, { ...asking, markdown: sentences.say(key, member.locale, values), source: message.eventId })
  const short = await shortOf(ports, asking)
  if (typeof short === 'string') return outbox.commitReply({ settles, rows: [say(short)], jobs: [] })
  const here = guardiansHere(ports, asking.household, member)
  if (here === undefined) return outbox.commitReply({ settles, rows: [say('more.nobody')], jobs: [] })
  const pending = `more-asked:${member.id}:${short.unit}:${String(short.until)}`
  const earlier = await facts.read(pending)
  if (earlier !== undefined && earlier !== message.eventId)
    return outbox.commitReply({ settles, rows: [say('more.asked-before')], jobs: [] })
  const amount = STEP[short.unit](short.amount)
  const request: MoreRequest = {
    member: member.id,
    roomId: binding.roomId,
    threadRoot: message.threadRoot,
    unit: short.unit,
    amount,
    until: short.until,
  }
  // before the row: a guardian may react as soon as it is sent
  await facts.write(`more:${message.eventId}`, JSON.stringify(request))
  await facts.write(pending, message.eventId)
  const { locale } = here
  const question = sentences.say('more.question', locale, {
    child: member.name,
    id: member.id,
    used: amountInWords(sentences, locale, short.unit, short.used),
    amount: amountInWords(sentences, locale, short.unit, amount),
    until: momentInWords(short.until, clock.now(), { timeZone: here.guardians[0]?.timeZone ?? member.timeZone, locale }),
  })
  await outbox.commitReply({
    settles,
    rows: [patientRow(here, `more:${message.eventId}`, { markdown: question, now: clock.now() }), say('more.asked')],
    jobs: [],
  })
}

/** The limit of their own that is shortest; or the sentence that says why there is nothing to ask for. */
async function shortOf({ tenants, clock }: MorePorts, { household, member, binding }: Asking): Promise<LimitUse | SentenceKey> {
  const now = clock.now()
  const tier = memberTier(member, now)
  if (allowanceOf(household, member, tier) === undefined) return 'more.unlimited'
  const limits = limitsOf(household, member, { tier, now }).filter((limit) => limit.member !== undefined)
  const uses = await tenants.open(binding.tenant).allowances.use(limits, undefined)
  const [shortest] = uses.toSorted((one, other) => shareOf(other) - shareOf(one))
  if (shortest === undefined) return 'more.unlimited'
  return shareOf(shortest) < ASKABLE_SHARE ? 'more.plenty' : shortest
}

/** A guardian's reaction. */
export interface MoreWord {
  /** The child's message that asked. */
  readonly event: EventId
  /** What the reaction points at: there the confirmation goes. */
  readonly at: HouseReply['message']
  readonly eventId: EventId
  readonly settles: readonly EventId[]
  readonly binding: Binding
  readonly member: Member
  readonly household: Household
}

/** Gives what was asked for, once, if this is a guardian of the child and the period still lasts; both are told. Audited. */
export async function grantMore(ports: MorePorts, word: MoreWord): Promise<void> {
  const { facts, tenants, inbox, outbox, clock } = ports
  const { event, member: guardian, binding, settles, household, eventId } = word
  const kept = await facts.read(`more:${event}`)
  const request = kept === undefined ? undefined : (JSON.parse(kept) as MoreRequest)
  const child = request && [...household.members.values()].find(({ id }) => id === request.member)
  if (request === undefined || child === undefined || !isGuardianOf(guardian, child)) return inbox.settle(settles, 'not-a-guardian')
  const now = clock.now()
  const { unit, amount, until } = request
  const tell = (key: SentenceKey): NewOutboxRow => toGuardian(ports, word, { key, child, unit, amount })
  if (now >= until) return outbox.commitReply({ settles, rows: [tell('more.over')], jobs: [] })
  const { allowances, audit } = tenants.open(binding.tenant)
  const grant = { cause: `more:${event}`, event: eventId, member: child.id, unit, amount, from: now, until, grantedBy: guardian.id }
  if (!(await allowances.grant(grant))) return outbox.commitReply({ settles, rows: [tell('more.given-before')], jobs: [] })
  await audit.append({
    at: now,
    actor: guardian.id,
    action: 'allowance.granted',
    subject: child.id,
    detail: { unit, amount, until },
    cause: eventId,
  })
  const place = await findBinding(request.roomId, household, facts)
  const rows = place === undefined ? [tell('more.given')] : [tell('more.given'), toChild(ports, { request, child, place, event })]
  await outbox.commitReply({ settles, rows, jobs: [] })
}

function toChild(
  ports: MorePorts,
  {
    request,
    child,
    place,
    event,
  }: { readonly request: MoreRequest; readonly child: Member; readonly place: Binding; readonly event: EventId },
): NewOutboxRow {
  const amount = amountInWords(ports.sentences, child.locale, request.unit, request.amount)
  return houseRow(ports, {
    message: { eventId: event, sender: child.userId, threadRoot: request.threadRoot },
    binding: place,
    markdown: ports.sentences.say('more.child-given', child.locale, { amount }),
    settles: [],
    source: `more:${event}:given`,
    draft: undefined,
  })
}

/** Each guardian is told once for each request and sentence: a reaction is toggled easily. */
function toGuardian(
  ports: MorePorts,
  { at, binding, member, event }: MoreWord,
  {
    key,
    child,
    unit,
    amount,
  }: { readonly key: SentenceKey; readonly child: Member; readonly unit: AllowanceUnit; readonly amount: number },
): NewOutboxRow {
  const markdown = ports.sentences.say(key, member.locale, {
    child: child.name,
    amount: amountInWords(ports.sentences, member.locale, unit, amount),
  })
  return houseRow(ports, { message: at, binding, markdown, settles: [], source: `more:${event}:${key}:${member.id}`, draft: undefined })
}
