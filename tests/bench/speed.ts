import type { BenchBot } from './bench-bot.ts'
import { makeFloor, makeProduct } from './bench-bot.ts'
import { startBenchServices } from './bench-services.ts'
import { measureBursts, measureGrowth, measureIdle, measureReplies, measureRestarts, measureStreams, residentMb } from './measure-speed.ts'
import type { BurstFigures, GrowthFigures, Load } from './measure-speed.ts'
import { describeRun } from './report.ts'
import type { Report, Row } from './report.ts'
import { median, percentile } from './statistics.ts'

const BURST_ROOMS = 20

const loads: Readonly<Record<'full' | 'quick', Load>> = {
  full: { rounds: 12, messagesPerRound: 10, bursts: 3, restarts: 3, streams: 12, growthMessages: 1_000 },
  quick: { rounds: 3, messagesPerRound: 10, bursts: 1, restarts: 2, streams: 3, growthMessages: 0 },
}

/** Floor and product in turn on one homeserver and one upstream. */
export async function measureSpeed(size: keyof typeof loads): Promise<Report> {
  const load = loads[size]
  await using opened = new AsyncDisposableStack()
  const services = await startBenchServices(opened)
  const floor = await makeFloor(services, BURST_ROOMS, opened)
  const product = await makeProduct(services, BURST_ROOMS, opened)
  const streamingFloor = await makeFloor(services, 1, opened, 'streamed')
  const bots = [floor, product]
  for (const bot of [...bots, streamingFloor]) {
    // the first start makes an identity and compiles the code
    await bot.start()
    await bot.stop()
    await bot.start()
  }
  say('rooms made, bots started')
  const idle = await measureIdle(bots)
  const replies = await measureReplies(services, bots, load)
  say('replies measured')
  const bursts = await measureBursts(services, bots, load)
  say('bursts measured')
  const after = residentMb(bots)
  const streams = await measureStreams(services, [streamingFloor, product], load)
  say('streams measured')
  const restarts = await measureRestarts(services, bots, load)
  say('restarts measured')
  const growth = load.growthMessages === 0 ? undefined : await measureGrowth(services, product, load)

  const of = <Figure>(figures: ReadonlyMap<BenchBot, Figure>, bot: BenchBot): Figure => {
    const found = figures.get(bot)
    if (found === undefined) throw new Error(`${bot.name} was not measured`)
    return found
  }
  const both = <Figure>(figures: ReadonlyMap<BenchBot, Figure>, read: (figure: Figure) => number, low: BenchBot = floor): Pair => ({
    floor: read(of(figures, low)),
    product: read(of(figures, product)),
  })
  const rows: readonly Row[] = [
    ratioRow(
      'reply overhead p50, ms',
      both(replies, (one) => percentile(one.overheadMs, 0.5)),
      { most: 1.5 },
    ),
    ratioRow(
      'reply overhead p95, ms',
      both(replies, (one) => percentile(one.overheadMs, 0.95)),
      { most: 2 },
    ),
    ratioRow(
      'CPU of the bot per answer, ms',
      both(replies, (one) => one.cpuMsPerMessage),
      { most: 2 },
    ),
    ratioRow('20 rooms x 3 at once: answers a second', both(bursts, throughput), { least: 0.7 }),
    {
      measure: '20 rooms x 3 at once: wall, s',
      cells: [wallsOf(of(bursts, floor)), wallsOf(of(bursts, product)), ''],
      target: '',
      isMet: undefined,
    },
    answeredRow(of(bursts, floor), of(bursts, product)),
    ratioRow(
      'CPU of the bot per answer in the burst, ms',
      both(bursts, (one) => one.cpuMsPerMessage),
      {},
    ),
    {
      ...ratioRow(
        'resident memory idle, MB',
        both(idle, (mb) => mb),
        {},
      ),
      target: '<= 220',
      isMet: of(idle, product) <= 220,
    },
    ratioRow(
      'resident memory after all of it, MB',
      both(after, (mb) => mb),
      {},
    ),
    ...(growth === undefined ? [] : [growthRow(growth, load)]),
    {
      measure: 'killed, started -> first answer, ms',
      cells: [listOf(of(restarts, floor)), listOf(of(restarts, product)), ''],
      target: '<= 1500',
      isMet: Math.max(...of(restarts, product)) <= 1_500,
    },
    ratioRow(
      'streamed: first text behind the upstream p50, ms',
      both(streams, (one) => median(one.firstTextMs), streamingFloor),
      { most: 1.5 },
    ),
    ratioRow(
      'streamed: first sentence behind the upstream p50, ms',
      both(streams, (one) => median(one.firstSentenceMs), streamingFloor),
      {},
    ),
    ratioRow(
      'streamed: whole text behind the upstream p50, ms',
      both(streams, (one) => median(one.lastTextMs), streamingFloor),
      {},
    ),
    ratioRow(
      'streamed: edits',
      both(streams, (one) => median(one.edits), streamingFloor),
      {},
    ),
  ]
  const count = load.rounds * load.messagesPerRound
  return { title: `Speed, ${String(count)} messages each: ${describeRun()}`, columns: ['floor', 'product', 'ratio'], rows }
}

interface Pair {
  readonly floor: number
  readonly product: number
}

function ratioRow(measure: string, { floor, product }: Pair, target: { readonly most?: number; readonly least?: number }): Row {
  const ratio = product / floor
  const cells = [show(floor), show(product), ratio.toFixed(2)]
  if (target.most !== undefined) return { measure, cells, target: `<= ${String(target.most)} x`, isMet: ratio <= target.most }
  if (target.least !== undefined) return { measure, cells, target: `>= ${String(target.least)} x`, isMet: ratio >= target.least }
  return { measure, cells, target: '', isMet: undefined }
}

function throughput({ bursts }: BurstFigures): number {
  return median(bursts.map((one) => (one.answered / one.wallMs) * 1_000))
}

function wallsOf({ bursts }: BurstFigures): string {
  return bursts.map((one) => (one.wallMs / 1_000).toFixed(1)).join(', ')
}

function answeredRow(floor: BurstFigures, product: BurstFigures): Row {
  const cell = ({ bursts }: BurstFigures): string => bursts.map((one) => String(one.answered)).join(', ')
  const isMet = product.bursts.every((one) => one.answered === one.asked)
  return { measure: '20 rooms x 3 at once: answered of 60', cells: [cell(floor), cell(product), ''], target: 'all', isMet }
}

function growthRow({ earlyMb, lateMb }: GrowthFigures, load: Load): Row {
  const growth = lateMb / earlyMb - 1
  const measure = `resident memory after ${String(load.growthMessages / 5)} -> ${String(load.growthMessages)} further messages, MB`
  return {
    measure,
    cells: ['', `${show(earlyMb)} -> ${show(lateMb)}`, `${(growth * 100).toFixed(1)} %`],
    target: '< 10 %',
    isMet: growth < 0.1,
  }
}

function listOf(values: readonly number[]): string {
  return values.map((value) => value.toFixed(0)).join(', ')
}

function show(value: number): string {
  return value.toFixed(value < 100 ? 1 : 0)
}

function say(line: string): void {
  console.error(`[bench] ${line}`)
}
