import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { privateFile } from './app.ts'
import type { Servers } from './app.ts'
import { readDemoHousehold } from './config/demo-household.ts'
import type { Environment } from './config/environment.ts'
import { formatHousehold } from './config/format-household.ts'
import { householdFileName } from './config/household-file.ts'
import { loadHousehold } from './config/load-household.ts'
import type { DemoFile } from './config/schema.ts'
import type { Alias, ModelPrice } from './contracts/household.ts'
import type { UserId } from './contracts/ids.ts'
import type { Log } from './contracts/platform.ts'
import type { Fault, Result } from './contracts/result.ts'
import { callHome } from './data/home-socket.ts'
import { lockHome } from './data/home-lock.ts'
import { provision } from './interfaces/matrix/provision.ts'
import type { Credentials, Provisioned } from './interfaces/matrix/provision.ts'
import type { CardFacts, InstanceStatus, RunningPlatform } from './interfaces/terminal/terminal-ports.ts'
import { askOllama, chooseModels } from './stack/choose-models.ts'
import type { ChildSpec } from './stack/child.ts'
import type { GatewayAccess } from './stack/litellm.ts'
import { startLocalStack } from './stack/local-stack.ts'
import type { LocalStack } from './stack/local-stack.ts'
import type { ModelDescription, ModelPlan } from './stack/model-plan.ts'
import type { HomeserverAccess } from './stack/synapse.ts'

const READY_POLL_MS = 100
const READY_LIMIT_MS = 120_000

/** A person of the demo, as `demo.json` shows it. */
export interface DemoPerson {
  readonly id: string
  readonly userId: string
  readonly password: string
  readonly recoveryKey: string
  readonly role: string
}

/** `demo.json` of the data home: everything a person or a test needs to come in. */
export interface DemoCard {
  readonly homeserver: string
  readonly users: readonly DemoPerson[]
  readonly rooms: readonly {
    readonly id: string
    readonly alias: string
    readonly name: string
    readonly tenant: string
    readonly domain: string
  }[]
  readonly bot: { readonly id: string; readonly deviceId: string; readonly ed25519: string }
  readonly gateway: { readonly url: string }
  readonly api: { readonly url: string; readonly keys: readonly { readonly member: string; readonly key: string }[] }
  readonly metrics: { readonly url: string }
}

/** What the assistant's process must know of the local stack; in the home's `run/servers.json`, 0600. */
interface LocalServers {
  readonly homeserver: HomeserverAccess
  readonly gateway: GatewayAccess
  readonly model: string
  readonly provider: string | undefined
  readonly standIn: boolean
  readonly prices: readonly (readonly [Alias, ModelPrice])[]
}

/**
 * Brings everything up on this machine: homeserver, gateway, model, a demo household at the first time, and the assistant as
 * a process of its own. On a fault nothing is left running.
 */
export async function startPlatform(
  environment: Environment,
  log: Log,
  options: { readonly progress: (step: string) => void; readonly signal: AbortSignal },
): Promise<Result<RunningPlatform, Fault>> {
  const begun = performance.now()
  const { home } = environment
  await mkdir(join(home, 'run'), { recursive: true, mode: 0o700 })
  const lock = lockHome(home, 'start')
  if (!lock.ok) return lock
  const opened = new AsyncDisposableStack()
  opened.use(lock.value)
  const up = await bringUp(environment, log, { ...options, opened })
  if (!up.ok) {
    await opened.disposeAsync()
    return up
  }
  const ended = Promise.withResolvers<number>()
  let stopping: Promise<void> | undefined
  return {
    ok: true,
    value: {
      card: { ...up.value, seconds: (performance.now() - begun) / 1000 },
      ended: ended.promise,
      stop: () => (stopping ??= opened.disposeAsync().then(() => ended.resolve(0))),
    },
  }
}

interface BringUpOptions {
  readonly progress: (step: string) => void
  readonly signal: AbortSignal
  readonly opened: AsyncDisposableStack
}

