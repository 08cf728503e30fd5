import type { ChatModel, ModelEvent, ModelRequest } from '../contracts/chat-model.ts'
import type { EvalQuestion } from '../contracts/evaluation.ts'
import type { Directory } from '../contracts/household.ts'
import type { RoomId, TurnId } from '../contracts/ids.ts'
import type { Metrics } from '../contracts/metrics.ts'
import type { CrashPoints } from '../contracts/platform.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { estimateTokens } from '../prompts/estimate-tokens.ts'
import { withBooking } from './booked-call.ts'
import type { Clock } from './clock.ts'
import { turnIdOf } from './turn-id.ts'

export interface EvalCallPorts {
  readonly directory: Pick<Directory, 'current'>
  readonly model: Pick<ChatModel, 'stream'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly crashPoints: CrashPoints
  readonly metrics: Pick<Metrics, 'call'>
  readonly clock: Pick<Clock, 'now'>
}

/** One call of a rehearsal. */
export interface EvalCall {
  readonly request: ModelRequest
  readonly turn: TurnId
  readonly attempt: number
  readonly call: number
  readonly signal: AbortSignal
}

export interface EvalCalled {
  readonly text: string
  readonly end: Exclude<ModelEvent, { readonly kind: 'delta' }> | undefined
  readonly costNanoUsd: number
}

/** Each row has a room of its own, so that what one says does not count against the next. */
export function evalRoomOf(name: string): RoomId {
  return `!${turnIdOf(name)}:eval` as RoomId
}

/** Asks the model once; booked under the purpose `eval`, for the tenant and whoever ordered it. */
export async function callForEval(
  ports: EvalCallPorts,
  question: Pick<EvalQuestion, 'member' | 'domain' | 'tenant' | 'name'>,
  { request, turn, attempt, call, signal }: EvalCall,
): Promise<EvalCalled> {
  const { member, domain, tenant, name } = question
  const price = ports.directory.current().prices.get(request.alias)
  const booking = { turn, attempt, call, purpose: 'eval', roomId: evalRoomOf(name), member, domain, price } as const
  let costNanoUsd = 0
  const called = await withBooking(
    { ...ports, ledger: ports.tenants.open(tenant).ledger },
    booking,
    request,
    () => collect(ports.model.stream(request, signal)),
    (collected) => ({
      usage: collected?.end?.usage,
      fault: collected?.end?.kind === 'failed' ? collected.end.error : undefined,
      outputTokensEstimate: estimateTokens(collected?.text ?? ''),
    }),
    (ending) => {
      if (ending.kind !== 'released') ({ costNanoUsd } = ending)
    },
  )
  return called.ok ? { ...called.value, costNanoUsd } : { text: '', end: undefined, costNanoUsd }
}

async function collect(events: AsyncIterable<ModelEvent>): Promise<Pick<EvalCalled, 'text' | 'end'>> {
  let text = ''
  let end: EvalCalled['end']
  for await (const event of events) {
    if (event.kind === 'delta') text += event.text
    else end = event
  }
  return { text, end }
}
