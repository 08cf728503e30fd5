import type { ModelRequest } from '../contracts/chat-model.ts'
import type { EvalQuestion } from '../contracts/evaluation.ts'
import type { RoomId } from '../contracts/ids.ts'
import { callAndCollect, type CollectPorts } from './collect-answer.ts'
import type { Clock } from './clock.ts'
import { turnIdOf } from './turn-id.ts'

export interface EvalCallPorts extends CollectPorts {
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
  const turn = turnIdOf(name)
  const attempt = await ports.tenants.open(tenant).ledger.beginAttempt(turn)
  const booking = { turn, attempt, call: 1, purpose: 'eval', roomId: evalRoomOf(name), member, domain } as const
  const { text, end } = await callAndCollect(ports, tenant, booking, request, signal)
  return end?.kind === 'end' && end.usage?.standIn !== true ? text : undefined
}
