import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Method } from 'matrix-js-sdk'
import { stringify } from 'yaml'
import type { RoomId, UserId } from '../../src/contracts/ids.ts'
import { createRequestClient } from '../../src/interfaces/matrix/sdk-client.ts'
import { BotProcess } from './bot-process.ts'
import type { BotOptions } from './bot-process.ts'
import { takePortBase } from './free-ports.ts'
import { Person } from './person.ts'
import type { PersonOptions } from './person.ts'
import type { Services } from './services.ts'

export interface RoomPlan {
  readonly people: readonly string[]
  readonly domain?: string
  readonly answers?: 'all' | 'addressed' | 'never'
  readonly kind?: 'chat' | 'control' | 'parents' | 'trusted'
  /** false: made without encryption. */
  readonly encrypted?: boolean
  /** false: exists and is joined, but the configuration does not name it. */
  readonly bound?: boolean
}

export interface HouseholdPlan {
  /** Short name -> role; each gets a strict, signed device. */
  readonly people: Readonly<
    Record<string, { readonly role: 'owner' | 'adult' | 'teen' | 'child'; readonly device?: Partial<PersonOptions> }>
  >
  readonly rooms: Readonly<Record<string, RoomPlan>>
  readonly trust?: 'signed' | 'any'
  /** Megolm rotation of the rooms, messages; default 100. */
  readonly rotation?: number
}

/** A household of its own on the shared homeserver: accounts, rooms, a data home, and assistants to start and kill in it. */
export class TestHousehold implements AsyncDisposable {
  readonly home: string
  readonly assistant: UserId
  readonly services: Services
  readonly people: Readonly<Record<string, Person>>
  readonly rooms: Readonly<Record<string, RoomId>>
  readonly plan: HouseholdPlan
  readonly #portBase: number
  readonly #bots: BotProcess[] = []

  private constructor(parts: Pick<TestHousehold, 'home' | 'assistant' | 'services' | 'people' | 'rooms' | 'plan'>, portBase: number) {
    this.home = parts.home
    this.assistant = parts.assistant
    this.services = parts.services
    this.people = parts.people
    this.rooms = parts.rooms
    this.plan = parts.plan
    this.#portBase = portBase
  }

  static async make(services: Services, plan: HouseholdPlan): Promise<TestHousehold> {
    const tag = randomBytes(4).toString('hex')
    const { url: homeserver, serverName, registrationSecret } = services.homeserver
    const assistant = `@assistant-${tag}:${serverName}` as UserId
    const home = await mkdtemp(join(tmpdir(), 'ai-ops-house-'))
    const people: Record<string, Person> = {}
    for (const [name, { device }] of Object.entries(plan.people)) {
      people[name] = await Person.open({ homeserver, registrationSecret, localpart: `${name}-${tag}`, ...device })
    }
    const rooms: Record<string, RoomId> = {}
    const house = new TestHousehold({ home, assistant, services, people, rooms, plan }, await takePortBase())
    await house.#registerAssistant()
    for (const [name, room] of Object.entries(plan.rooms)) rooms[name] = await house.makeRoom(room)
    await house.writeConfiguration()
    return house
  }

  person(name: string): Person {
    const person = this.people[name]
    if (person === undefined) throw new Error(`nobody is called ${name}`)
    return person
  }

  room(name: string): RoomId {
    const room = this.rooms[name]
    if (room === undefined) throw new Error(`no room is called ${name}`)
    return room
  }

  get healthUrl(): string {
    return `http://127.0.0.1:${String(this.#portBase + 4)}`
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${String(this.#portBase + 2)}`
  }

  /** Made by the assistant's account, joined by everyone named. */
  async makeRoom(plan: RoomPlan): Promise<RoomId> {
    const members = plan.people.map((name) => this.person(name))
    const algorithm = { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: this.plan.rotation ?? 100 }
    const made = await this.asAssistant<{ room_id: RoomId }>(Method.Post, '/createRoom', {
      preset: 'private_chat',
      room_version: '11',
      invite: members.map((member) => member.userId),
      power_level_content_override: {
        users: { [this.assistant]: 100, ...Object.fromEntries(members.map((member) => [member.userId, 100])) },
      },
      initial_state: plan.encrypted === false ? [] : [{ type: 'm.room.encryption', state_key: '', content: algorithm }],
    })
    for (const member of members) await member.client.joinRoom(made.room_id, { acceptSharedHistory: false })
    return made.room_id
  }

  /** `ai-ops.yaml`; `change` edits what the plan says. */
  async writeConfiguration(change: (file: Record<string, unknown>) => void = () => undefined): Promise<void> {
    const { homeserver, gateway } = this.services
    const members = Object.entries(this.plan.people).map(([name, { role }]) => {
      const guardianOf = Object.keys(this.plan.people).filter((other) => ['teen', 'child'].includes(this.plan.people[other]?.role ?? ''))
      return [
        name,
        { user: this.person(name).userId, name, role, tenant: 'family', ...(role === 'owner' ? { guardian_of: guardianOf } : {}) },
      ] as const
    })
    const rooms = Object.entries(this.plan.rooms).flatMap(([name, { domain = 'family', answers, kind, bound }]) => {
      if (bound === false) return []
      const options = { ...(answers === undefined ? {} : { answers }), ...(kind === undefined ? {} : { kind }) }
      return [[name, { room: this.room(name), tenant: 'family', domain, ...options }] as const]
    })
    const file: Record<string, unknown> = {
      version: 1,
      instance: { name: 'Test', stack: 'none' },
      matrix: {
        homeserver: homeserver.url,
        user: this.assistant,
        appservice_token: homeserver.appserviceToken,
        trust: this.plan.trust ?? 'signed',
      },
      gateway: { url: gateway.url, key: gateway.key },
      // the scripted upstream has no terms: children's rooms may be tested with it
      models: {
        smart: { model: 'openai/scripted-smart', input_usd_per_million: 1, output_usd_per_million: 4, minors: 'yes' },
        ...Object.fromEntries(['fast', 'economy', 'judge'].map((alias) => [alias, { model: `openai/scripted-${alias}`, minors: 'yes' }])),
      },
      tenants: { family: { name: 'Family' } },
      members: Object.fromEntries(members),
      rooms: Object.fromEntries(rooms),
    }
    change(file)
    await writeFile(join(this.home, 'ai-ops.yaml'), stringify(file), { mode: 0o600 })
  }

  /** Starts an assistant in this home; stopped with the household. */
  start(options: Pick<BotOptions, 'crashAt' | 'environment' | 'project'> = {}): BotProcess {
    const bot = new BotProcess({ home: this.home, portBase: this.#portBase, ...options })
    this.#bots.push(bot)
    return bot
  }

  /** A plain request as the assistant's account, by the appservice's token. */
  asAssistant<Answer>(method: Method, path: string, body?: object): Promise<Answer> {
    const { url, appserviceToken } = this.services.homeserver
    const client = createRequestClient({ homeserver: url, token: appserviceToken, queryParams: { user_id: this.assistant } })
    return client.http.authedRequest<Answer>(method, path, undefined, body)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#bots.map((bot) => bot[Symbol.asyncDispose]()))
    await Promise.all(Object.values(this.people).map((person) => person[Symbol.asyncDispose]()))
    await rm(this.home, { recursive: true, force: true })
  }

  async #registerAssistant(): Promise<void> {
    const username = this.assistant.slice(1, this.assistant.indexOf(':'))
    await this.asAssistant(Method.Post, '/register', { type: 'm.login.application_service', username, inhibit_login: true })
  }
}
