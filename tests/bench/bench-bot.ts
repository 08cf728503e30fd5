import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import path from 'node:path'
import { Method } from 'matrix-js-sdk'
import type { RoomId } from '../../src/contracts/ids.ts'
import { TestHousehold } from '../support/household.ts'
import type { Person } from '../support/person.ts'
import type { Services } from '../support/services.ts'
import { FLOOR_DEVICE } from './floor-options.ts'
import type { FloorOptions } from './floor-options.ts'

/** A bot under measurement: an account with rooms and one strict person in them, and a process that can be killed and started. */
export interface BenchBot {
  readonly name: string
  readonly person: Person
  /** One person and the bot. */
  readonly room: RoomId
  /** Further rooms of the same kind. */
  readonly rooms: readonly RoomId[]
  readonly pid: number
  /** Spawns the process. Resolves when it would answer. */
  start(): Promise<void>
  /** SIGTERM, and its end. */
  stop(): Promise<void>
  /** SIGKILL, and its end. */
  kill(): Promise<void>
}

/** `ai-ops serve` in front of the gateway. */
export async function makeProduct(services: Services, roomCount: number, opened: AsyncDisposableStack): Promise<BenchBot> {
  const house = await makeHouse(services, roomCount, opened)
  let bot: ReturnType<TestHousehold['start']> | undefined
  return {
    name: 'product',
    ...placesOf(house),
    get pid() {
      return bot?.pid ?? 0
    },
    async start() {
      bot = house.start()
      await bot.untilReady()
    },
    async stop() {
      await bot?.[Symbol.asyncDispose]()
    },
    async kill() {
      await bot?.kill()
    },
  }
}

/** The bare bot, straight at the upstream. */
export async function makeFloor(
  services: Services,
  roomCount: number,
  opened: AsyncDisposableStack,
  mode: FloorOptions['mode'] = 'whole',
): Promise<BenchBot> {
  const house = await makeHouse(services, roomCount, opened)
  await house.asAssistant(Method.Put, `/devices/${FLOOR_DEVICE}`, { display_name: 'floor' })
  const options: FloorOptions = {
    homeserver: services.homeserver.url,
    token: services.homeserver.appserviceToken,
    userId: house.assistant,
    upstreamUrl: services.upstream.url,
    folder: house.home,
    mode,
  }
  let child: ChildProcess | undefined
  opened.defer(() => void child?.kill('SIGKILL'))
  return {
    name: mode === 'whole' ? 'floor' : 'streaming floor',
    ...placesOf(house),
    get pid() {
      return child?.pid ?? 0
    },
    async start() {
      child = spawn(process.execPath, [path.join(import.meta.dirname, 'floor-bot.ts'), JSON.stringify(options)], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      await untilItSays(child, 'ready')
    },
    stop: () => end(child, 'SIGTERM'),
    kill: () => end(child, 'SIGKILL'),
  }
}

async function makeHouse(services: Services, roomCount: number, opened: AsyncDisposableStack): Promise<TestHousehold> {
  const names = Array.from({ length: roomCount }, (_, index) => `room-${String(index)}`)
  return opened.use(
    await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: {
        ...Object.fromEntries(names.map((name) => [name, { people: ['robin'] }])),
        control: { people: ['robin'], kind: 'control' },
      },
    }),
  )
}

function placesOf(house: TestHousehold): Pick<BenchBot, 'person' | 'room' | 'rooms'> {
  const rooms = Object.entries(house.rooms).flatMap(([name, id]) => (name === 'control' ? [] : [id]))
  return { person: house.person('robin'), room: house.room('room-0'), rooms }
}

async function end(child: ChildProcess | undefined, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => child?.once('exit', resolve))
  child?.kill(signal)
  await ended
}

function untilItSays(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (data: Buffer) => {
      if (data.toString().includes(word)) resolve()
    })
    child.once('exit', (code) => reject(new Error(`the floor ended with ${String(code)}`)))
  })
}
