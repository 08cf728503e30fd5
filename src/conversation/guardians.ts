import type { NewOutboxRow } from '../contracts/edge-store.ts'
import type { RailIncident, SentenceKey } from '../contracts/guardrails.ts'
import type { Binding, Household, Locale, Member } from '../contracts/household.ts'
import type { Severity } from '../contracts/incidents.ts'
import type { EventId } from '../contracts/ids.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { GuardianPolicy, KidCategory, Rail } from '../contracts/rails.ts'
import type { RoomState, RoomView } from '../contracts/room-state.ts'
import type { Identity } from './identity.ts'
import { humansIn, isQuiet, memberIn, memberTier, roomTier } from './members.ts'
import { roomOfKind, sharedLocale } from './rooms.ts'
import { turnIdOf } from './turn-id.ts'

export interface GuardianPorts {
  readonly roomState: RoomState
  readonly identity: Pick<Identity, 'accounts'>
  readonly sentences: Sentences
}

/** A child's or teen's message that was refused, or answered with care. */
export interface StoppedMessage {
  readonly household: Household
  readonly member: Member
  readonly eventId: EventId
  readonly incident: RailIncident
  /** How often this category came up with this member in the last seven days, this time included. */
  readonly count: number
  readonly text: string
  readonly policy: GuardianPolicy
  readonly now: number
}

/** How much of a message an excerpt shows, in characters as people count them. */
const EXCERPT_LENGTH = 80
/** No 80 characters are longer, in UTF-16 units. */
const EXCERPT_UNITS = 2_000
const SEVERITIES: Readonly<Record<Severity, SentenceKey>> = {
  low: 'guardians.low',
  medium: 'guardians.medium',
  high: 'guardians.high',
}
/** What is not named after a category of kid safety is named after its rail. */
const CATEGORIES: Readonly<Record<KidCategory | Exclude<Rail, 'kid-safety'>, SentenceKey>> = {
  violence: 'guardians.violence',
  weapons: 'guardians.weapons',
  sexual: 'guardians.sexual',
  drugs: 'guardians.drugs',
  'self-harm': 'guardians.self-harm',
  'hate-bullying': 'guardians.hate-bullying',
  grooming: 'guardians.grooming',
  illegal: 'guardians.illegal',
  'dangerous-challenge': 'guardians.dangerous-challenge',
  'adult-content': 'guardians.adult-content',
  dieting: 'guardians.dieting',
  manipulation: 'guardians.manipulation',
  'harm-at-home': 'guardians.harm-at-home',
  injection: 'guardians.injection',
  toxicity: 'guardians.toxicity',
  pii: 'guardians.pii',
  secrets: 'guardians.secrets',
}

/**
 * What the guardians of a child or teen are told of a stopped message: a row for the parents' room as far as the policy says, or
 * none. Harm at home never goes to a room of the household, whatever the policy says; only to the trusted person outside.
 */
export function guardianRows(ports: GuardianPorts, stopped: StoppedMessage): readonly NewOutboxRow[] {
  const { household, member, incident, policy, now } = stopped
  if (memberTier(member, now) === 'adult') return []
  if (incident.category === 'harm-at-home') return policy.harmAtHome === 'trusted' ? trustedRows(ports, stopped) : []
  const level = alertLevel(ports, { household, member, policy, now })
  const here = level === 'none' ? undefined : guardiansHere(ports, household, member)
  if (here === undefined) return []
  const { sentences } = ports
  const { locale } = here
  const key = incident.action === 'care' ? 'guardians.alert-care' : 'guardians.alert-refuse'
  const about = sentences.say(key, locale, { child: member.name, ...inWords(sentences, locale, incident), count: stopped.count })
  const words = quoted(ports, locale, level, stopped.text)
  return [alertRow(here, `guardians:${stopped.eventId}`, words === undefined ? about : `${about}\n\n${words}`)]
}

/** Where guardians of a member are told and asked. */
export interface GuardiansHere {
  readonly binding: Binding
  readonly view: RoomView
  /** The member's guardians who have joined. */
  readonly guardians: readonly Member[]
  /** The language all of them share, else English. */
  readonly locale: Locale
}

/** The parents' room of a member's household, with the guardians of this member in it; undefined if none of them would read it. */
export function guardiansHere(
  { roomState }: Pick<GuardianPorts, 'roomState'>,
  household: Household,
  member: Member,
): GuardiansHere | undefined {
  const binding = roomOfKind(household, member.tenant, 'parents')
  if (binding === undefined) return undefined
  const view = roomState.view(binding.roomId)
  const guardians = view.members
    .filter((person) => person.membership === 'join')
    .map((person) => memberIn(household, binding.tenant, person.userId))
    .filter((found): found is Member => found !== undefined && isGuardianOf(found, member))
  if (guardians.length === 0 || view.encryption === 'plain') return undefined
  return { binding, view, guardians, locale: sharedLocale(guardians.map((guardian) => guardian.locale)) }
}

/** True for the people the configuration names as guardians of this member. */
export function isGuardianOf(guardian: Member, member: Member): boolean {
  return guardian.guardianOf.includes(member.id)
}

/**
 * What guardians really learn of a stopped message: what the policy says, nothing where none of them would read it, and no words
 * where somebody who is no grown-up of the household reads the parents' room too.
 */