async function bringUp(environment: Environment, log: Log, options: BringUpOptions): Promise<Result<Omit<CardFacts, 'seconds'>, Fault>> {
  const { home, projectRoot, ports, python } = environment
  const { progress, signal, opened } = options
  const plan = await planModels(environment, signal)
  if (!plan.ok) return plan
  const stack = await startLocalStack({
    projectFolder: projectRoot,
    home,
    ports,
    plan: plan.value,
    environment: { ...environment.childVariables, ...environment.providers },
    python,
    progress: (step, seconds) => progress(`${step} (${seconds.toFixed(1)} s)`),
    onEvent: (event) => log.info(event.kind, { child: event.name }),
    signal,
  })
  if (!stack.ok) return stack
  opened.use(stack.value)
  for (const name of stack.value.endedLeftovers) progress(`ended ${name}, left by an earlier start that was killed`)

  const people = await makeDemoOnce(environment, stack.value, log, progress)
  if (!people.ok) return people
  const servers: LocalServers = {
    homeserver: stack.value.homeserver,
    gateway: stack.value.gateway,
    ...readersOf(plan.value),
    standIn: plan.value.standIn === 'alone',
    prices: [...plan.value.prices],
  }
  await privateFile(serversFile(home)).write(JSON.stringify(servers))
  const assistant = await stack.value.supervise(assistantProcess(environment))
  if (!assistant.ok) return assistant
  const alive = await assistant.value.ready
  if (!alive.ok) return alive
  progress('assistant started')
  const gateway = await stack.value.gatewayReady
  if (!gateway.ok) return gateway
  const status = await untilReady(home, signal)
  if (!status.ok) return status
  progress('assistant signed in and ready')
  await writeDemoCard(environment, servers, people.value, status.value)
  return {
    ok: true,
    value: {
      homeserver: stack.value.homeserver.url,
      standIn: servers.standIn,
      model: plan.value.provider,
      people: people.value?.users ?? [],
      home,
    },
  }
}

async function planModels(environment: Environment, signal: AbortSignal): Promise<Result<ModelPlan, Fault>> {
  const configured = await configuredModels(environment)
  if (!configured.ok) return configured
  return chooseModels({
    configured: configured.value,
    environment: environment.providers,
    ollama: await askOllama(environment.providers, signal),
    standInPort: environment.ports.model,
    standInAsFallback: true,
  })
}

async function configuredModels(environment: Environment): Promise<Result<readonly ModelDescription[], Fault>> {
  if (!existsSync(join(environment.home, householdFileName))) return { ok: true, value: [] }
  const loaded = await loadHousehold({ home: environment.home, projectRoot: environment.projectRoot, standIn: false })
  if (!loaded.ok) return loaded
  if (loaded.value.file.value.instance.stack === 'none') {
    const sentence = 'ai-ops.yaml says instance.stack: none, so homeserver and gateway are run by someone else: use `ai-ops serve`.'
    return { ok: false, error: { code: 'not-configured', sentence } }
  }
  const models = Object.entries(loaded.value.file.value.models).map(([alias, model]): ModelDescription => {
    const { input_usd_per_million: input, output_usd_per_million: output } = model
    return {
      alias,
      model: model.model,
      ...(input === undefined ? {} : { inputCostPerToken: input / 1e6 }),
      ...(output === undefined ? {} : { outputCostPerToken: output / 1e6 }),
    }
  })
  return { ok: true, value: models }
}

/** The model behind `smart`, and who runs it; what answers on a loopback address runs here. */
function readersOf(plan: ModelPlan): Pick<LocalServers, 'model' | 'provider'> {
  const smart = plan.models.find((model) => model.alias === 'smart') ?? plan.models.find((model) => model.alias === 'local')
  const host = smart?.apiBase === undefined ? undefined : new URL(smart.apiBase).hostname
  const here = host === 'localhost' || host === '[::1]' || host?.startsWith('127.') === true
  return { model: smart?.model.split('/').slice(1).join('/') ?? 'unknown', provider: here ? undefined : plan.provider }
}

function serversFile(home: string): string {
  return join(home, 'run', 'servers.json')
}

/** What the running local stack offers the assistant; undefined if no `ai-ops start` has written it. */
export async function readLocalServers(home: string): Promise<Servers | undefined> {
  const text = await privateFile(serversFile(home)).read()
  if (text === undefined) return undefined
  const servers = JSON.parse(text) as LocalServers
  const { url, appserviceToken, botUserId } = servers.homeserver
  return {
    access: { kind: 'appservice', homeserver: url, token: appserviceToken, userId: botUserId as UserId },
    rateLimit: undefined,
    gateway: servers.gateway,
    model: servers.model,
    provider: servers.provider,
    standIn: servers.standIn,
    prices: new Map(servers.prices),
  }
}

