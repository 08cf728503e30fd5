import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UseLimit } from '../../src/contracts/allowance.ts'
import type { MemberId, RoomId, TenantId, TurnId } from '../../src/contracts/ids.ts'
import type { CallOpening } from '../../src/contracts/ledger.ts'
import type { TenantStore } from '../../src/contracts/tenant-stores.ts'
import { openTenantStores } from '../../src/data/tenant-stores.ts'
import { describeRun } from './report.ts'
import type { Report, Row } from './report.ts'
import { percentile } from './statistics.ts'

/** A busy family's month; the turns that are measured are one member's of a single day. */
const ROWS = 20_000
const MEMBERS = 6
const TURNS = 300
const MONTH_MS = 30 * 86_400_000
const LIMIT_MS = 3

/** What allowances and the audit add to a turn: two limits looked at, counted again where the call is opened, and an entry written. */
export async function measureBudget(): Promise<Report> {
  const folder = await mkdtemp(join(tmpdir(), 'ai-ops-bench-'))
  try {
    await using stores = openTenantStores({ folder, keyOf: () => new Uint8Array(32).fill(7) })
    const store = stores.open('family' as TenantId)
    for (let row = 0; row < ROWS; row += 1) {
      const opening = callOf(`past-${String(row)}`, row, (row * MONTH_MS) / ROWS)
      await store.ledger.openCall(opening)
      await store.ledger.endCall(opening, {
        kind: 'settled',
        model: 'm',
        inputTokens: 500,
        outputTokens: 200,
        cachedTokens: 0,
        costNanoUsd: 1_000_000,
      })
    }
    const without = await measureTurns(store, 'plain', [])
    const withLimits = await measureTurns(store, 'limited', limits)
    const audited = await measureAudit(store)
    const added = (share: number): number => percentile(withLimits, share) - percentile(without, share) + percentile(audited, share)
    const row = (measure: string, values: readonly number[]): Row => ({
      measure,
      cells: [percentile(values, 0.5).toFixed(2), percentile(values, 0.95).toFixed(2)],
      target: '',
      isMet: undefined,
    })
    return {
      title: `Allowances and audit, ${String(ROWS)} ledger rows of a month: ${describeRun()}`,
      columns: ['p50, ms', 'p95, ms'],
      rows: [
        row('open and end a call, without limits', without),
        row('look at two limits, open and end a call within them', withLimits),
        row('one audit entry', audited),
        {
          measure: 'added to a turn',
          cells: [added(0.5).toFixed(2), added(0.95).toFixed(2)],
          target: `p95 <= ${String(LIMIT_MS)} ms`,
          isMet: added(0.95) <= LIMIT_MS,
        },
      ],
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Messages of a day and money of a month, as a child and a household usually have them. */
const limits: readonly UseLimit[] = [
  { member: 'member-1' as MemberId, unit: 'messages', amount: 1e9, since: MONTH_MS - 86_400_000, until: MONTH_MS + 1e9 },
  { member: undefined, unit: 'money', amount: 1e15, since: 0, until: MONTH_MS + 1e9 },
]

function callOf(turn: string, number: number, openedAt: number): CallOpening {
  return {
    turn: turn as TurnId,
    attempt: 1,
    call: 1,
    purpose: 'chat',
    roomId: '!room' as RoomId,
    member: `member-${String(number % MEMBERS)}` as MemberId,
    domain: 'family',
    alias: 'smart',
    reservedNanoUsd: 2_000_000,
    inputTokensEstimate: 500,
    openedAt: Math.round(openedAt),
  }
}

async function measureTurns({ ledger, allowances }: TenantStore, name: string, held: readonly UseLimit[]): Promise<readonly number[]> {
  const spent: number[] = []
  for (let turn = 0; turn < TURNS; turn += 1) {
    const opening = callOf(`${name}-${String(turn)}`, 1, MONTH_MS + turn)
    const begun = performance.now()
    if (held.length > 0) await allowances.use(held, opening.turn)
    await ledger.openCall(opening, held)
    await ledger.endCall(opening, { kind: 'released' })
    spent.push(performance.now() - begun)
  }
  return spent
}

async function measureAudit({ audit }: TenantStore): Promise<readonly number[]> {
  const spent: number[] = []
  for (let entry = 0; entry < TURNS; entry += 1) {
    const begun = performance.now()
    await audit.append({
      at: entry,
      actor: 'robin',
      action: 'allowance.set',
      subject: 'mia',
      detail: { messages: 40 },
      cause: `$${String(entry)}`,
    })
    spent.push(performance.now() - begun)
  }
  return spent
}
