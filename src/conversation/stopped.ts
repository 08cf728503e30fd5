import type { NewOutboxRow } from '../contracts/edge-store.ts'
import type { RailIncident, RailStop, SentenceKey } from '../contracts/guardrails.ts'
import type { Incident } from '../contracts/incidents.ts'
import type { GuardianPolicy, HelpLine, RailRules } from '../contracts/rails.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { RoomState } from '../contracts/room-state.ts'
import type { TenantStore } from '../contracts/tenant-stores.ts'
import type { Clock } from './clock.ts'
import { guardiansToAsk } from './ask-parent.ts'
import { alertLevel, guardianRows } from './guardians.ts'
import type { Identity } from './identity.ts'
import { memberTier } from './members.ts'
import type { Scene } from './scene.ts'
import type { Turn } from './turn.ts'
import type { Words } from './words.ts'

export interface StopPorts {
  readonly rules: Pick<RailRules, 'current'>
  readonly roomState: RoomState
  readonly identity: Identity
  readonly sentences: Sentences
  readonly clock: Pick<Clock, 'now'>
}

/** What is said instead of an answer, and what goes to guardians in the same transaction. */
export interface Stopped {
  readonly words: Words
  readonly rows: readonly NewOutboxRow[]
}

const TOLD: Readonly<Record<Exclude<GuardianPolicy['alerts'], 'none'>, SentenceKey>> = {
  category: 'care.told-category',
  excerpt: 'care.told-excerpt',
  text: 'care.told-text',
}
/** How far back a guardian is told that something happened before. */
const COUNTED_MS = 7 * 86_400_000

/** A refusal or a caring answer: recorded for guardians as far as the policy lets them know, and never for harm at home. */
export async function stopped(
  ports: StopPorts,
  turn: Turn,
  { scene, store }: { readonly scene: Scene; readonly store: Pick<TenantStore, 'incidents' | 'questions'> },
  stop: RailStop,
): Promise<Stopped> {
  const { household, binding, member } = scene
  const policy = ports.rules.current().policyOf({ tier: scene.tier, tenant: binding.tenant, room: binding.name, member: member.id })
  const { incident } = stop
  const { message } = turn
  const now = ports.clock.now()
  const about = { turn: turn.id, roomId: message.roomId, member: member.id, at: now }
  const isRecorded = incident !== undefined && incident.category !== 'harm-at-home'
  const count = isRecorded
    ? await store.incidents.record({ ...about, ...recordOf(incident), direction: stop.direction }, now - COUNTED_MS)
    : 1
  const watched = { household, member, policy: policy.guardians, now }
  const rows = incident === undefined ? [] : guardianRows(ports, { ...watched, incident, count, eventId: message.eventId, text: turn.text })
  const isMinor = memberTier(member, now) !== 'adult'
  const mayAsk = stop.mayAskParent && !turn.approved && isMinor && guardiansToAsk(ports, { household, member, now }) !== undefined
  if (mayAsk)
    await store.questions.keep({
      ...about,
      eventId: turn.replyTo,
      threadRoot: message.threadRoot,
      text: turn.text,
      category: stop.category,
    })
  const isTold = rows.length > 0
  return { words: stopWords(ports, scene, stop, { level: isTold ? alertLevel(ports, watched) : 'none', isTold, mayAsk }), rows }
}

function recordOf({ category, severity, action }: RailIncident): Pick<Incident, 'category' | 'severity' | 'action'> {
  return { category, severity, action }
}

interface Told {
  /** What guardians really learn of this one. */
  readonly level: GuardianPolicy['alerts']
  /** Somebody gets a message: guardians, or of harm at home the one adult outside. */
  readonly isTold: boolean
  readonly mayAsk: boolean
}

/** The sentence, where help is found, and what really happens now: neither a threat to tell nor a promise not to. */
function stopWords({ sentences }: StopPorts, { member, isShared }: Scene, stop: RailStop, { level, isTold, mayAsk }: Told): Words {
  const say = (key: string, values?: Readonly<Record<string, string | number>>): string => sentences.say(key, member.locale, values)
  const isAtHome = stop.category === 'harm-at-home'
  const parts = [
    say(stop.sentence),
    ...(stop.helpLines.length > 0 ? [`${say('care.help-lines')}\n${stop.helpLines.map(helpLine).join('\n')}`] : []),
    ...(isAtHome ? [say(isShared ? 'care.home-shared-room' : 'care.home-untold')] : []),
    ...(isAtHome && isTold ? [say('care.home-trusted')] : []),
    ...(level !== 'none' && !isAtHome ? [say(TOLD[level])] : []),
    ...(mayAsk ? [say('refusal.ask-parent')] : []),
  ]
  return {
    text: '',
    sentences: parts,
    outcome: stop.action === 'care' ? 'cared' : 'refused',
    totals: undefined,
    question: undefined,
  }
}

function helpLine({ name, phone, web }: HelpLine): string {
  return `- **${name}**${[phone, web]
    .filter((part) => part !== undefined)
    .map((part) => `: ${part}`)
    .join('')}`
}