function assistantProcess(environment: Environment): ChildSpec {
  const passed = ['AI_OPS_PORT_BASE', 'AI_OPS_CRASH_AT', 'AI_OPS_MASTER_KEY', 'AI_OPS_MASTER_KEY_COMMAND', 'AI_OPS_UNDECRYPTABLE_NOTICE_MS']
  const settings = passed.flatMap((name) => {
    const value = environment.variable(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    name: 'assistant',
    title: 'assistant',
    command: process.execPath,
    args: [join(environment.projectRoot, 'src/main.ts'), 'serve'],
    cwd: environment.home,
    environment: { ...environment.childVariables, ...Object.fromEntries(settings), AI_OPS_HOME: environment.home },
    channel: true,
    ports: [{ port: environment.ports.metrics, purpose: 'health and metrics endpoint' }],
    health: { url: `http://127.0.0.1:${String(environment.ports.metrics)}/healthz` },
    startTimeoutMs: 60_000,
    stopGraceMs: 10_000,
    firstStart: 'once',
    finalExitCodes: [2, 3],
    stopsFirst: true,
  }
}

async function untilReady(home: string, signal: AbortSignal): Promise<Result<InstanceStatus, Fault>> {
  const limit = Date.now() + READY_LIMIT_MS
  for (;;) {
    const status = await callHome(home, 'status', {}, 10_000)
    if (status.ok && (status.value as InstanceStatus).ready) return { ok: true, value: status.value as InstanceStatus }
    if (signal.aborted) return { ok: false, error: { code: 'aborted', sentence: 'The start was stopped.' } }
    if (Date.now() > limit) {
      const why = status.ok
        ? (status.value as InstanceStatus).checks
            .filter((check) => !check.ok)
            .map((check) => `${check.name}: ${check.detail}`)
            .join('; ')
        : status.error.sentence
      return {
        ok: false,
        error: {
          code: 'not-ready',
          sentence: `The assistant is not ready after ${String(READY_LIMIT_MS / 1000)} s (${why}). Its log is ${join(home, 'logs', 'assistant.log')}.`,
        },
      }
    }
    await delay(READY_POLL_MS, undefined, { signal }).catch(() => undefined)
  }
}

interface MadeDemo {
  readonly users: readonly DemoPerson[]
  readonly rooms: DemoCard['rooms']
}

/** The first start of a home without configuration makes the demo; later starts find its files. undefined: not a demo. */
async function makeDemoOnce(
  environment: Environment,
  stack: LocalStack,
  log: Log,
  progress: (step: string) => void,
): Promise<Result<MadeDemo | undefined, Fault>> {
  const { home, projectRoot } = environment
  const cardText = await privateFile(join(home, 'demo.json')).read()
  const known = cardText === undefined ? undefined : (JSON.parse(cardText) as DemoCard)
  if (existsSync(join(home, householdFileName))) {
    return { ok: true, value: known ?? (await demoOfProgress(home)) }
  }
  const demo = await readDemoHousehold(projectRoot)
  if (!demo.ok) return demo
  const credentials = await DemoCredentials.open(home)
  const made = await provision(planOf(demo.value, stack.homeserver), credentials, log)
  const result = demoOf(demo.value, made, credentials, stack.homeserver)
  await privateFile(join(home, 'run', 'demo-made.json')).write(JSON.stringify(result))
  // last, since its presence says that the demo is whole
  await writeFile(join(home, householdFileName), householdYaml(demo.value, made, stack.homeserver), { mode: 0o600, flush: true })
  progress(`demo household made: ${String(result.users.length)} people, ${String(result.rooms.length)} encrypted rooms`)
  return { ok: true, value: result }
}

async function demoOfProgress(home: string): Promise<MadeDemo | undefined> {
  const text = await privateFile(join(home, 'run', 'demo-made.json')).read()
  return text === undefined ? undefined : (JSON.parse(text) as MadeDemo)
}

function planOf(demo: DemoFile, homeserver: HomeserverAccess): Parameters<typeof provision>[0] {
  return {
    homeserver: homeserver.url,
    serverName: homeserver.serverName,
    registrationSecret: homeserver.registrationSecret,
    appserviceToken: homeserver.appserviceToken,
    assistant: homeserver.botUserId as UserId,
    people: Object.entries(demo.members).map(([id, { localpart, name }]) => ({ id, localpart, displayName: name })),
    rooms: Object.entries(demo.rooms).map(([id, room]) => ({
      id,
      alias: `#${id}:${homeserver.serverName}`,
      name: room.name,
      topic: room.topic,
      people: room.members,
    })),
    spaceName: demo.space,
    owner: Object.entries(demo.members).find(([, member]) => member.role === 'owner')?.[0] ?? '',
  }
}

function demoOf(demo: DemoFile, made: Provisioned, credentials: DemoCredentials, homeserver: HomeserverAccess): MadeDemo {
  return {
    users: Object.entries(demo.members).map(([id, { localpart, role }]) => ({
      id,
      userId: `@${localpart}:${homeserver.serverName}`,
      role,
      ...credentials.of(id),
    })),
    rooms: made.rooms.map(({ id, roomId, alias, name }) => {
      const room = demo.rooms[id]
      return { id: roomId, alias, name, tenant: room?.tenant ?? '', domain: room?.domain ?? '' }
    }),
  }
}

function householdYaml(demo: DemoFile, made: Provisioned, homeserver: HomeserverAccess): string {
  const members = Object.entries(demo.members).map(([id, member]) => {
    const { localpart, name, role, tenant, guardian_of } = member
    return [
      id,
      { user: `@${localpart}:${homeserver.serverName}`, name, role, tenant, ...(guardian_of.length > 0 ? { guardian_of } : {}) },
    ] as const
  })
  const rooms = made.rooms.flatMap(({ id, roomId }) => {
    const room = demo.rooms[id]
    if (room === undefined) return []
    const { tenant, domain, profile, kind, answers } = room
    return [
      [
        id,
        { room: roomId, tenant, domain, profile, ...(kind === 'chat' ? {} : { kind }), ...(answers === undefined ? {} : { answers }) },
      ] as const,
    ]
  })
  return formatHousehold(
    {
      version: 1,
      instance: { name: demo.space, stack: 'local' },
      tenants: demo.tenants,
      members: Object.fromEntries(members),
      rooms: Object.fromEntries(rooms),
    },
    'The demo household. It is read again whenever it changes; a mistake keeps the last good state and says why.',
  )
}

async function writeDemoCard(
  environment: Environment,
  servers: LocalServers,
  demo: MadeDemo | undefined,
  status: InstanceStatus,
): Promise<void> {
  if (demo === undefined) return
  const { home, ports } = environment
  const card: DemoCard = {
    homeserver: servers.homeserver.url,
    users: demo.users,
    rooms: demo.rooms,
    bot: { id: servers.homeserver.botUserId, deviceId: status.device, ed25519: status.ed25519 },
    gateway: { url: servers.gateway.url },
    api: { url: `http://127.0.0.1:${String(ports.api)}/v1`, keys: [] },
    metrics: { url: `http://127.0.0.1:${String(ports.metrics)}` },
  }
  await privateFile(join(home, 'demo.json')).write(JSON.stringify(card, undefined, 2))
}

/** Passwords and recovery keys of the demo's people while it is being made; durable before anything depends on them. */
class DemoCredentials implements Credentials {
  readonly #path: string
  readonly #people: Record<string, { password?: string; recoveryKey?: string; finished?: boolean }>
  #saved: Promise<void> = Promise.resolve()

  private constructor(path: string, people: Record<string, { password?: string; recoveryKey?: string; finished?: boolean }>) {
    this.#path = path
    this.#people = people
  }

  static async open(home: string): Promise<DemoCredentials> {
    const path = join(home, 'run', 'demo-people.json')
    const text = await readFile(path, 'utf8').catch(() => '{}')
    return new DemoCredentials(path, JSON.parse(text) as Record<string, object>)
  }

  async password(person: string): Promise<string> {
    const entry = this.#entry(person)
    entry.password ??= readablePassword()
    await this.#save()
    return entry.password
  }

  readRecoveryKey(person: string): Promise<string | undefined> {
    return Promise.resolve(this.#entry(person).recoveryKey)
  }

  async writeRecoveryKey(person: string, key: string): Promise<void> {
    this.#entry(person).recoveryKey = key
    await this.#save()
  }

  isFinished(person: string): Promise<boolean> {
    return Promise.resolve(this.#entry(person).finished === true)
  }

  async finish(person: string): Promise<void> {
    this.#entry(person).finished = true
    await this.#save()
  }

  of(person: string): { password: string; recoveryKey: string } {
    const { password = '', recoveryKey = '' } = this.#entry(person)
    return { password, recoveryKey }
  }

  #entry(person: string): { password?: string; recoveryKey?: string; finished?: boolean } {
    return (this.#people[person] ??= {})
  }

  #save(): Promise<void> {
    // people are made side by side, and the file is replaced as a whole
    this.#saved = this.#saved.then(() => privateFile(this.#path).write(JSON.stringify(this.#people)))
    return this.#saved
  }
}

/** Four groups of four letters that cannot be taken for one another: about 76 bits. */
function readablePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789'
  const group = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)] ?? 'a').join('')
  return [group(), group(), group(), group()].join('-')
}