export function alertLevel(
  ports: Pick<GuardianPorts, 'roomState' | 'identity'>,
  { household, member, policy, now }: Pick<StoppedMessage, 'household' | 'member' | 'policy' | 'now'>,
): GuardianPolicy['alerts'] {
  const here = policy.alerts === 'none' ? undefined : guardiansHere(ports, household, member)
  if (here === undefined) return 'none'
  return isAmongGrownUps(ports, household, here, now) ? policy.alerts : 'category'
}

/** True if nobody but grown-ups of the household reads the parents' room. */
export function isAmongGrownUps(
  { identity }: Pick<GuardianPorts, 'identity'>,
  household: Household,
  { binding, view }: GuardiansHere,
  now: number,
): boolean {
  return roomTier({ household, tenant: binding.tenant, view, ownAccounts: identity.accounts, now }) === 'adult'
}

/** The room of the one adult outside the household, if it is sure that nobody of the household is in it; undefined otherwise. */
function trustedRoom(
  { roomState, identity }: Pick<GuardianPorts, 'roomState' | 'identity'>,
  household: Household,
  member: Member,
): RoomView | undefined {
  const binding = roomOfKind(household, member.tenant, 'trusted')
  if (binding === undefined) return undefined
  const view = roomState.view(binding.roomId)
  const people = humansIn(view, identity.accounts)
  const isOutside = people.every((person) => !household.members.has(person.userId))
  const isHeard = people.some((person) => person.membership === 'join')
  return view.membersComplete && view.encryption === 'encrypted' && isOutside && isHeard ? view : undefined
}

/** A text of somebody else inside a sentence of ours: one line, and nothing in it is Markdown. */
export function quotable(text: string): string {
  return text
    .replaceAll(/\s+/gu, ' ')
    .trim()
    .replaceAll(/[\\`*_[\]<>~|&#]/gu, String.raw`\$&`)
}

function trustedRows(ports: GuardianPorts, { household, member, incident, eventId }: StoppedMessage): readonly NewOutboxRow[] {
  const view = trustedRoom(ports, household, member)
  if (view === undefined) return []
  const { sentences, identity } = ports
  // nobody has said which language they speak outside
  const { locale, name: child, tenant } = member
  const values = { child, ...inWords(sentences, locale, incident) }
  const mentions = humansIn(view, identity.accounts).map((person) => person.userId)
  return [row(view, tenant, `trusted:${eventId}`, { markdown: sentences.say('guardians.trusted', locale, values), mentions })]
}

/** A row that rings with the guardians. */
export function alertRow({ binding, view, guardians }: GuardiansHere, source: string, markdown: string): NewOutboxRow {
  return row(view, binding.tenant, source, { markdown, mentions: guardians.map(({ userId }) => userId) })
}

/** The same for what can wait: it rings with those who have no quiet hours now. */
export function patientRow(
  here: GuardiansHere,
  source: string,
  { markdown, now }: { readonly markdown: string; readonly now: number },
): NewOutboxRow {
  const awake = here.guardians.filter((guardian) => !isQuiet(guardian, now))
  const told = alertRow({ ...here, guardians: awake }, source, markdown)
  return awake.length > 0 ? told : { ...told, content: { ...told.content, quiet: true } }
}

function row(
  { roomId }: RoomView,
  tenant: NewOutboxRow['tenant'],
  source: string,
  said: Pick<NewOutboxRow['content'], 'markdown' | 'mentions'>,
): NewOutboxRow {
  const content = { kind: 'alert', ...said, replyTo: undefined, threadRoot: undefined, draft: undefined } as const
  return { roomId, tenant, source, turn: turnIdOf(source), content }
}

function inWords(
  sentences: Sentences,
  locale: Locale,
  { category, rail, severity }: RailIncident,
): { readonly category: string; readonly severity: string } {
  const known: Readonly<Record<string, SentenceKey>> = CATEGORIES
  const key = (Object.hasOwn(known, category) ? known[category] : known[rail]) ?? 'guardians.other'
  return { category: sentences.say(key, locale), severity: sentences.say(SEVERITIES[severity], locale) }
}

/** A category of an incident as guardians read it. */
export function sayCategory(sentences: Sentences, locale: string, category: string): string {
  const known: Readonly<Record<string, SentenceKey>> = CATEGORIES
  return sentences.say((Object.hasOwn(known, category) ? known[category] : undefined) ?? 'guardians.other', locale)
}

function quoted({ sentences }: GuardianPorts, locale: Locale, level: GuardianPolicy['alerts'], text: string): string | undefined {
  switch (level) {
    case 'none':
    case 'category':
      return undefined
    case 'excerpt':
      return sentences.say('guardians.excerpt', locale, { text: quotable(excerptOf(text)) })
    case 'text':
      return sentences.say('guardians.text', locale, { text: quotable(text) })
  }
}

function excerptOf(text: string): string {
  const line = text.replaceAll(/\s+/gu, ' ').trim()
  const characters = [...new Intl.Segmenter().segment(line.slice(0, EXCERPT_UNITS))].map(({ segment }) => segment)
  const begin = characters.slice(0, EXCERPT_LENGTH).join('')
  return begin.length < line.length ? `${begin.trimEnd()}…` : begin
}
