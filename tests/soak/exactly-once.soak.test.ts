import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RoomId, UserId } from '../../src/contracts/ids.ts'
import { callHome } from '../../src/data/home-socket.ts'
import type { InstanceStatus } from '../../src/interfaces/terminal/terminal-ports.ts'
import { startScriptedUpstream } from '../fakes/scripted-upstream.ts'
import { connectUpstream } from '../fakes/upstream-control.ts'
import type { UpstreamControl } from '../fakes/upstream-control.ts'
import { readLedger } from '../integration/exactly-once/booked-calls.ts'
import { SaidMessages } from '../integration/exactly-once/said-messages.ts'
import { Command, isGone, readRunning } from '../integration/platform/start-process.ts'
import { takePortBase } from '../support/free-ports.ts'
import { describeWithServices } from '../support/services.ts'
import { waitUntil } from '../support/wait-until.ts'
import { makeDirectRoom, openPerson, readDemo, roomOf } from './demo-people.ts'

const messages = 100
const botKills = 20
/** After so many kills of the assistant everything is killed at once. */
const killsPerLife = 6
const words = 'The kettle sings. The cat sleeps. The clock ticks on. Rain falls outside. Somebody hums. The soup is warm.'
const opened = new AsyncDisposableStack()

interface Place {
  readonly said: SaidMessages
  readonly roomId: RoomId
  readonly mention: UserId | undefined
}

describeWithServices('kills at random times', () => {
  let home: string
  let upstream: UpstreamControl
  let platform: Command
  let places: readonly Place[]
  let start: () => Promise<Command>
  const everybody = (): readonly SaidMessages[] => [...new Set(places.map(({ said }) => said))]
  const unanswered = (): number => everybody().reduce((sum, said) => sum + said.unanswered().length, 0)
  const status = async (): Promise<InstanceStatus | undefined> => {
    const answer = await callHome(home, 'status', {}, 10_000)
    return answer.ok ? (answer.value as InstanceStatus) : undefined
  }
  const untilReady = (): Promise<InstanceStatus> =>
    waitUntil(
      async () => {
        const now = await status()
        return now?.ready === true ? now : undefined
      },
      () => `the assistant does not come back; ${platform.stderr.slice(-1_000)}`,
      120_000,
    )

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'ai-ops-soak-'))
    opened.defer(() => rm(home, { recursive: true, force: true }))
    const server = opened.use(await startScriptedUpstream())
    upstream = connectUpstream(server.url)
    await upstream.script({ script: { kind: 'echo', chunks: 8, chunkDelayMs: 200 } })
    const options = { home, portBase: await takePortBase(), modelUrl: `${server.url}/v1` }
    start = async () => {
      const command = new Command(options, ['start'])
      opened.defer(async () => {
        command.child.kill('SIGTERM')
        await command.ended
      })
      await command.untilCard()
      return command
    }
    platform = await start()
    places = await openPlaces(home)
  })
  afterAll(() => opened.disposeAsync())

  it(`answers each of ${String(messages)} messages exactly once through ${String(botKills)} kills of the assistant and 3 of everything`, async () => {
    const before = await untilReady()
    const begunAt = performance.now()
    const gate = new Gate()
    const talking = talk(gate, places)
    let groupKills = 0
    for (let kill = 1; kill <= botKills; kill += 1) {
      const { pid } = await untilReady()
      await sleep(Math.random() * 2_500)
      process.kill(pid, 'SIGKILL')
      if (kill % killsPerLife !== 0) continue
      groupKills += 1
      const back = await gate.close()
      await untilReady()
      await sleep(Math.random() * 1_500)
      await killEverything(platform, home, groupKills === 1 ? 'start' : 'tree')
      platform = await start()
      back()
    }
    await talking
    const after = await untilReady()
    for (const said of everybody()) await said.untilAnswered(60_000, () => said.faults().join('\n'))
    await closeRooms(places)
    const { settled, checks } = (await status()) ?? after
    console.log(
      `[soak] ${String(messages)} messages, ${String(botKills)} kills of the assistant, ${String(groupKills)} of everything: ${((performance.now() - begunAt) / 1000).toFixed(0)} s; settled ${JSON.stringify(settled)}`,
    )
    expect(groupKills).toBe(3)
    expect(everybody().flatMap((said) => said.faults())).toEqual([])
    expect({ device: after.device, ed25519: after.ed25519 }).toEqual({ device: before.device, ed25519: before.ed25519 })
    expect(settled['answered']).toBe(messages + places.length)
    expect(settled['undecryptable']).toBeUndefined()
    expect(JSON.stringify(checks)).toMatch(/\b0 waiting for a key\b/)
    expect(unanswered()).toBe(0)
    platform.child.kill('SIGTERM')
    await platform.ended
    await expectBooked(home, upstream)
  })
})

