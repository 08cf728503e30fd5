import type { Allowances, Grant, LimitUse, UseLimit } from '../contracts/allowance.ts'
import type { TurnId } from '../contracts/ids.ts'
import { minutesOf } from './sitting-minutes.ts'
import type { Connection, Database } from './database.ts'

/** What was used and granted, of one tenant's file; synchronous, on the worker's side. Promises as in the contract `Allowances`. */
export class SqliteAllowances {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepareStatements>

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

  #used({ unit, member, since, until }: LimitUse | UseLimit, except: TurnId | undefined): number {
    const { money, tenantMoney, questions } = this.#statements
    if (unit === 'money') return (member === undefined ? tenantMoney.get(since, until) : money.get(since, until, member)) ?? 0
    const askedAt = questions
      .all(since, until, except ?? '')
      .flatMap((row) => (member === undefined || row.member === member ? [row.at] : []))
    return unit === 'messages' ? askedAt.length : minutesOf(askedAt)
  }

  #granted({ member, unit, since, until }: UseLimit): number {
    return member === undefined ? 0 : (this.#statements.granted.get(member, unit, since, until) ?? 0)
  }
}

function prepareStatements(connection: Connection) {
  const cost = `coalesce(sum(coalesce(cost_nano_usd, reserved_nano_usd)), 0)
    from call_opening left join call_ending using (turn, attempt, call) where opened_at >= ? and opened_at < ?`
  return {
    // what runs in the background is booked with the member it is about, and is none of their use
    money: connection.prepare<[number, number, string], number>(`select ${cost} and purpose = 'chat' and member = ?`).pluck(),
    tenantMoney: connection.prepare<[number, number], number>(`select ${cost}`).pluck(),
    // a question that reached nobody was no question
    questions: connection.prepare<[number, number, string], { member: string; at: number }>(`
      select member, min(opened_at) as at from call_opening left join call_ending using (turn, attempt, call)
      where opened_at >= ? and opened_at < ? and purpose = 'chat' and turn <> ? and kind is not 'released'
      group by turn`),
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
