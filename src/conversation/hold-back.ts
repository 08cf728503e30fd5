import { allowanceOf, type AllowanceState, decideAllowance, limitsOf } from '../budgets/allowance.ts'
import { moneyInWords } from '../budgets/money.ts'
import { momentInWords } from '../budgets/periods.ts'
import type { AllowanceUnit, LimitUse, Pause, UseLimit } from '../contracts/allowance.ts'
import type { EdgeFacts } from '../contracts/edge-store.ts'
import type { Alias, Household, Member } from '../contracts/household.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { TenantStore } from '../contracts/tenant-stores.ts'
import type { Clock } from './clock.ts'
import { memberTier } from './members.ts'
import type { Scene } from './scene.ts'
import type { Turn } from './turn.ts'
import type { Words } from './words.ts'

export interface HoldPorts {
  readonly sentences: Sentences
  readonly facts: Pick<EdgeFacts, 'read' | 'write'>
  readonly clock: Pick<Clock, 'now'>
}

/** What a question may cost now: nothing (`words` say why and until when), or a call within these limits. */
export type Hold =
  | {
      readonly kind: 'stop'
      readonly words: Words
      /** The household's own limit: owners must know. */
      readonly tenantLimit: UseLimit | undefined
    }
  | {
      readonly kind: 'go'
      readonly limits: readonly UseLimit[]
      /** The economy model, where money runs short. */
      readonly alias: Alias | undefined
      /** Said quietly under the answer, once a period. */
      readonly hint: string | undefined
    }

/** Looks whether member and room are paused and what is left of the allowances. Nothing is reserved yet. */
export async function holdBack(ports: HoldPorts, turn: Turn, scene: Scene, store: Pick<TenantStore, 'allowances'>): Promise<Hold> {
  const now = ports.clock.now()
  const paused = pauseOf(scene, now)
  if (paused !== undefined) return { kind: 'stop', words: pausedWords(ports, scene, paused, now), tenantLimit: undefined }
  const { household, member } = scene
  const tier = memberTier(member, now)
  const limits = limitsOf(household, member, { tier, now })
  const uses = limits.length === 0 ? [] : await store.allowances.use(limits, turn.id)
  const state = decideAllowance(allowanceOf(household, member, tier), uses, { now, timeZone: member.timeZone })
  switch (state.kind) {
    case 'free':
      return { kind: 'go', limits, alias: undefined, hint: undefined }
    case 'near':
      return { kind: 'go', limits, alias: state.economy ? 'economy' : undefined, hint: await hintOnce(ports, member, state.limit) }
    case 'reached':
      return {
        kind: 'stop',
        words: endWords(ports, member, state),
        tenantLimit: state.limit.member === undefined ? state.limit : undefined,
      }
    case 'outside-hours':
      return { kind: 'stop', words: endWords(ports, member, state), tenantLimit: undefined }
  }
}

/** What is said when a limit was used up by another call of the same moment. */
export function exhaustedWords(ports: HoldPorts, member: Member, limit: UseLimit): Words {
  return endWords(ports, member, { kind: 'reached', limit, returnsAt: limit.until })
}

/** The pause that holds here now: the room's or the member's, whichever lasts longer. */
function pauseOf({ household, binding, member }: Scene, now: number): Pause | undefined {
  const pauses = [household.pauses.rooms.get(binding.name), household.pauses.members.get(member.id)].filter((pause) => isPaused(pause, now))
  return pauses.toSorted((one, other) => (other?.until ?? Number.POSITIVE_INFINITY) - (one?.until ?? Number.POSITIVE_INFINITY))[0]
}

/** True while a pause lasts. */
export function isPaused(pause: Pause | undefined, now: number): boolean {
  return pause !== undefined && (pause.until === undefined || pause.until > now)
}

function pausedWords({ sentences }: HoldPorts, { member, household }: Scene, { until, by }: Pause, now: number): Words {
  const values = { by: nameOf(household, by) }
  const sentence =
    until === undefined
      ? sentences.say('allowance.paused', member.locale, values)
      : sentences.say('allowance.paused-until', member.locale, { ...values, until: momentInWords(until, now, member) })
  return houseWords([sentence], 'paused')
}

type Ended = Extract<AllowanceState, { readonly kind: 'reached' | 'outside-hours' }>

function endWords({ sentences, clock }: HoldPorts, member: Member, state: Ended): Words {
  const { locale } = member
  const now = clock.now()
  if (state.kind === 'outside-hours') {
    const sentence =
      state.returnsAt === undefined
        ? sentences.say('allowance.no-hours', locale)
        : sentences.say('allowance.outside-hours', locale, { until: momentInWords(state.returnsAt, now, member) })
    return houseWords([sentence], 'outside-hours')
  }
  const values = { until: momentInWords(state.returnsAt, now, member) }
  if (state.limit.member === undefined) return houseWords([sentences.say('allowance.tenant-reached', locale, values)], 'tenant-limit')
  const amount = amountInWords(sentences, locale, state.limit.unit, state.limit.amount)
  const more = member.role === 'teen' || member.role === 'child' ? [sentences.say('allowance.ask-more', locale)] : []
  return houseWords([sentences.say('allowance.reached', locale, { ...values, amount }), ...more], 'allowance')
}

const AMOUNTS = {
  messages: { one: 'allowance.messages-one', many: 'allowance.messages' },
  minutes: { one: 'allowance.minutes-one', many: 'allowance.minutes' },
} as const

/** An amount as people say it: `$0.42`, `12 messages`. */
export function amountInWords(sentences: Pick<Sentences, 'say'>, locale: string, unit: AllowanceUnit, amount: number): string {
  if (unit === 'money') return moneyInWords(amount, locale)
  const count = Math.max(0, Math.floor(amount))
  const { one, many } = AMOUNTS[unit]
  return sentences.say(count === 1 ? one : many, locale, { count })
}

async function hintOnce({ sentences, facts, clock }: HoldPorts, member: Member, limit: LimitUse): Promise<string | undefined> {
  const name = `allowance-hint:${member.id}:${limit.member === undefined ? 'tenant' : 'own'}:${limit.unit}:${String(limit.until)}`
  if ((await facts.read(name)) !== undefined) return undefined
  await facts.write(name, 'yes')
  const left = amountInWords(sentences, member.locale, limit.unit, limit.amount + limit.granted - limit.used)
  return sentences.say('allowance.near', member.locale, { left, until: momentInWords(limit.until, clock.now(), member) })
}

function nameOf(household: Household, id: Pause['by']): string {
  return [...household.members.values()].find((member) => member.id === id)?.name ?? id
}

function houseWords(sentences: readonly string[], outcome: string): Words {
  return { text: '', sentences, outcome, totals: undefined, question: undefined }
}