/** Five encrypted rooms of the demo: two of the owner alone, a shared one, and a direct one of each of two people. */
async function openPlaces(home: string): Promise<readonly Place[]> {
  const demo = readDemo(home)
  const assistant = demo.bot.id as UserId
  const owner = opened.use(await openPerson(home, 'owner'))
  const teen = opened.use(await openPerson(home, 'teen'))
  const ownerSays = new SaidMessages(owner, 'owner-says')
  const teenSays = new SaidMessages(teen, 'teen-says')
  return [
    { said: ownerSays, roomId: roomOf(demo, 'creator'), mention: undefined },
    { said: ownerSays, roomId: roomOf(demo, 'agents'), mention: undefined },
    { said: ownerSays, roomId: roomOf(demo, 'family'), mention: assistant },
    { said: ownerSays, roomId: await makeDirectRoom(owner, assistant), mention: undefined },
    { said: teenSays, roomId: await makeDirectRoom(teen, assistant), mention: undefined },
  ]
}

/** Closed while the homeserver is away: what is said then would not arrive. */
class Gate {
  #open = Promise.resolve()
  #passing: Promise<unknown> = Promise.resolve()

  async pass<Value>(work: () => Promise<Value>): Promise<Value> {
    await this.#open
    const passing = work()
    this.#passing = passing.catch(() => undefined)
    return passing
  }

  /** Answers how to open it again. */
  async close(): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#open = promise
    await this.#passing
    return resolve
  }
}

/** Says everything, some of it at once, at times that no other part knows. */
async function talk(gate: Gate, places: readonly Place[]): Promise<void> {
  for (let count = 0; count < messages; count += 1) {
    const place = places[count % places.length]
    if (place === undefined) throw new Error('nobody is anywhere')
    const extra = place.mention === undefined ? {} : { mention: place.mention }
    await gate.pass(() => place.said.say(place.roomId, `message ${String(count)}`, words, extra))
    await sleep(Math.random() * 1_600)
  }
}

/** An answer of each room comes after everything that was still to be done in it. */
async function closeRooms(places: readonly Place[]): Promise<void> {
  for (const { said, roomId, mention } of places) await said.say(roomId, 'the end', words, mention === undefined ? {} : { mention })
  for (const { said } of places) await said.untilAnswered(60_000)
}

/** start: only the parent, whose children must end by themselves or be ended; tree: all of them at one moment. */
async function killEverything(platform: Command, home: string, what: 'start' | 'tree'): Promise<void> {
  const running = readRunning(home)
  const pids = [running.start, ...Object.values(running.children)]
  for (const pid of what === 'start' ? [running.start] : pids) process.kill(pid === running.start ? pid : -pid, 'SIGKILL')
  await platform.ended
  await waitUntil(
    () => (isGone(running.start) ? true : undefined),
    () => 'the start outlived SIGKILL',
  )
}

/** Each call that reached the upstream was booked before it left, and no booking stays open. */
async function expectBooked(home: string, upstream: UpstreamControl): Promise<void> {
  const ledger = await readLedger(home, 'family')
  const calls = await upstream.calls()
  console.log(`[soak] ${String(calls.length)} calls upstream, ${String(ledger.length)} booked`)
  expect(ledger.filter(({ state }) => state === 'open')).toEqual([])
  expect(calls.length).toBeLessThanOrEqual(ledger.length)
}
