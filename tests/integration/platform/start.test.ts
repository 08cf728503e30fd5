import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RoomId, UserId } from '../../../src/contracts/ids.ts'
import type { DemoCard } from '../../../src/demo-home.ts'
import type { Finding, InstanceStatus } from '../../../src/interfaces/terminal/terminal-ports.ts'
import { startScriptedUpstream } from '../../fakes/scripted-upstream.ts'
import { connectUpstream } from '../../fakes/upstream-control.ts'
import type { UpstreamControl } from '../../fakes/upstream-control.ts'
import { takePortBase } from '../../support/free-ports.ts'
import { Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { Command, isGone, readRunning } from './start-process.ts'
import type { Ended, PlatformOptions, Running } from './start-process.ts'

const projectFolder = new URL('../../..', import.meta.url).pathname
const opened = new AsyncDisposableStack()

// one household through its life: each test goes on where the one before it stopped
describeWithServices('npm start', () => {
  const place = mkdtempSync(join(tmpdir(), 'ai-ops-start-'))
  const home = join(place, 'home')
  const outside = { HOME: join(place, 'person'), TMPDIR: join(place, 'tmp') }
  const projectEntries = readdirSync(projectFolder).toSorted()
  let options: PlatformOptions
  let upstream: UpstreamControl
  let platform: Command
  let card: DemoCard

  const run = (...args: readonly string[]): Promise<Ended> => new Command(options, args, { variables: outside }).ended
  const start = (): Command => {
    const command = new Command(options, ['start'], { variables: outside })
    opened.defer(async () => {
      command.child.kill('SIGTERM')
      await command.ended
    })
    return command
  }
  const room = (name: string): RoomId => {
    const found = card.rooms.find(({ alias }) => alias === `#${name}:localhost`)
    if (found === undefined) throw new Error(`no room ${name}`)
    return found.id as RoomId
  }
  const readCard = (): DemoCard => JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8')) as DemoCard
  const allPids = ({ start: owner, children }: Running): readonly number[] => [owner, ...Object.values(children)]

  beforeAll(async () => {
    for (const folder of Object.values(outside)) mkdirSync(folder)
    const server = opened.use(await startScriptedUpstream())
    upstream = connectUpstream(server.url)
    options = { home, portBase: await takePortBase(), modelUrl: `${server.url}/v1` }
  })
  afterAll(async () => {
    await opened.disposeAsync()
    rmSync(place, { recursive: true, force: true })
  })

  it('goes on where a set-up that was killed in the middle had stopped', async () => {
    const first = start()
    const people = join(home, 'run', 'demo-people.json')
    // the first person has an identity in the making
    await waitUntil(
      () => (existsSync(people) && readFileSync(people, 'utf8').includes('recoveryKey') ? true : undefined),
      () => `no set-up: ${first.stderr}`,
      60_000,
    )
    const running = readRunning(home)
    process.kill(running.start, 'SIGKILL')
    await first.ended
    expect(existsSync(join(home, 'ai-ops.yaml'))).toBe(false)
    const keysBefore = JSON.parse(readFileSync(people, 'utf8')) as Record<
      string,
      { readonly password: string; readonly recoveryKey?: string }
    >

    platform = start()
    await platform.untilCard()
    expect(allPids(running).filter((pid) => !isGone(pid))).toEqual([])
    card = readCard()
    for (const [name, { password, recoveryKey }] of Object.entries(keysBefore)) {
      const kept = { id: `@${name}:localhost`, password, ...(recoveryKey === undefined ? {} : { recoveryKey }) }
      expect(card.users).toContainEqual(expect.objectContaining(kept))
    }
  })

  it('ends with a card that says how to come in', () => {
    const owner = card.users.find(({ role }) => role === 'owner')
    const { stdout, stderr } = platform
    expect(stdout).toContain('https://app.element.io')
    for (const needed of [card.homeserver, owner?.id, owner?.password, owner?.recoveryKey]) expect(stdout).toContain(needed)
    expect(stdout).toContain('Element will ask for this key once.')
    expect(stdout).toContain('npm run chat -- --as owner')
    expect(stdout).toMatch(/to use it at home: .*ai-ops.* init/)
    expect(stdout).not.toContain('\u001B')
    // each step with its time
    for (const step of [
      'homeserver (Synapse) ready',
      'gateway (LiteLLM) ready',
      'demo household made: 3 people, 6 encrypted rooms',
      'assistant started',
    ])
      expect(stderr).toMatch(new RegExp(`^ *\\d+\\.\\d s {2}${step.replaceAll(/[()]/g, '.')}`, 'm'))
  })

  it('leaves a demo.json of the documented shape, for its owner only', () => {
    const text = { id: expect.stringMatching(/^@\w+:localhost$/), password: expect.any(String), recoveryKey: expect.stringMatching(/^Es/) }
    const { portBase } = options
    expect(card).toEqual({
      homeserver: `http://127.0.0.1:${String(portBase)}`,
      users: ['owner', 'teen', 'child'].map((role) => ({ ...text, id: `@${role}:localhost`, role })),
      rooms: ['family', 'homework', 'creator', 'agents', 'parents', 'control'].map((name) => ({
        id: expect.stringMatching(/^!.+:localhost$/),
        alias: `#${name}:localhost`,
        name: expect.stringMatching(new RegExp(`^${name}$`, 'i')),
        tenant: 'family',
        domain: expect.stringMatching(/^(family|gencreator|agentic)$/),
      })),
      bot: { id: '@assistant:localhost', deviceId: expect.any(String), ed25519: expect.stringMatching(/^[\w+/]{43}$/) },
      gateway: { url: `http://127.0.0.1:${String(portBase + 1)}` },
      api: { url: `http://127.0.0.1:${String(portBase + 2)}/v1`, keys: [] },
      metrics: { url: `http://127.0.0.1:${String(portBase + 4)}` },
    })
    for (const file of ['demo.json', 'recovery-key', 'master-key', 'keys.db', 'edge.db', 'crypto.db', 'ai-ops.yaml'])
      expect({ file, mode: statSync(join(home, file)).mode & 0o777 }).toEqual({ file, mode: 0o600 })
  })

  it('lets a demo member talk from the terminal: an encrypted device that is made once', async () => {
    await upstream.script({ contains: 'capital', script: { kind: 'text', text: 'It is **Paris**.' } })
    const first = await run('chat', '--as', 'owner', '--room', 'creator', 'What is the capital of France?')
    expect(first).toMatchObject({ code: 0, stdout: 'It is **Paris**.\n' })
    const session = readFileSync(join(home, 'chat', 'owner', 'session.json'), 'utf8')
    expect(existsSync(join(home, 'chat', 'owner', 'crypto.db'))).toBe(true)
    const second = await run('chat', '--as', 'owner', '--room', 'creator', 'And the capital again?')
    expect(second).toMatchObject({ code: 0, stdout: 'It is **Paris**.\n' })
    expect(readFileSync(join(home, 'chat', 'owner', 'session.json'), 'utf8')).toBe(session)
    console.log(`[figures] chat: first ${first.seconds.toFixed(1)} s, second ${second.seconds.toFixed(1)} s`)
  })

  it('takes questions line by line, and answers a child too', async () => {
    await upstream.script({ contains: 'line', script: { kind: 'echo' } })
    const talk = new Command(options, ['chat', '--as', 'owner', '--room', 'family'], {
      input: 'line one\n\nline two\n',
      variables: outside,
    })
    expect(await talk.ended).toMatchObject({ code: 0, stdout: 'You said: Robin: line one\nYou said: Robin: line two\n' })
    await upstream.script({ contains: 'bees', script: { kind: 'echo' } })
    const child = await run('chat', '--as', 'child', '--room', 'homework', 'How do bees make honey?')
    expect(child).toMatchObject({ code: 0, stdout: 'You said: Mia: How do bees make honey?\n' })
    const refused = await run('chat', '--as', 'child', '--room', 'homework', 'how do i build a bomb')
    expect(refused).toMatchObject({ code: 0, stdout: expect.stringContaining('somebody could get hurt') })
  })

  it('refuses to chat as somebody or in a room that does not exist', async () => {
    const somebody = await run('chat', '--as', 'grandma', 'hello')
    expect(somebody).toMatchObject({ code: 2, stdout: '', stderr: 'There is nobody called grandma. There are: owner, teen, child.\n' })
    const somewhere = await run('chat', '--as', 'owner', '--room', 'garden', 'hello')
    expect(somewhere).toMatchObject({ code: 2, stdout: '' })
    expect(somewhere.stderr).toContain('There is no room called garden. There are: family, homework')
  })

  it('lets a person come in with password and recovery key on a new device, which signs itself and reads the past', async () => {
    const owner = await openOwner()
    const crypto = owner.client.getCrypto()
    // the device learns of its own signature by the key query after it
    await waitUntil(
      async () => (await crypto?.getDeviceVerificationStatus(owner.userId, owner.session.deviceId))?.signedByOwner || undefined,
      () => 'the new device was never signed by its owner',
    )
    const past = (): readonly string[] =>
      owner.client
        .getRoom(room('creator'))
        ?.getLiveTimeline()
        .getEvents()
        .map((event) => String(event.getContent()['body'])) ?? []
    await waitUntil(
      () => (past().includes('What is the capital of France?') && past().includes('It is **Paris**.') ? true : undefined),
      () => `the past is not readable: ${JSON.stringify(past())}`,
    )
    const rooms = (await owner.client.getJoinedRooms()).joined_rooms
    // and the Space that groups them; nothing was made twice
    expect(rooms).toHaveLength(card.rooms.length + 1)
    expect(rooms).toEqual(expect.arrayContaining(card.rooms.map(({ id }) => id)))
  })

  it('tells its state to people and to programs', async () => {
    const people = await run('status')
    expect(people).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ready: up \d+ s, pid \d+/) })
    const status = JSON.parse((await run('status', '--json')).stdout) as InstanceStatus
    expect(status).toMatchObject({
      ready: true,
      pid: readRunning(home).children['assistant'],
      device: card.bot.deviceId,
      ed25519: card.bot.ed25519,
    })
    const doctor = await run('doctor')
    expect(doctor.code).toBe(0)
    expect(doctor.stdout).toMatch(/key and data lie in the same folder/)
    const findings = JSON.parse((await run('doctor', '--json')).stdout) as readonly Finding[]
    expect(findings.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['node', 'configuration', 'master key', 'disk', 'assistant', 'homeserver', 'gateway']),
    )
    expect(findings.filter(({ state }) => state === 'fault')).toEqual([])
    const key = await run('recovery-key', 'show')
    expect(key).toMatchObject({ code: 0, stdout: readFileSync(join(home, 'recovery-key'), 'utf8') })
  })

  it('refuses what it does not know, and a second start in its home', async () => {
    expect(await run('bogus')).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^there is no command bogus\n/) })
    expect(await run('start')).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(`AI Ops is already running in ${home}`),
    })
    expect(await run('serve')).toMatchObject({ code: 2, stderr: expect.stringContaining(`AI Ops is already running in ${home}`) })
    const elsewhere = new Command({ ...options, home: join(place, 'second') }, ['start'], { variables: outside })
    const { code, stderr } = await elsewhere.ended
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`Port ${String(options.portBase)} is already taken`),
    })
  })

  it('reads its configuration again when it changes, and keeps the last good one', async () => {
    const owner = await openOwner()
    const file = join(home, 'ai-ops.yaml')
    const good = readFileSync(file, 'utf8')
    writeFileSync(file, good.replace('domain: gencreator', 'domain: gencreators'))
    const heard = await owner.waitForAnswer(room('control'), ({ text }) => text.includes('gencreators'))
    expect(heard.text).toContain('ai-ops.yaml')
    const doctor = await run('doctor')
    expect(doctor).toMatchObject({ code: 1, stdout: expect.stringMatching(/FAULT {2}configuration .*gencreators/) })
    expect(await run('chat', '--as', 'owner', '--room', 'creator', 'the capital, please')).toMatchObject({ code: 0 })
    writeFileSync(file, good.replace(/(domain: gencreator\n)/, '$1    answers: never\n'))
    await waitUntil(
      () => (owner.answers(room('control')).length > 1 ? true : undefined),
      () => 'Control is not told that the file is good again',
    )
    // what changed counts: nobody answers in that room now
    const mention = card.bot.id as UserId
    await owner.say(room('creator'), 'the unanswered line', { mention })
    await owner.say(room('family'), 'an answered line', { mention })
    await owner.waitForAnswer(room('family'), ({ text }) => text.includes('an answered line'))
    expect(await upstream.calls('the unanswered line')).toEqual([])
    writeFileSync(file, good)
  })

  it('starts an assistant again that was killed, and says meanwhile why it is down', async () => {
    const before = readRunning(home).children['assistant'] ?? 0
    process.kill(before, 'SIGKILL')
    const down = await waitUntil(
      async () => {
        const answer = await fetch(`${card.metrics.url}/readyz`).catch(() => undefined)
        return answer?.status === 503 ? ((await answer.json()) as object) : undefined
      },
      () => 'nobody says that the assistant is down',
    )
    expect(down).toEqual({ status: 'not-ready', checks: [{ name: 'assistant', ok: false, detail: 'signal SIGKILL' }] })
    expect((await fetch(`${card.metrics.url}/healthz`)).status).toBe(503)
    await waitUntil(
      async () => ((await fetch(`${card.metrics.url}/readyz`).catch(() => undefined))?.status === 200 ? true : undefined),
      () => `not ready again: ${platform.stderr}`,
    )
    expect(readRunning(home).children['assistant']).not.toBe(before)
    expect(platform.stderr).toMatch(/assistant ended \(signal SIGKILL\) and is started again in 0\.5 s/)
    expect(await run('chat', '--as', 'owner', '--room', 'creator', 'the capital after a kill')).toMatchObject({
      code: 0,
      stdout: 'It is **Paris**.\n',
    })
  })

  it('leaves nothing behind, killed or asked to stop', async () => {
    const killed = readRunning(home)
    process.kill(killed.start, 'SIGKILL')
    await platform.ended
    const began = performance.now()
    platform = start()
    await platform.untilCard()
    console.log(`[figures] start after kill -9, nothing to install: ${((performance.now() - began) / 1000).toFixed(1)} s`)
    expect(allPids(killed).filter((pid) => !isGone(pid))).toEqual([])
    expect({ ...readCard(), bot: undefined }).toEqual({ ...card, bot: undefined })
    expect(readCard().bot).toEqual(card.bot)

    const stopped = readRunning(home)
    expect(Object.keys(stopped.children).toSorted()).toEqual(['assistant', 'litellm', 'synapse'])
    platform.child.kill('SIGTERM')
    expect((await platform.ended).code).toBe(0)
    expect(allPids(stopped).filter((pid) => !isGone(pid))).toEqual([])
    for (let port = options.portBase; port < options.portBase + 5; port += 1) expect(await isTaken(port)).toBe(false)
  })

  it('stops at once when it is interrupted while it starts', async () => {
    const early = start()
    await waitUntil(
      () => (early.stderr.includes('homeserver (Synapse) ready') ? true : undefined),
      () => `no homeserver: ${early.stderr}`,
    )
    const running = readRunning(home)
    early.child.kill('SIGINT')
    const { code, stdout, stderr } = await early.ended
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain('The start was stopped.')
    expect(allPids(running).filter((pid) => !isGone(pid))).toEqual([])
  })

  it('is missed with a sentence by what needs it', async () => {
    const chat = await run('chat', '--as', 'owner', 'anybody there?')
    expect(chat).toMatchObject({ code: 1, stderr: expect.stringMatching(/does not answer.*npm start/s) })
    expect(await run('status')).toMatchObject({ code: 1, stderr: expect.stringContaining(`AI Ops is not running in ${home}`) })
    const nowhere = new Command({ ...options, home: join(place, 'nowhere') }, ['chat', '--as', 'owner', 'hello'], { variables: outside })
    expect(await nowhere.ended).toMatchObject({ code: 3, stderr: expect.stringContaining('There is no demo household here') })
  })

  it('has written nothing outside its home', () => {
    expect(readdirSync(outside.HOME)).toEqual([])
    expect(readdirSync(outside.TMPDIR)).toEqual([])
    expect(readdirSync(projectFolder).toSorted()).toEqual(projectEntries)
  })

  let owner: Person | undefined
  /** A device of its own in memory, as Element on a new phone. */
  async function openOwner(): Promise<Person> {
    const { id, password, recoveryKey } = card.users[0] ?? { id: '', password: '', recoveryKey: '' }
    const secrets = JSON.parse(readFileSync(join(home, 'synapse', 'secrets.json'), 'utf8')) as {
      readonly registration_shared_secret: string
    }
    if (owner === undefined) {
      owner = await Person.open({
        homeserver: card.homeserver,
        registrationSecret: secrets.registration_shared_secret,
        localpart: id.slice(1, id.indexOf(':')),
        password,
        recoveryKey,
      })
      opened.use(owner)
    }
    return owner
  }
})

async function isTaken(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
