import type { EdgeFacts, NewOutboxRow } from '../contracts/edge-store.ts'
import type { SentenceKey } from '../contracts/guardrails.ts'
import type { Household } from '../contracts/household.ts'
import type { TenantId, UserId } from '../contracts/ids.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { RoomState, RoomView } from '../contracts/room-state.ts'
import type { Clock } from './clock.ts'
import type { Identity } from './identity.ts'
import { humansIn, isQuiet, memberIn } from './members.ts'
import { noticeRow } from './notice-row.ts'
import { controlRoom, roomLocale } from './rooms.ts'

export interface AlertPorts {
  readonly roomState: RoomState
  readonly identity: Identity
  readonly facts: Pick<EdgeFacts, 'read' | 'write'>
  readonly sentences: Sentences
  readonly clock: Pick<Clock, 'now'>
}

/** What a row for Control says. */
export interface ControlAlert {
  readonly household: Household
  readonly tenant: TenantId | undefined
  readonly source: string
  readonly key: SentenceKey
  readonly values: Readonly<Record<string, string | number>>
}

/** Of alerts of one kind the first rings, and those that follow within this time stand below it. */
const RING_AGAIN_MS = 10 * 60_000
/** Ordered to ring. */
const ALWAYS_RINGS: SentenceKey = 'alert.test'
/** Said to somebody who waits for it. */
const NEVER_RINGS: SentenceKey = 'eval.running'

/**
 * A row for the control room, in the language of its owners; none if the configuration has no control room. It rings with those who have no
 * quiet hours now, unless one of its kind has just rung: it then stands there all the same.
 */
export async function alertControl(ports: AlertPorts, alert: ControlAlert): Promise<readonly NewOutboxRow[]> {
  const { roomState, identity, sentences } = ports
  const { household, tenant, source, key, values } = alert
  const control = controlRoom(household, tenant)
  if (control === undefined) return []
  const view = roomState.view(control.roomId)
  const locale = roomLocale(household, control.tenant, view, identity.accounts)
  const row = noticeRow(view, control.tenant, source, sentences.say(key, locale, values))
  const awake = ownersAwake(ports, household, control.tenant, view)
  const rings = awake.length > 0 && (await mayRing(ports, key))
  const content = { ...row.content, kind: 'alert', mentions: rings ? awake : [], ...(rings ? {} : { quiet: true }) } as const
  return [{ ...row, content }]
}

function ownersAwake({ identity, clock }: AlertPorts, household: Household, tenant: TenantId, view: RoomView): readonly UserId[] {
  return humansIn(view, identity.accounts).flatMap((person) => {
    const member = memberIn(household, tenant, person.userId)
    return member?.role === 'owner' && !isQuiet(member, clock.now()) ? [member.userId] : []
  })
}

async function mayRing({ facts, clock }: AlertPorts, key: SentenceKey): Promise<boolean> {
  if (key === ALWAYS_RINGS || key === NEVER_RINGS) return key === ALWAYS_RINGS
  const name = `rang:${key}`
  const last = Number((await facts.read(name)) ?? Number.NEGATIVE_INFINITY)
  if (clock.now() - last < RING_AGAIN_MS) return false
  await facts.write(name, String(clock.now()))
  return true
}
