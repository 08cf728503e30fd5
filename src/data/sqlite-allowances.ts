import type { Allowances, Grant, UseLimit } from '../contracts/allowance.ts'
import type { TurnId } from '../contracts/ids.ts'
import type { CallOpening } from '../contracts/ledger.ts'
import type { Connection, Database } from './database.ts'
import { minutesOf } from './sitting-minutes.ts'

/** Sums of money that are kept; a household has some dozen limits, and each period makes new ones. */
const MOST_SUMS = 200

interface KeptSum extends Pick<UseLimit, 'member' | 'since' | 'until'> {
  nanoUsd: number
}

type BookedCall = Pick<CallOpening, 'member' | 'purpose' | 'openedAt' | 'reservedNanoUsd'>

/**
 * What was used and granted, of one tenant's file; synchronous, on the worker's side. Promises as in the contract `Allowances`. Money of
 * a month is thousands of rows: each sum is read once and then kept in step with what the ledger of this process books.
 */
export class SqliteAllowances {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepareStatements>
  readonly #sums = new Map<string, KeptSum>()

  constructor(database: Database) {
    this.#database = database
    this.#statements = prepareStatements(database.connection)
  }

  use(limits: readonly UseLimit[], except: TurnId | undefined): Awaited<ReturnType<Allowances['use']>> {
    return limits.map((limit) => ({ ...limit, used: this.#used(limit, except), granted: this.#granted(limit) }))
  }

  /** The first limit of which nothing is left; for a transaction that is open already. */
  reached(limits: readonly UseLimit[], except: TurnId): UseLimit | undefined {
    return limits.find((limit) => this.#used(limit, except) >= limit.amount + this.#granted(limit))
  }

  grant({ cause, event, member, unit, amount, from, until, grantedBy }: Grant): boolean {
    return this.#database.transaction(() => {
      this.#statements.grant.run(cause, event, member, unit, amount, from, until, grantedBy)
      return this.#statements.grantedBy.get(cause) === event
    })
  }

  /** After the commit that opened a call. */
  opened(call: BookedCall): void {
    this.#add(call, call.reservedNanoUsd)
  }

  /** After the commit that ended a call. */
  ended(call: BookedCall, costNanoUsd: number): void {
    this.#add(call, costNanoUsd - call.reservedNanoUsd)
  }

  #add({ member, purpose, openedAt }: BookedCall, nanoUsd: number): void {
    for (const sum of this.#sums.values()) {
      const isCounted = sum.member === undefined || (sum.member === member && purpose === 'chat')
      if (isCounted && openedAt >= sum.since && openedAt < sum.until) sum.nanoUsd += nanoUsd
    }
  }

  #used(limit: UseLimit, except: TurnId | undefined): number {
    const { unit, member, since, until } = limit
    if (unit === 'money') return this.#money(limit)
    const { questions, ownQuestions } = this.#statements
    const asked = except ?? ''
    const askedAt = member === undefined ? questions.all(since, until, asked) : ownQuestions.all(member, since, until, asked)
    return unit === 'messages' ? askedAt.length : minutesOf(askedAt)
  }

  #money({ member, since, until }: UseLimit): number {
    const key = `${member ?? ''} ${String(since)} ${String(until)}`
    const kept = this.#sums.get(key)
    if (kept !== undefined) return kept.nanoUsd
    const { money, tenantMoney } = this.#statements
    const nanoUsd = (member === undefined ? tenantMoney.get(since, until) : money.get(member, since, until)) ?? 0
    if (this.#sums.size >= MOST_SUMS) this.#sums.clear()
    this.#sums.set(key, { member, since, until, nanoUsd })
    return nanoUsd
  }

  #granted({ member, unit, since, until }: UseLimit): number {
    return member === undefined ? 0 : (this.#statements.granted.get(member, unit, since, until) ?? 0)
  }
}

function prepareStatements(connection: Connection) {
  const cost = `select coalesce(sum(coalesce(cost_nano_usd, reserved_nano_usd)), 0)
    from call_opening left join call_ending using (turn, attempt, call)`
  const asked = `select min(opened_at) as at from call_opening left join call_ending using (turn, attempt, call)`
  // a question that reached nobody was no question
  const counted = `opened_at >= ? and opened_at < ? and purpose = 'chat' and turn <> ? and kind is not 'released' group by turn`
  return {
    // what runs in the background is booked with the member it is about, and is none of their use
    money: connection
      .prepare<[string, number, number], number>(`${cost} where member = ? and opened_at >= ? and opened_at < ? and purpose = 'chat'`)
      .pluck(),
    tenantMoney: connection.prepare<[number, number], number>(`${cost} where opened_at >= ? and opened_at < ?`).pluck(),
    questions: connection.prepare<[number, number, string], number>(`${asked} where ${counted}`).pluck(),
    ownQuestions: connection.prepare<[string, number, number, string], number>(`${asked} where member = ? and ${counted}`).pluck(),
    granted: connection
      .prepare<[string, string, number, number], number>(
        'select coalesce(sum(amount), 0) from allowance_grant where member = ? and unit = ? and granted_from >= ? and granted_from < ?',
      )
      .pluck(),
    grant: connection.prepare<[string, string, string, string, number, number, number, string]>(
      'insert into allowance_grant values (?, ?, ?, ?, ?, ?, ?, ?) on conflict (cause) do nothing',
    ),
    grantedBy: connection.prepare<[string], string>('select event from allowance_grant where cause = ?').pluck(),
  }
}
