import type { EdgeFacts } from '../contracts/edge-store.ts'
import type { Answers, Binding, RoomKind } from '../contracts/household.ts'
import type { RoomId, TenantId } from '../contracts/ids.ts'
import type { Connection } from './database.ts'
import type { EdgeTransactions } from './edge-transactions.ts'

/** Small things the edge remembers about itself, and the bindings made while running. */
export class SqliteEdgeFacts implements EdgeFacts {
  readonly #transactions: EdgeTransactions
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(transactions: EdgeTransactions) {
    this.#transactions = transactions
    this.#statements = prepareStatements(transactions.connection)
  }

  read(key: string): Promise<string | undefined> {
    return this.#transactions.read(() => this.#statements.read.get(key)?.value)
  }

  write(key: string, value: string): Promise<void> {
    return this.#transactions.write(() => {
      this.#statements.write.run(key, value)
    })
  }

  once(key: string): Promise<boolean> {
    return this.#transactions.write(() => this.#statements.once.run(key).changes === 1)
  }

  bindings(): Promise<readonly Binding[]> {
    return this.#transactions.read(() => this.#statements.bindings.all().map(toBinding))
  }

  bind(binding: Binding): Promise<void> {
    return this.#transactions.write(() => {
      this.#statements.bind.run({
        roomId: binding.roomId,
        name: binding.name,
        tenant: binding.tenant,
        domain: binding.domain,
        profile: binding.profile ?? null,
        kind: binding.kind,
        answers: binding.answers ?? null,
        boundAt: binding.boundAt,
      })
    })
  }
}

interface BindingRow {
  readonly room_id: RoomId
  readonly name: string
  readonly tenant: TenantId
  readonly domain: string
  readonly profile: string | null
  readonly kind: RoomKind
  readonly answers: Answers | null
  readonly bound_at: number
}

function toBinding(row: BindingRow): Binding {
  return {
    roomId: row.room_id,
    name: row.name,
    tenant: row.tenant,
    domain: row.domain,
    profile: row.profile ?? undefined,
    kind: row.kind,
    answers: row.answers ?? undefined,
    boundAt: row.bound_at,
  }
}

function prepareStatements(connection: Connection) {
  return {
    read: connection.prepare<[string], { value: string }>('select value from fact where key = ?'),
    write: connection.prepare<[string, string]>('insert into fact values (?, ?) on conflict (key) do update set value = excluded.value'),
    once: connection.prepare<[string]>('insert into said_once values (?) on conflict do nothing'),
    bindings: connection.prepare<[], BindingRow>('select * from binding order by room_id'),
    bind: connection.prepare<Record<string, string | number | null>>(
      'insert or replace into binding values (@roomId, @name, @tenant, @domain, @profile, @kind, @answers, @boundAt)',
    ),
  }
}
