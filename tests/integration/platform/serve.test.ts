import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Method } from 'matrix-js-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RoomId } from '../../../src/contracts/ids.ts'
import { logInPerson, registerPerson } from '../../../src/interfaces/matrix/person-account.ts'
import { openSupervisor } from '../../../src/stack/supervisor.ts'
import { prepareSynapse } from '../../../src/stack/synapse.ts'
import type { HomeserverAccess } from '../../../src/stack/synapse.ts'
import type { BotProcess } from '../../support/bot-process.ts'
import { takeFreePorts } from '../../support/free-ports.ts'
import { TestHousehold } from '../../support/household.ts'
import { startHttpProxy } from '../../support/http-proxy.ts'
import type { HttpProxy, Passed } from '../../support/http-proxy.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'

const projectFolder = new URL('../../..', import.meta.url).pathname
const opened = new AsyncDisposableStack()

// an ordinary account on a homeserver as Synapse ships: 10 messages at once, then one in five seconds
describeWithServices('ai-ops serve at a foreign homeserver', (services) => {
  let house: TestHousehold
  let homeserver: HttpProxy
  let gateway: HttpProxy
  let bot: BotProcess
  const rooms: Record<string, RoomId> = {}

  beforeAll(async () => {
    const place = await mkdtemp(join(tmpdir(), 'ai-ops-foreign-'))
    opened.defer(() => rm(place, { recursive: true, force: true }))
    const access = await startForeignHomeserver(place)
    homeserver = opened.use(await startHttpProxy(access.url))
    gateway = opened.use(await startHttpProxy(services.gateway.url))
    const account = { homeserver: access.url, localpart: 'butler', displayName: 'Butler', password: 'correct horse' }
    await registerPerson(account, access.registrationSecret)
    const { token, userId } = await logInPerson(account, 'AI Ops')
    house = opened.use(
      await TestHousehold.make(
        { ...services, homeserver: access },
        { people: { robin: { role: 'owner' }, alex: { role: 'adult' } }, rooms: {} },
      ),
    )
    for (const name of ['robin', 'alex']) rooms[name] = await inviteTo(name, userId)
    await house.writeConfiguration((file) => {
      file['matrix'] = { homeserver: homeserver.url, access_token: token }
      file['gateway'] = { url: gateway.url, key: services.gateway.key }
      file['rooms'] = Object.fromEntries(
        Object.entries(rooms).map(([name, room]) => [name, { room, tenant: 'family', domain: 'family', answers: 'all' }]),
      )
    })
  })
  afterAll(() => opened.disposeAsync())

  async function inviteTo(name: string, assistant: string): Promise<RoomId> {
    const made = await house.person(name).client.http.authedRequest<{ room_id: RoomId }>(Method.Post, '/createRoom', undefined, {
      preset: 'private_chat',
      invite: [assistant],
      initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
    })
    return made.room_id
  }
  const ask = async (path: string): Promise<{ readonly status: number; readonly faults: readonly string[] } | undefined> => {
    const answer = await fetch(`${house.healthUrl}${path}`).catch(() => undefined)
    if (answer === undefined) return undefined
    const { checks = [] } = (await answer.json()) as { readonly checks?: readonly { readonly name: string; readonly ok: boolean }[] }
    return { status: answer.status, faults: checks.filter(({ ok }) => !ok).map(({ name }) => name) }
  }
  const untilReadyz = (status: number, faults: readonly string[]): Promise<unknown> =>
    waitUntil(
      async () => {
        const answer = await ask('/readyz')
        return answer?.status === status && answer.faults.join() === faults.join() ? true : undefined
      },
      () => `/readyz is not ${String(status)} ${faults.join()}: ${bot.output.slice(-1_000)}`,
    )
  const sends = (from: number): readonly Passed[] =>
    homeserver.passed.slice(from).filter(({ method, path }) => method === 'PUT' && path.includes('/send/m.room.encrypted/'))

  it('is ready only when it is signed in and the gateway answers, and names what is missing', async () => {
    homeserver.cut()
    bot = house.start()
    await untilReadyz(503, ['homeserver'])
    expect((await ask('/healthz'))?.status).toBe(200)
    homeserver.mend()
    await untilReadyz(200, [])
    gateway.cut()
    await untilReadyz(503, ['gateway'])
    expect((await ask('/healthz'))?.status).toBe(200)
    gateway.mend()
    await untilReadyz(200, [])
  })

  it('spawns nothing', async () => {
    const tasks = await readdir(`/proc/${String(bot.pid)}/task`)
    const children = await Promise.all(tasks.map((task) => readFile(`/proc/${String(bot.pid)}/task/${task}/children`, 'utf8')))
    expect(children.join('').trim()).toBe('')
  })

  it('refuses a second instance in the same home', async () => {
    const second = house.start()
    expect((await second.exited).code).toBe(2)
    expect(second.output).toContain(`AI Ops is already running in ${house.home}`)
  })

  it('streams within what the homeserver allows, and its final waits for no edit', async () => {
    const robin = house.person('robin')
    const sentence = 'This is one of the sentences. '
    const text = sentence.repeat(40).trim()
    await services.upstream.script({ contains: 'foreign-stream', script: { kind: 'text', text, chunks: 40, chunkDelayMs: 200 } })
    const from = homeserver.passed.length
    await robin.say(rooms['robin'] as RoomId, 'foreign-stream: tell me much')
    const answer = await robin.waitForAnswer(rooms['robin'] as RoomId, (each) => each.text === text)
    const [call] = await services.upstream.calls('foreign-stream')
    const upstreamEnd = call?.chunks.at(-1)?.at ?? 0
    const passed = sends(from)
    const limited = passed.filter(({ status }) => status === 429).length
    const finalMs = Math.round(answer.last.at - upstreamEnd)
    console.log(
      `[figures] 8 s of text: ${String(answer.edits)} edits, ${String(limited)} times limited, final ${String(finalMs)} ms after the upstream`,
    )
    // 40 sentences came, and one edit a second was wished for
    expect(answer.edits).toBeGreaterThanOrEqual(3)
    expect(answer.edits).toBeLessThanOrEqual(7)
    expect(limited).toBe(0)
    expect(finalMs).toBeLessThan(1_000)
  })

  it('answers each message of a burst that is more than it may send at once', async () => {
    await services.upstream.script({ contains: 'foreign-burst', script: { kind: 'echo' } })
    const from = homeserver.passed.length
    const questions = ['robin', 'alex'].flatMap((name) => [1, 2, 3].map((n) => ({ name, text: `foreign-burst ${name} ${String(n)}` })))
    await Promise.all(questions.map(({ name, text }) => house.person(name).say(rooms[name] as RoomId, text)))
    for (const { name, text } of questions)
      await house.person(name).waitForAnswer(rooms[name] as RoomId, (answer) => answer.text.includes(text), 60_000)
    const passed = sends(from)
    const limited = passed.filter(({ status }) => status === 429).length
    console.log(
      `[figures] burst: ${String(questions.length)} answers by ${String(passed.length)} sends, ${String(limited)} of them limited`,
    )
    // one refusal for each place it waits for, and one for each room that did not know yet
    expect(limited).toBeLessThanOrEqual(questions.length + 2)
    expect(passed.length - limited).toBeLessThanOrEqual(questions.length + 2)
    for (const name of ['robin', 'alex']) expect(house.person(name).undecryptable.size).toBe(0)
  })
})

async function startForeignHomeserver(home: string): Promise<HomeserverAccess> {
  const [port = 0] = await takeFreePorts(1)
  const prepared = await prepareSynapse({ projectFolder, home, port, environment: process.env, limits: 'synapse-defaults' })
  if (!prepared.ok) throw new Error(prepared.error.sentence)
  const supervisor = await openSupervisor({ home })
  if (!supervisor.ok) throw new Error(supervisor.error.sentence)
  opened.use(supervisor.value)
  const child = await supervisor.value.start(prepared.value.child)
  const ready = child.ok ? await child.value.ready : child
  if (!ready.ok) throw new Error(ready.error.sentence)
  return prepared.value.access
}
