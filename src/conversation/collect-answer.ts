import type { CallOutcome } from '../budgets/book-call.ts'
import type { ChatModel, ModelEvent, ModelRequest } from '../contracts/chat-model.ts'
import type { Directory } from '../contracts/household.ts'
import type { TenantId } from '../contracts/ids.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { estimateTokens } from '../prompts/estimate-tokens.ts'
import { type BookingPorts, type CallBooking, withBooking } from './booked-call.ts'

/** A whole answer that nobody watches grow. */
export interface CollectedAnswer {
  readonly text: string
  readonly end: Exclude<ModelEvent, { readonly kind: 'delta' }> | undefined
}

export interface CollectPorts extends Omit<BookingPorts, 'ledger'> {
  readonly model: Pick<ChatModel, 'stream'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly directory: Pick<Directory, 'current'>
}

/** One call beside the answers, at the price of its alias, booked in the tenant's ledger and read to its end. Without limits it always leaves. */
export async function callAndCollect(
  ports: CollectPorts,
  tenant: TenantId,
  booking: Omit<CallBooking, 'price' | 'limits'>,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<CollectedAnswer> {
  const { ledger } = ports.tenants.open(tenant)
  const price = ports.directory.current().prices.get(request.alias)
  const called = await withBooking(
    { ...ports, ledger },
    { ...booking, price },
    request,
    () => collectAnswer(ports.model.stream(request, signal)),
    outcomeOfCollected,
  )
  if (!called.ok) throw new Error('a call without limits was held back')
  return called.value
}

async function collectAnswer(events: AsyncIterable<ModelEvent>): Promise<CollectedAnswer> {
  let text = ''
  let end: CollectedAnswer['end']
  for await (const event of events) {
    if (event.kind === 'delta') text += event.text
    else end = event
  }
  return { text, end }
}

/** How such a call is booked; undefined: it was thrown away. */
function outcomeOfCollected(collected: CollectedAnswer | undefined): CallOutcome {
  return {
    usage: collected?.end?.usage,
    fault: collected?.end?.kind === 'failed' ? collected.end.error : undefined,
    outputTokensEstimate: estimateTokens(collected?.text ?? ''),
  }
}
