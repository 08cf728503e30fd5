import type { ChatModel, ModelRequest } from '../contracts/chat-model.ts'
import type { RailSubject } from '../contracts/guardrails.ts'
import type { Directory } from '../contracts/household.ts'
import type { Metrics } from '../contracts/metrics.ts'
import type { CrashPoints } from '../contracts/platform.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import type { JudgeAnswer, JudgeRequest } from '../guardrails/judge.ts'
import { withBooking } from './booked-call.ts'
import { collectAnswer, outcomeOfCollected } from './collect-answer.ts'
import type { Clock } from './clock.ts'

export interface JudgeCallPorts {
  readonly model: Pick<ChatModel, 'stream'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly directory: Pick<Directory, 'current'>
  readonly crashPoints: CrashPoints
  readonly metrics: Pick<Metrics, 'call'>
  readonly clock: Pick<Clock, 'now'>
}

/** Providers need no name to answer a judge, and a child's must not reach them. */
const JUDGE_USER = 'judge'

/**
 * One call of the alias `judge`, booked on its own line of the tenant's ledger. Undefined if nothing came.
 */
export async function callJudge(ports: JudgeCallPorts, subject: RailSubject, wanted: JudgeRequest): Promise<JudgeAnswer | undefined> {
  const { turn, attempt, calls, roomId, member, domain } = subject
  const { messages, maxTokens, schema } = wanted
  const request: ModelRequest = {
    alias: 'judge',
    messages,
    maxTokens,
    temperature: 0,
    endUser: JUDGE_USER,
    // what a child wrote goes only where a child's words may go
    tier: subject.tier,
    responseSchema: schema,
  }
  const price = ports.directory.current().prices.get('judge')
  const booking = { turn, attempt, call: calls.next(), purpose: 'judge' as const, roomId, member, domain, price }
  const { ledger } = ports.tenants.open(subject.tenant)
  const called = await withBooking(
    { ...ports, ledger },
    booking,
    request,
    () => collectAnswer(ports.model.stream(request, wanted.signal)),
    outcomeOfCollected,
  )
  if (!called.ok) return undefined
  const { text, end } = called.value
  if (end?.kind !== 'end' || end.usage === undefined) return undefined
  return { text, model: end.usage.model, standIn: end.usage.standIn }
}
