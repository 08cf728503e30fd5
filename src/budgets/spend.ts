import type { LedgerRow } from '../contracts/ledger.ts'

/** What some calls came to. Integer nano-USD; open calls count as what was reserved for them. */
export interface Spend {
  readonly costNanoUsd: number
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  /** Of the cost: what nobody reported and was booked at its reservation, or is still open. */
  readonly unsureNanoUsd: number
}

const NOTHING: Spend = { costNanoUsd: 0, calls: 0, inputTokens: 0, outputTokens: 0, unsureNanoUsd: 0 }

/** Sums rows by a key, the dearest first; `keyOf` undefined leaves a row out. Calls that reached nobody are no calls. */
export function sumBy(rows: readonly LedgerRow[], keyOf: (row: LedgerRow) => string | undefined): ReadonlyMap<string, Spend> {
  const sums = new Map<string, Spend>()
  for (const row of rows) {
    const key = row.state === 'released' ? undefined : keyOf(row)
    if (key !== undefined) sums.set(key, add(sums.get(key) ?? NOTHING, row))
  }
  return new Map([...sums].toSorted(([, one], [, other]) => other.costNanoUsd - one.costNanoUsd || other.calls - one.calls))
}

/** All of them together. */
export function sumAll(rows: readonly LedgerRow[]): Spend {
  return sumBy(rows, () => 'all').get('all') ?? NOTHING
}

function add(sum: Spend, row: LedgerRow): Spend {
  const cost = row.state === 'open' ? row.reservedNanoUsd : row.costNanoUsd
  return {
    costNanoUsd: sum.costNanoUsd + cost,
    calls: sum.calls + 1,
    inputTokens: sum.inputTokens + row.inputTokens,
    outputTokens: sum.outputTokens + row.outputTokens,
    unsureNanoUsd: sum.unsureNanoUsd + (row.state === 'settled' ? 0 : cost),
  }
}
