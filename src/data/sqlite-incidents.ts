import type { Incident } from '../contracts/incidents.ts'
import type { MemberId, RoomId, TurnId } from '../contracts/ids.ts'
import type { Connection, Database } from './database.ts'

/** What the rails stopped, in one tenant's file; synchronous, on the worker's side. Promises as in the contract `Incidents`. */
export class SqliteIncidents {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: Database) {
    this.#database = database
    this.#statements = prepareStatements(database.connection)
  }

  record(incident: Incident, since: number): number {
    // whoever asks for it by mistake must neither leave a trace nor spoil the caring answer
    if (incident.category === 'harm-at-home') return 0
    return this.#database.transaction(() => {
      this.#statements.add.run({ ...incident })
      return this.#statements.count.get(incident.member, incident.category, since)?.count ?? 0
    })
  }

  list(since: number): readonly Incident[] {
    return this.#statements.list.all(since).map(({ room_id: roomId, ...incident }) => ({ ...incident, roomId }))
  }
}

interface StoredIncident extends Omit<Incident, 'roomId'> {
  readonly turn: TurnId
  readonly room_id: RoomId
  readonly member: MemberId
}

function prepareStatements(connection: Connection) {
  return {
    add: connection.prepare<[Record<string, string | number>]>(`
      insert into incident (turn, direction, room_id, member, category, severity, action, at)
      values (@turn, @direction, @roomId, @member, @category, @severity, @action, @at) on conflict do nothing`),
    count: connection.prepare<[string, string, number], { count: number }>(
      'select count(*) as count from incident where member = ? and category = ? and at >= ?',
    ),
    list: connection.prepare<[number], StoredIncident>('select * from incident where at >= ? order by at, turn, direction'),
  }
}
