import { setTimeout as sleep } from 'node:timers/promises'
import type { Services } from '../support/services.ts'
import type { BenchBot } from './bench-bot.ts'
import { burst, createTags, exchange, lastQuestion, untilHeard, upstreamMs, withCpu } from './drive.ts'
import type { Burst } from './drive.ts'
import { readResidentMb } from './process-figures.ts'
import { emittedAt, firstSentence, streamedScript } from './streamed-script.ts'

/** Before memory is read for idle, ms. */
const IDLE_MS = 10_000
const PER_ROOM = 3
const GROWTH_READINGS = 20

export interface Load {
  readonly rounds: number
  readonly messagesPerRound: number
  readonly bursts: number
  readonly restarts: number
  readonly streams: number
  readonly growthMessages: number
}

export interface ReplyFigures {
  readonly overheadMs: readonly number[]
  readonly cpuMsPerMessage: number
}

/** One question after the other, the bots in turn. Overhead: asked -> final text decrypted, minus the upstream's own time. */
export async function measureReplies(
  services: Services,
  bots: readonly BenchBot[],
  load: Load,
): Promise<ReadonlyMap<BenchBot, ReplyFigures>> {
  await services.upstream.reset()
  await services.upstream.script({ script: { kind: 'echo' } })
  const nextTag = createTags('reply')
  // the first message of a room makes its keys
  for (const bot of bots) for (let i = 0; i < 5; i += 1) await exchange(bot.person, bot.room, nextTag())
  const figures = new Map(bots.map((bot) => [bot, { exchanges: [] as Awaited<ReturnType<typeof exchange>>[], cpuMs: 0 }]))
  for (let round = 0; round < load.rounds; round += 1) {
    for (const [bot, kept] of figures) {
      const { cpuMs } = await withCpu(bot, async () => {
        for (let i = 0; i < load.messagesPerRound; i += 1) kept.exchanges.push(await exchange(bot.person, bot.room, nextTag()))
      })
      kept.cpuMs += cpuMs
    }
  }
  const calls = await services.upstream.calls()
  return new Map(
    [...figures].map(([bot, { exchanges, cpuMs }]) => [
      bot,
      {
        overheadMs: exchanges.map(({ tag, askedAt, answeredAt }) => answeredAt - askedAt - upstreamMs(calls, tag)),
        cpuMsPerMessage: cpuMs / exchanges.length,
      },
    ]),
  )
}

export interface BurstFigures {
  readonly bursts: readonly Burst[]
  readonly cpuMsPerMessage: number
}

/** Three questions in each of all rooms at once; the first burst, which makes the keys of the rooms, is not counted. */
export async function measureBursts(
  services: Services,
  bots: readonly BenchBot[],
  load: Load,
): Promise<ReadonlyMap<BenchBot, BurstFigures>> {
  await services.upstream.reset()
  await services.upstream.script({ script: { kind: 'echo' } })
  const nextTag = createTags('burst')
  for (const bot of bots) await burst(bot, 1, nextTag)
  const figures = new Map(bots.map((bot) => [bot, { bursts: [] as Burst[], cpuMs: 0 }]))
  for (let round = 0; round < load.bursts; round += 1) {
    for (const [bot, kept] of figures) {
      const { value, cpuMs } = await withCpu(bot, () => burst(bot, PER_ROOM, nextTag))
      kept.bursts.push(value)
      kept.cpuMs += cpuMs
    }
  }
  return new Map(
    [...figures].map(([bot, { bursts, cpuMs }]) => [
      bot,
      { bursts, cpuMsPerMessage: cpuMs / bursts.reduce((total, one) => total + one.answered, 0) },
    ]),
  )
}

/** Kill, a question while it is down, spawn -> its answer is seen, ms. */
export async function measureRestarts(
  services: Services,
  bots: readonly BenchBot[],
  load: Load,
): Promise<ReadonlyMap<BenchBot, readonly number[]>> {
  await services.upstream.reset()
  await services.upstream.script({ script: { kind: 'echo' } })
  const nextTag = createTags('restart')
  const figures = new Map(bots.map((bot) => [bot, [] as number[]]))
  for (let round = 0; round < load.restarts; round += 1) {
    for (const [bot, kept] of figures) {
      await bot.kill()
      const tag = nextTag()
      const from = bot.person.heard.length
      await bot.person.say(bot.room, `question ${tag}`)
      await sleep(500)
      const spawnedAt = Date.now()
      const starting = bot.start()
      const heard = await untilHeard(bot.person, from, (event) => event.isFinal && event.body.includes(tag))
      kept.push((heard?.at ?? Number.NaN) - spawnedAt)
      await starting
      await sleep(500)
    }
  }
  return figures
}

