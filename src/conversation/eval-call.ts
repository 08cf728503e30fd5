import type { ChatModel, ModelRequest } from '../contracts/chat-model.ts'
import type { EvalQuestion } from '../contracts/evaluation.ts'
import type { Directory } from '../contracts/household.ts'
import type { RoomId } from '../contracts/ids.ts'
import type { Metrics } from '../contracts/metrics.ts'
import type { CrashPoints } from '../contracts/platform.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { withBooking } from './booked-call.ts'
import { collectAnswer, outcomeOfCollected } from './collect-answer.ts'
import type { Clock } from './clock.ts'
import { turnIdOf } from './turn-id.ts'

export interface EvalCallPorts {
  readonly directory: Pick<Directory, 'current'>
  readonly model: Pick<ChatModel, 'stream'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly crashPoints: CrashPoints
  readonly metrics: Pick<Metrics, 'call'>
  readonly clock: Clock
}

/** Who ordered it, and what it is booked under. */
export type EvalBooking = Pick<EvalQuestion, 'member' | 'domain' | 'tenant' | 'name'>

/** Providers need no name to answer a rehearsal. */
export const EVAL_USER = 'eval'

/** Each row has a room of its own, so that what one says does not count against the next. */
export function evalRoomOf(name: string): RoomId {
  return `!${turnIdOf(name)}:eval` as RoomId
}

/** One call of one turn, booked as `eval`. Undefined if it failed or the stand-in answered. */
export async function callForEval(
  ports: EvalCallPorts,
  { member, domain, tenant, name }: EvalBooking,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { ledger } = ports.tenants.open(tenant)
  const turn = turnIdOf(name)
  const attempt = await ledger.beginAttempt(turn)
  const price = ports.directory.current().prices.get(request.alias)
  const called = await withBooking(
    { ...ports, ledger },
    { turn, attempt, call: 1, purpose: 'eval', roomId: evalRoomOf(name), member, domain, price },
    request,
    () => collectAnswer(ports.model.stream(request, signal)),
    outcomeOfCollected,
  )
  if (!called.ok) return undefined
  const { text, end } = called.value
  return end?.kind === 'end' && end.usage?.standIn !== true ? text : undefined
}
