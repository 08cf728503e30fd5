import { createHash } from 'node:crypto'
import type { NewRefusedQuestion, ParentAnswer, RefusedQuestion } from '../contracts/incidents.ts'
import type { EventId, MemberId, RoomId, TurnId } from '../contracts/ids.ts'
import type { Connection, Database } from './database.ts'

/** From the contract: what nobody asked about within a day is forgotten. */
const FORGOTTEN_AFTER_MS = 24 * 3_600_000

/** "Ask a parent" in one tenant's file; synchronous, on the worker's side. Promises as in the contract `ParentQuestions`. */
export class SqliteQuestions {
  readonly #database: Database
  readonly #statements: ReturnType<typeof prepareStatements>

  constructor(database: Database) {
    this.#database = database
    this.#statements = prepareStatements(database.connection)
  }

  keep(question: NewRefusedQuestion): void {
    const { turn, roomId, member, at, threadRoot, text } = question
    this.#database.transaction(() => {
      this.#statements.forget.run(at - FORGOTTEN_AFTER_MS)
      this.#statements.replace.run(roomId, member, turn)
      this.#statements.add.run({ ...question, threadRoot: threadRoot ?? null, words: wordsOf(text) })
    })
  }

  last(roomId: RoomId, member: MemberId, since: number): RefusedQuestion | undefined {
    const row = this.#statements.last.get(roomId, member, since)
    return row && toQuestion(row)
  }

  asked(turn: TurnId, at: number): void {
    this.#database.transaction(() => {
      this.#statements.asked.run(at, turn)
    })
  }

  find(turn: TurnId): RefusedQuestion | undefined {
    const row = this.#statements.find.get(turn)
    return row && toQuestion(row)
  }

  answer(turn: TurnId, { answer, guardian, event, at }: ParentAnswer): boolean {
    return this.#database.transaction(() => {
      this.#statements.answer.run({ turn, answer, guardian, event, at })
      return this.#statements.find.get(turn)?.answer_event === event
    })
  }

  forget(eventId: EventId): void {
    this.#database.transaction(() => {
      this.#statements.takeBack.run(eventId)
    })
  }

  isAllowed(member: MemberId, text: string): boolean {
    return this.#statements.isAllowed.get(member, wordsOf(text)) !== undefined
  }
}

/** Two questions are the same words whatever their case, spaces and closing marks. */
function wordsOf(text: string): Uint8Array {
  const words = text
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/\s+/gu, ' ')
    .replace(/[\s.!?…]+$/u, '')
    .trim()
  return createHash('sha256').update(words).digest()
}

interface StoredQuestion {
  readonly turn: TurnId
  readonly room_id: RoomId
  readonly member: MemberId
  readonly event_id: EventId
  readonly thread_root: EventId | null
  readonly text: string
  readonly category: string
  readonly at: number
  readonly asked_at: number | null
  readonly answer: NonNullable<RefusedQuestion['answer']> | null
  readonly answer_event: EventId | null
}

function toQuestion(row: StoredQuestion): RefusedQuestion {
  return {
    turn: row.turn,
    roomId: row.room_id,
    member: row.member,
    eventId: row.event_id,
    threadRoot: row.thread_root ?? undefined,
    text: row.text,
    category: row.category,
    at: row.at,
    askedAt: row.asked_at ?? undefined,
    answer: row.answer ?? undefined,
  }
}

function prepareStatements(connection: Connection) {
  return {
    forget: connection.prepare<[number]>('delete from refused_question where asked_at is null and at < ?'),
    replace: connection.prepare<[string, string, string]>(
      'delete from refused_question where room_id = ? and member = ? and turn <> ? and asked_at is null',
    ),
    add: connection.prepare<[Record<string, string | number | Uint8Array | null>]>(`
      insert into refused_question (turn, room_id, member, event_id, thread_root, text, words, category, at)
      values (@turn, @roomId, @member, @eventId, @threadRoot, @text, @words, @category, @at) on conflict do nothing`),
    last: connection.prepare<[string, string, number], StoredQuestion>(`
      select * from refused_question where room_id = ? and member = ? and at >= ? and asked_at is null order by at desc limit 1`),
    asked: connection.prepare<[number, string]>('update refused_question set asked_at = coalesce(asked_at, ?) where turn = ?'),
    find: connection.prepare<[string], StoredQuestion>('select * from refused_question where turn = ?'),
    answer: connection.prepare<[Record<string, string | number>]>(`
      update refused_question set answer = @answer, guardian = @guardian, answered_at = @at, answer_event = @event,
        asked_at = coalesce(asked_at, @at)
      where turn = @turn and answer is null`),
    takeBack: connection.prepare<[string]>('delete from refused_question where event_id = ? and answer is null'),
    isAllowed: connection.prepare<[string, Uint8Array], unknown>(
      "select 1 from refused_question where member = ? and words = ? and answer = 'always' limit 1",
    ),
  }
}
