import type { RoomId } from '../../../src/contracts/ids.ts'
import type { CrashPoint } from '../../../src/contracts/platform.ts'
import type { InstanceStatus } from '../../../src/interfaces/terminal/terminal-ports.ts'
import type { BotProcess } from '../../support/bot-process.ts'
import { TestHousehold } from '../../support/household.ts'
import type { Services } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { bookingFaults, readLedger } from './booked-calls.ts'
import type { Mode } from './reachable-points.ts'
import { SaidMessages } from './said-messages.ts'
import type { SaidMessage } from './said-messages.ts'

/** What people say in each mode; the sentences of a streamed answer are shown one by one. */
const words: Readonly<Record<Mode, string>> = {
  whole: 'A short one.',
  streamed: 'The kettle sings. The cat sleeps. The clock ticks on. Rain falls outside. Somebody hums. The soup is warm.',
}
/** Reaches that come without a message of their own, as those of /sync do, may make it outlive its messages. */
const moreMessages = 4
/** What is left to do after an answer takes milliseconds. */
const restMs = 1_000

/** Streamed: eight pieces in 1.9 s, so a draft after 0.4 s, an edit a second later, and the end after that. */
export async function scriptModes({ upstream }: Pick<Services, 'upstream'>): Promise<void> {
  await upstream.script({ contains: words.whole, script: { kind: 'echo' } })
  await upstream.script({ contains: words.streamed, script: { kind: 'echo', chunks: 8, chunkDelayMs: 270 } })
}

/** One person, three rooms and an assistant that is killed in them again and again. */
export class CrashHouse implements AsyncDisposable {
  readonly house: TestHousehold
  readonly said: SaidMessages
  readonly #rooms: readonly RoomId[]
  #mode: Mode | undefined
  #identity = ''
  /** How many processes ended while a message had no answer. */
  readonly #kills = new Map<SaidMessage, number>()

  private constructor(house: TestHousehold) {
    this.house = house
    this.said = new SaidMessages(house.person('robin'), `said-${house.assistant.slice(11, 19)}`)
    this.#rooms = Object.values(house.rooms)
  }

  static async make(services: Services): Promise<CrashHouse> {
    const people = ['robin']
    const house = new CrashHouse(
      await TestHousehold.make(services, {
        people: { robin: { role: 'owner' } },
        rooms: { kitchen: { people }, study: { people }, garden: { people } },
      }),
    )
    await house.#runInPeace((status) => {
      house.#identity = identityOf(status)
    })
    return house
  }

  /**
   * Names the first, second and third reach of the point to three processes and answers how each ended; throws if one lives on. What
   * is left unfinished is left to the next process, and that may be killed as well.
   */
  async crash(mode: Mode, point: CrashPoint): Promise<readonly (string | null)[]> {
    // what one mode left would reach points that the other cannot
    if (this.#mode !== undefined && this.#mode !== mode) await this.#runInPeace()
    this.#mode = mode
    const ends: (string | null)[] = []
    for (const reach of [1, 2, 3]) ends.push(await this.#crashOnce(mode, `${point}#${String(reach)}`, reach))
    return ends
  }

  /** Lets the assistant finish, and answers in words whatever is not right then with answers, keys, identity and ledger. */
  async faults(): Promise<readonly string[]> {
    const faults: string[] = []
    await this.#runInPeace((status) => {
      const identity = identityOf(status)
      const settled = JSON.stringify(status.settled)
      if (identity !== this.#identity) faults.push(`the identity ${this.#identity} has become ${identity}`)
      if (!/\b0 waiting for a key\b/.test(JSON.stringify(status.checks))) faults.push(`keys are missing: ${JSON.stringify(status.checks)}`)
      if (settled !== JSON.stringify({ answered: this.said.all.length })) faults.push(`the inbox settled ${settled}`)
    })
    const ledger = await readLedger(this.house.home, 'family')
    const calls = await this.house.services.upstream.calls()
    return [
      ...faults,
      ...this.said.faults(),
      ...this.said.all.flatMap((message) => bookingFaults(message, this.#kills.get(message) ?? 0, { ledger, calls })),
    ]
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.house[Symbol.asyncDispose]()
  }

  async #runInPeace(look: (status: InstanceStatus) => void = () => undefined): Promise<void> {
    await using bot = this.house.start()
    await bot.untilReady()
    await this.said.untilAnswered(60_000, () => bot.output.slice(-1_500))
    // an answer of each room comes after everything that was still to be done in it
    await this.#sayIn(this.#rooms, 'peace', 'whole')
    await this.said.untilAnswered(30_000, () => bot.output.slice(-1_500))
    look(await bot.untilReady())
  }

  /** First reach: the message was said while nobody ran. Second: at the start. Third: to an assistant that is ready. */
  async #crashOnce(mode: Mode, crashAt: string, reach: number): Promise<string | null> {
    if (reach === 1) await this.#sayIn(this.#rooms.slice(0, 1), crashAt, mode)
    const bot = this.house.start({ crashAt })
    if (reach === 3) await Promise.race([bot.exited, untilReady(bot)])
    if (reach > 1) await this.#sayIn(this.#rooms.slice(0, reach), crashAt, mode)
    for (let more = 0; !(await this.#diesOrRests(bot)); more += 1) {
      if (more === moreMessages) throw new Error(`${crashAt} is not reached; ${bot.output.slice(-1_500)}`)
      await this.#sayIn(this.#rooms.slice(0, 1), crashAt, mode)
    }
    for (const message of this.said.unanswered()) this.#kills.set(message, (this.#kills.get(message) ?? 0) + 1)
    return (await bot.exited).signal
  }

  /** True once the process is gone, false if it lives on although everything is answered. */
  #diesOrRests(bot: BotProcess): Promise<boolean> {
    let isGone = false
    void bot.exited.then(() => {
      isGone = true
    })
    let answeredAt: number | undefined
    return waitUntil(
      () => {
        if (isGone) return true
        if (this.said.unanswered().length > 0) return undefined
        answeredAt ??= Date.now()
        return Date.now() - answeredAt > restMs ? false : undefined
      },
      () => `neither dead nor done: ${JSON.stringify(this.said.unanswered())}; ${bot.output.slice(-1_500)}`,
      60_000,
    )
  }

  #sayIn(rooms: readonly RoomId[], during: string, mode: Mode): Promise<unknown> {
    return Promise.all(rooms.map((roomId) => this.said.say(roomId, during, words[mode])))
  }
}

/** By its own word, which costs less than asking for its status all the time. */
function untilReady(bot: BotProcess): Promise<true> {
  return waitUntil(
    () => (bot.output.includes('"event":"ready"') ? true : undefined),
    () => `not ready: ${bot.output.slice(-1_500)}`,
  )
}

function identityOf({ device, ed25519 }: InstanceStatus): string {
  return `${device} ${ed25519}`
}
