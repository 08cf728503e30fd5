import type { ChatModel } from './contracts/chat-model.ts'
import type { EdgeFacts } from './contracts/edge-store.ts'
import type { Guardrails, ProbeRow, RailSubject } from './contracts/guardrails.ts'
import type { Directory, Household } from './contracts/household.ts'
import type { RoomId } from './contracts/ids.ts'
import type { Metrics } from './contracts/metrics.ts'
import type { CrashPoints, Log } from './contracts/platform.ts'
import type { FindPersonalData, RailRules } from './contracts/rails.ts'
import type { TenantStores } from './contracts/tenant-stores.ts'
import { createCallNumbers } from './conversation/call-numbers.ts'
import { systemClock } from './conversation/clock.ts'
import { callJudge } from './conversation/judge-call.ts'
import { memberTier } from './conversation/members.ts'
import { turnIdOf } from './conversation/turn-id.ts'
import { createGuardrails } from './guardrails/guardrails.ts'
import { createJudge } from './guardrails/judge.ts'
import type { ProbedJudge } from './guardrails/judge.ts'
import type { RiskStore } from './guardrails/risk-memory.ts'

/** A model that failed the probe is asked again after so long. */
const PROBE_AGAIN_MS = 600_000
/** A gateway that did not answer may only be starting: the first pause, doubled each time. */
const PROBE_SOON_MS = 5_000

export interface InstanceGuardrailsParts {
  readonly rules: Pick<RailRules, 'current'>
  readonly directory: Directory
  readonly model: Pick<ChatModel, 'stream'>
  readonly tenants: TenantStores
  readonly facts: Pick<EdgeFacts, 'read' | 'write'>
  readonly probe: readonly ProbeRow[]
  readonly findPersonalData: FindPersonalData
  readonly crashPoints: CrashPoints
  readonly metrics: Pick<Metrics, 'call'>
  readonly log: Log
}

export interface InstanceGuardrails extends Disposable {
  readonly guardrails: Guardrails
  /** The same rules and judge, for turns that never happened: what they say makes no later turn stricter. */
  withoutMemory(): Guardrails
  /** Lets the judge show whether it may judge, now and whenever it was away; until disposed. Nobody waits for it. */
  openJudge(): void
}

const keepsNothing: RiskStore = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() }

/** The guardrails of this instance with their judge. A household of grown-ups never asks one. */
export function createInstanceGuardrails(parts: InstanceGuardrailsParts): InstanceGuardrails {
  const { rules, directory, facts, probe, findPersonalData, log } = parts
  const judge = createJudge({
    call: (subject, request) => callJudge({ ...parts, clock: systemClock }, subject, request),
    probe,
    facts,
    now: () => Date.now(),
    log,
  })
  const closing = new AbortController()
  return {
    guardrails: createGuardrails({ rules, riskStore: facts, judge, findPersonalData, log }),
    withoutMemory: () => createGuardrails({ rules, riskStore: keepsNothing, judge, findPersonalData, log }),
    openJudge: () => void keepProbing(judge, directory, closing.signal),
    [Symbol.dispose]: () => closing.abort(),
  }
}

async function keepProbing(judge: ProbedJudge, directory: Directory, signal: AbortSignal): Promise<void> {
  for (let round = 1; !signal.aborted; round += 1) {
    const household = directory.current()
    const subject = household.standIn || !hasMinors(household) ? undefined : probeSubject(household, round, signal)
    if (subject !== undefined && judge.state().kind !== 'open') await judge.openUp(subject)
    const pauseMs = judge.state().kind === 'away' ? Math.min(PROBE_AGAIN_MS, PROBE_SOON_MS * 2 ** (round - 1)) : PROBE_AGAIN_MS
    if (!(await systemClock.wait(pauseMs, signal))) return
  }
}

function hasMinors({ members }: Household): boolean {
  return [...members.values()].some((member) => memberTier(member, Date.now()) !== 'adult')
}

/** The probe belongs to no conversation: it is booked to an owner's tenant, in a turn of its own. */
function probeSubject({ members, domains }: Household, round: number, signal: AbortSignal): RailSubject | undefined {
  const owner = [...members.values()].find((member) => member.role === 'owner')
  const [domain] = domains.keys()
  if (owner === undefined || domain === undefined) return undefined
  return {
    tenant: owner.tenant,
    roomId: '!judge-probe' as RoomId,
    room: 'judge-probe',
    member: owner.id,
    domain,
    tier: 'child',
    locale: owner.locale,
    turn: turnIdOf(`judge-probe:${String(Date.now())}:${String(round)}`),
    attempt: 1,
    calls: createCallNumbers(),
    approved: false,
    signal,
  }
}
