import { join } from 'node:path'
import type { TenantId } from '../../../src/contracts/ids.ts'
import type { LedgerRow } from '../../../src/contracts/ledger.ts'
import { turnIdOf } from '../../../src/conversation/turn-id.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { resolveMasterKey } from '../../../src/data/master-key.ts'
import { openTenantStores } from '../../../src/data/tenant-stores.ts'
import type { UpstreamCall } from '../../fakes/upstream-script.ts'
import { echoOf, type SaidMessage } from './said-messages.ts'

/** The ledger of a home whose assistant has stopped. */
export async function readLedger(home: string, tenant: string): Promise<readonly LedgerRow[]> {
  const master = await resolveMasterKey({ home, value: undefined, command: undefined })
  if (!master.ok) throw new Error(master.error.sentence)
  const opened = openKeyRing(home, master.value.key)
  if (!opened.ok) throw new Error(opened.error.sentence)
  using keys = opened.value
  await using stores = openTenantStores({ folder: join(home, 'tenants'), keyOf: (id) => keys.keyOf(`tenant:${id}`) })
  return await stores.open(tenant as TenantId).ledger.rows(0)
}

/** All that was booked, and all that was asked. */
export interface Books {
  readonly ledger: readonly LedgerRow[]
  readonly calls: readonly UpstreamCall[]
}

/**
 * Compares what the upstream was asked for one message with what was booked for it, in words: each call has exactly one row, no more
 * attempts are made than the `kills` before its answer explain, nothing stays open, and the answer is booked as it was reported.
 */
export function bookingFaults(message: SaidMessage, kills: number, books: Books): readonly string[] {
  const turn = turnIdOf(message.eventId)
  const rows = books.ledger.filter((row) => row.turn === turn).toSorted((one, other) => one.attempt - other.attempt)
  const calls = books.calls.filter(
    ({ messages }) => messages.findLast(({ role }) => role === 'user')?.content.includes(message.token) === true,
  )
  // a row is durable before its call leaves, and the next attempt begins only in the next process
  const rowOfCall = calls.map((call) => rows.findLast((row) => row.openedAt <= call.receivedAt))
  const last = rows.at(-1)
  const outputTokens = Math.ceil(echoOf(message.text).length / 4)
  const attempts = rows.map(keyOf).join(', ')
  const expectations: readonly (readonly [boolean, string])[] = [
    [calls.length > 0, 'the upstream was never asked'],
    [
      !rowOfCall.includes(undefined) && new Set(rowOfCall).size === calls.length,
      `${String(calls.length)} upstream calls do not have one row each (${attempts})`,
    ],
    [rows.length <= kills + 1, `${String(rows.length)} attempts after ${String(kills)} kills`],
    [rows.every(({ attempt, call }, index) => attempt === index + 1 && call === 1), `attempts are ${attempts}`],
    [!/open|released/.test(attempts) && last?.state === 'settled', `states are ${attempts}`],
    [last?.outputTokens === outputTokens, `${String(last?.outputTokens)} output tokens instead of ${String(outputTokens)}`],
  ]
  return expectations.flatMap(([holds, fault]) => (holds ? [] : [`${message.token} (said during ${message.during}): ${fault}`]))
}

function keyOf({ attempt, call, state }: LedgerRow): string {
  return `${String(attempt)}.${String(call)} ${state}`
}
