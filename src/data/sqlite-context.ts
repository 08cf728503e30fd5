import type { EventId, MemberId, RoomId } from '../contracts/ids.ts'
import type { ContextMessage, RecallRequest } from '../contracts/memory.ts'
import type { Connection, Database } from './database.ts'

/** The running context of a tenant's rooms; synchronous, on the worker's side. Promises as in the contract `Memory`. */
export class SqliteContext {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: Database) {
    this.#database = database
    this.#statements = prepareStatements(database.connection)
  }

  /** The newest messages that fit, without a hole between them. */
  recall(request: RecallRequest): readonly ContextMessage[] {
    const threadRoot = request.threadRoot ?? mainTimeline
    const topic = this.#statements.topic.get(request.roomId, threadRoot)
    const since = Math.max(topic?.started_at ?? 0, request.audienceSince)
    const messages: ContextMessage[] = []
    let tokens = 0
    for (const row of this.#statements.newestFirst.iterate(request.roomId, threadRoot, since)) {
      tokens += estimateTokens(row.text)
      if (tokens > request.tokenLimit) break
      messages.push(toMessage(row))
    }
    return messages.toReversed()
  }

  remember(roomId: RoomId, threadRoot: EventId | undefined, messages: readonly ContextMessage[]): void {
    this.#database.transaction(() => {
      for (const message of messages) {
        if (this.#statements.isForgotten.get(message.eventId)) continue
        this.#statements.add.run({
          eventId: message.eventId,
          roomId,
          threadRoot: threadRoot ?? mainTimeline,
          author: message.author,
          member: message.member ?? null,
          name: message.name,
          text: message.text,
          at: message.at,
        })
      }
    })
  }

  startTopic(roomId: RoomId, threadRoot: EventId | undefined, at: number): void {
    this.#database.transaction(() => {
      this.#statements.startTopic.run(roomId, threadRoot ?? mainTimeline, at)
    })
  }

  amend(eventId: EventId, text: string | undefined): void {
    this.#database.transaction(() => {
      if (text !== undefined) {
        this.#statements.amend.run(text, eventId)
        return
      }
      this.#statements.remove.run(eventId)
      this.#statements.forget.run(eventId)
    })
    // the old words still lie in the write-ahead log
    this.#database.connection.pragma('wal_checkpoint(truncate)')
  }
}

const mainTimeline = ''

/** A rough count that errs high for English: four characters a token and four tokens of framing a message. */
function estimateTokens(text: string): number {
  return Math.ceil(text.length / 4) + 4
}

interface StoredMessage {
  readonly event_id: EventId
  readonly author: ContextMessage['author']
  readonly member: MemberId | null
  readonly name: string
  readonly text: string
  readonly at: number
}

function toMessage(row: StoredMessage): ContextMessage {
  return {
    eventId: row.event_id,
    author: row.author,
    member: row.member ?? undefined,
    name: row.name,
    text: row.text,
    at: row.at,
  }
}

function prepareStatements(connection: Connection) {
  return {
    topic: connection.prepare<[string, string], { started_at: number }>(
      'select started_at from topic where room_id = ? and thread_root = ?',
    ),
    newestFirst: connection.prepare<[string, string, number], StoredMessage>(`
      select event_id, author, member, name, text, at from message
      where room_id = ? and thread_root = ? and at >= ? order by at desc, number desc`),
    isForgotten: connection.prepare<[string], unknown>('select 1 from forgotten where event_id = ?'),
    add: connection.prepare<[Record<string, string | number | null>]>(`
      insert into message (event_id, room_id, thread_root, author, member, name, text, at)
      values (@eventId, @roomId, @threadRoot, @author, @member, @name, @text, @at) on conflict (event_id) do nothing`),
    startTopic: connection.prepare<[string, string, number]>(`
      insert into topic values (?, ?, ?)
      on conflict (room_id, thread_root) do update set started_at = max(started_at, excluded.started_at)`),
    amend: connection.prepare<[string, string]>('update message set text = ? where event_id = ?'),
    remove: connection.prepare<[string]>('delete from message where event_id = ?'),
    forget: connection.prepare<[string]>('insert into forgotten values (?) on conflict do nothing'),
  }
}