export interface StreamFigures {
  /** The first text that is seen, minus the moment the upstream sent its last character. */
  readonly firstTextMs: readonly number[]
  /** The first text that holds the whole first sentence, minus the moment the upstream sent the sentence's end. */
  readonly firstSentenceMs: readonly number[]
  /** The final text, minus the moment the upstream ended. */
  readonly lastTextMs: readonly number[]
  readonly edits: readonly number[]
}

type Samples = { -readonly [Figure in keyof StreamFigures]: number[] }

export async function measureStreams(
  services: Services,
  bots: readonly BenchBot[],
  load: Load,
): Promise<ReadonlyMap<BenchBot, StreamFigures>> {
  await services.upstream.reset()
  await services.upstream.script({ script: streamedScript })
  const nextTag = createTags('stream')
  const empty = (): Samples => ({ firstTextMs: [], firstSentenceMs: [], lastTextMs: [], edits: [] })
  const figures = new Map(bots.map((bot) => [bot, empty()]))
  for (let round = -1; round < load.streams; round += 1) {
    for (const [bot, kept] of figures) await stream(services, bot, nextTag(), round < 0 ? empty() : kept)
  }
  return figures
}

async function stream(services: Services, bot: BenchBot, tag: string, kept: Samples): Promise<void> {
  const { person, room } = bot
  const whole = streamedScript.kind === 'text' ? streamedScript.text : ''
  const from = person.heard.length
  await person.say(room, `question ${tag}`)
  const first = await untilHeard(person, from, (event) => event.roomId === room)
  const sentence = await untilHeard(person, from, (event) => event.roomId === room && event.body.includes(firstSentence))
  const last = await untilHeard(person, from, (event) => event.roomId === room && event.isFinal && event.body === whole)
  const call = (await services.upstream.calls(tag)).find((candidate) => lastQuestion(candidate).includes(tag))
  if (first === undefined || sentence === undefined || last === undefined || call === undefined)
    throw new Error(`no streamed answer to ${tag}`)
  kept.firstTextMs.push(first.at - emittedAt(call.chunks, first.body))
  kept.firstSentenceMs.push(sentence.at - emittedAt(call.chunks, firstSentence))
  kept.lastTextMs.push(last.at - (call.chunks.at(-1)?.at ?? Number.NaN))
  kept.edits.push(person.heard.slice(from).filter((event) => event.roomId === room && event.edits !== undefined).length)
}

/** Memory of each bot after some quiet seconds, MB. */
export async function measureIdle(bots: readonly BenchBot[]): Promise<ReadonlyMap<BenchBot, number>> {
  await sleep(IDLE_MS)
  return residentMb(bots)
}

export function residentMb(bots: readonly BenchBot[]): ReadonlyMap<BenchBot, number> {
  return new Map(bots.map((bot) => [bot, readResidentMb(bot.pid)]))
}

export interface GrowthFigures {
  readonly earlyMb: number
  readonly lateMb: number
}

/**
 * Many messages over five rooms, with memory read twenty times on the way: the mean of the four readings from a fifth of
 * the messages on, when caches have their size, and of the last four. Single readings stand before or after a collection.
 */
export async function measureGrowth(services: Services, bot: BenchBot, load: Load): Promise<GrowthFigures> {
  await services.upstream.reset()
  await services.upstream.script({ script: { kind: 'echo' } })
  const nextTag = createTags('growth')
  const rooms = bot.rooms.slice(0, 5)
  const readings: number[] = []
  for (let step = 0; step < GROWTH_READINGS; step += 1) {
    await Promise.all(
      rooms.map(async (room) => {
        for (let i = 0; i < load.growthMessages / GROWTH_READINGS / rooms.length; i += 1) await exchange(bot.person, room, nextTag())
      }),
    )
    readings.push(readResidentMb(bot.pid))
  }
  const mean = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0) / values.length
  return { earlyMb: mean(readings.slice(3, 7)), lateMb: mean(readings.slice(-4)) }
}
