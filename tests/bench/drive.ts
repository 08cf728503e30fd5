import { setTimeout as sleep } from 'node:timers/promises'
import type { RoomId } from '../../src/contracts/ids.ts'
import type { UpstreamCall } from '../fakes/upstream-script.ts'
import type { Heard, Person } from '../support/person.ts'
import type { BenchBot } from './bench-bot.ts'
import { readCpuMs } from './process-figures.ts'

const ANSWER_LIMIT_MS = 60_000
/** The bot's work behind an answer (bookkeeping, one more /sync) belongs to that answer. */
const SETTLE_MS = 500
const POLL_MS = 3

/** A question and its answer. Times in ms since the epoch. */
export interface Exchange {
  readonly tag: string
  readonly askedAt: number
  readonly answeredAt: number
}

/** Texts that hold a word, each once. */
export function createTags(prefix: string): () => string {
  let last = 0
  return () => `${prefix}-${String((last += 1))}-end`
}

/** Asks and waits for the final answer that says the tag again. */
export async function exchange(person: Person, roomId: RoomId, tag: string): Promise<Exchange> {
  const from = person.heard.length
  const askedAt = Date.now()
  await person.say(roomId, `question ${tag}`)
  const heard = await untilHeard(person, from, (event) => event.roomId === roomId && event.isFinal && event.body.includes(tag))
  if (heard === undefined) throw new Error(`no answer to ${tag} in ${String(ANSWER_LIMIT_MS)} ms`)
  return { tag, askedAt, answeredAt: heard.at }
}

/** The first event heard from `from` on that `accept` takes; undefined after the limit. */
export async function untilHeard(
  person: Person,
  from: number,
  accept: (heard: Heard) => boolean,
  limitMs = ANSWER_LIMIT_MS,
): Promise<Heard | undefined> {
  const deadline = Date.now() + limitMs
  for (let next = from; Date.now() < deadline; await sleep(POLL_MS)) {
    for (; next < person.heard.length; next += 1) {
      const heard = person.heard[next]
      if (heard !== undefined && accept(heard)) return heard
    }
  }
  return undefined
}

export interface Burst {
  readonly wallMs: number
  readonly answered: number
  readonly asked: number
}

/** Asks `perRoom` questions in each room, all at once, and waits for the answers. */
export async function burst(bot: BenchBot, perRoom: number, nextTag: () => string): Promise<Burst> {
  const questions = bot.rooms.flatMap((roomId) => Array.from({ length: perRoom }, () => ({ roomId, tag: nextTag() })))
  const from = bot.person.heard.length
  const startedAt = Date.now()
  const answers = await Promise.all(
    questions.map(async ({ roomId, tag }) => {
      await bot.person.say(roomId, `question ${tag}`)
      return untilHeard(bot.person, from, (event) => event.roomId === roomId && event.isFinal && event.body.includes(tag))
    }),
  )
  const seen = answers.filter((heard) => heard !== undefined)
  return { wallMs: Math.max(...seen.map((heard) => heard.at)) - startedAt, answered: seen.length, asked: questions.length }
}

/** CPU time of the bot while `work` runs, ms. */
export async function withCpu<Value>(
  bot: BenchBot,
  work: () => Promise<Value>,
): Promise<{ readonly value: Value; readonly cpuMs: number }> {
  const before = readCpuMs(bot.pid)
  const value = await work()
  await sleep(SETTLE_MS)
  return { value, cpuMs: readCpuMs(bot.pid) - before }
}

/** How long the upstream took over the question with this tag, from the request to the last piece, ms. */
export function upstreamMs(calls: readonly UpstreamCall[], tag: string): number {
  const call = calls.find((candidate) => lastQuestion(candidate).includes(tag))
  return call === undefined ? 0 : (call.chunks.at(-1)?.at ?? call.receivedAt) - call.receivedAt
}

export function lastQuestion(call: UpstreamCall): string {
  return call.messages.findLast((message) => message.role === 'user')?.content ?? ''
}
