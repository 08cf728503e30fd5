import type { Alias } from '../contracts/household.ts'
import type { UseLimit } from '../contracts/allowance.ts'
import type { MemberId, RoomId, TurnId } from '../contracts/ids.ts'
import type { CallEnding, CallKey, CallOpening, CallPurpose, LedgerRow } from '../contracts/ledger.ts'
import type { Connection, Database } from './database.ts'
import type { SqliteAllowances } from './sqlite-allowances.ts'

/** The ledger of one tenant's file; synchronous, on the worker's side. Promises as in the contract `Ledger`. */
export class SqliteLedger {
  readonly #database: Database
  readonly #allowances: Pick<SqliteAllowances, 'reached' | 'opened' | 'ended'>
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: Database, allowances: Pick<SqliteAllowances, 'reached' | 'opened' | 'ended'>) {
    this.#database = database
    this.#allowances = allowances
    this.#statements = prepareStatements(database.connection)
  }

  beginAttempt(turn: TurnId): number {
    return this.#database.transaction(() => {
      this.#statements.estimateOpen.run(turn)
      return (this.#statements.lastAttempt.get(turn)?.attempt ?? 0) + 1
    })
  }

  openCall(opening: CallOpening, limits: readonly UseLimit[] = []): UseLimit | undefined {
    const reached = this.#database.transaction(() => {
      const used = this.#allowances.reached(limits, opening.turn)
      if (used === undefined) this.#statements.open.run({ ...opening })
      return used
    })
    if (reached === undefined) this.#allowances.opened(opening)
    return reached
  }

  /** The first ending stands: a later one of the same call changes nothing. */
  endCall(key: CallKey, ending: CallEnding): void {
    const { turn, attempt, call } = key
    const isFirst = this.#database.transaction(() => {
      if (this.#statements.findEnding.get(turn, attempt, call)) return false
      this.#statements.end.run({ turn, attempt, call, ...endingColumns(ending) })
      return true
    })
    const opening = isFirst ? this.#statements.findOpening.get(turn, attempt, call) : undefined
    if (opening) this.#allowances.ended(opening, ending.kind === 'released' ? 0 : ending.costNanoUsd)
  }

  endOrphans(): number {
    return this.#database.transaction(() => this.#statements.estimateAll.run().changes)
  }

  rows(since: number): readonly LedgerRow[] {
    return this.#statements.rows.all(since).map(toLedgerRow)
  }
}

function endingColumns(ending: CallEnding): Record<string, string | number | null> {
  if (ending.kind === 'released') {
    return { kind: ending.kind, model: null, inputTokens: 0, outputTokens: 0, cachedTokens: 0, costNanoUsd: 0 }
  }
  const { kind, model, inputTokens, outputTokens, cachedTokens, costNanoUsd } = ending
  return { kind, model, inputTokens, outputTokens, cachedTokens, costNanoUsd }
}

interface StoredCall {
  readonly turn: TurnId
  readonly attempt: number
  readonly call: number
  readonly purpose: CallPurpose
  readonly room_id: RoomId
  readonly member: MemberId
  readonly domain: string
  readonly alias: Alias
  readonly reserved_nano_usd: number
  readonly input_tokens_estimate: number
  readonly opened_at: number
  readonly kind: CallEnding['kind'] | null
  readonly model: string | null
  readonly input_tokens: number | null
  readonly output_tokens: number | null
  readonly cached_tokens: number | null
  readonly cost_nano_usd: number | null
}

function toLedgerRow(row: StoredCall): LedgerRow {
  return {
    turn: row.turn,
    attempt: row.attempt,
    call: row.call,
    purpose: row.purpose,
    roomId: row.room_id,
    member: row.member,
    domain: row.domain,
    alias: row.alias,
    reservedNanoUsd: row.reserved_nano_usd,
    inputTokensEstimate: row.input_tokens_estimate,
    openedAt: row.opened_at,
    state: row.kind ?? 'open',
    model: row.model ?? undefined,
    inputTokens: row.input_tokens ?? 0,
    outputTokens: row.output_tokens ?? 0,
    cachedTokens: row.cached_tokens ?? 0,
    costNanoUsd: row.cost_nano_usd ?? 0,
  }
}

function prepareStatements(connection: Connection) {
  return {
    // what the call cost is unknown: it is booked at what was reserved for it
    estimateOpen: connection.prepare<[string]>(`
      insert into call_ending
      select turn, attempt, call, 'estimated', null, input_tokens_estimate, 0, 0, reserved_nano_usd
      from call_opening left join call_ending using (turn, attempt, call) where turn = ? and kind is null`),
    estimateAll: connection.prepare<[]>(`
      insert into call_ending
      select turn, attempt, call, 'estimated', null, input_tokens_estimate, 0, 0, reserved_nano_usd
      from call_opening left join call_ending using (turn, attempt, call) where kind is null`),
    lastAttempt: connection.prepare<[string], { attempt: number | null }>(
      'select max(attempt) as attempt from call_opening where turn = ?',
    ),
    open: connection.prepare<[Record<string, string | number>]>(`
      insert into call_opening values (@turn, @attempt, @call, @purpose, @roomId, @member, @domain, @alias, @reservedNanoUsd,
        @inputTokensEstimate, @openedAt)`),
    findEnding: connection.prepare<[string, number, number], unknown>(
      'select 1 from call_ending where turn = ? and attempt = ? and call = ?',
    ),
    findOpening: connection.prepare<[string, number, number], Pick<CallOpening, 'member' | 'purpose' | 'openedAt' | 'reservedNanoUsd'>>(`
      select member, purpose, opened_at as openedAt, reserved_nano_usd as reservedNanoUsd
      from call_opening where turn = ? and attempt = ? and call = ?`),
    end: connection.prepare<[Record<string, string | number | null>]>(`
      insert into call_ending values (@turn, @attempt, @call, @kind, @model, @inputTokens, @outputTokens, @cachedTokens, @costNanoUsd)`),
    rows: connection.prepare<[number], StoredCall>(`
      select * from call_opening left join call_ending using (turn, attempt, call)
      where opened_at >= ? order by opened_at, turn, attempt, call`),
  }
}
