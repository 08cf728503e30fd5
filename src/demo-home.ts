import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { privateFile } from './private-file.ts'
import { readDemoHousehold } from './config/demo-household.ts'
import type { Environment } from './config/environment.ts'
import { formatHousehold } from './config/format-household.ts'
import { householdFileName } from './config/household-file.ts'
import type { DemoFile } from './config/schema.ts'
import type { UserId } from './contracts/ids.ts'
import type { Log } from './contracts/platform.ts'
import type { Fault, Result } from './contracts/result.ts'
import { provision } from './interfaces/matrix/provision.ts'
import type { Credentials, Provisioned } from './interfaces/matrix/provision.ts'
import type { LocalStack } from './stack/local-stack.ts'
import type { HomeserverAccess } from './stack/synapse.ts'

/** A person of the demo, as `demo.json` shows it. */
export interface DemoPerson {
  /** Matrix user id. */
  readonly id: string
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

/** What a finished demo consists of. */
export interface MadeDemo {
  readonly users: readonly DemoPerson[]
  readonly rooms: DemoCard['rooms']
}

/** The first start of a home without configuration makes the demo; later starts find its files. undefined: not a demo. */
export async function makeDemoOnce(
  environment: Environment,
  stack: LocalStack,
  log: Log,
  progress: (step: string) => void,
): Promise<Result<MadeDemo | undefined, Fault>> {
  const { home, projectRoot } = environment
  // written before the household's file; a home without it is somebody's own
  if (existsSync(join(home, householdFileName))) return { ok: true, value: await readMadeDemo(home) }
  const demo = await readDemoHousehold(projectRoot)
  if (!demo.ok) return demo
  const credentials = await DemoCredentials.open(home)
  const made = await provision(planOf(demo.value, stack.homeserver), credentials, log)
  const result = demoOf(demo.value, made, credentials, stack.homeserver)
  await privateFile(madeDemoFile(home)).write(JSON.stringify(result))
  // last, since its presence says that the demo is whole
  await writeFile(join(home, householdFileName), householdYaml(demo.value, made, stack.homeserver), { mode: 0o600, flush: true })
  progress(`demo household made: ${String(result.users.length)} people, ${String(result.rooms.length)} encrypted rooms`)
  return { ok: true, value: result }
}

/** `demo.json`; undefined if there is none, or none that can be read: a start writes it anew. */
export async function readDemoCard(home: string): Promise<DemoCard | undefined> {
  return parseOwn<DemoCard>(await privateFile(demoCardFile(home)).read())
}

/** Where people and tests look. */
export function demoCardFile(home: string): string {
  return join(home, 'demo.json')
}

/** `owner` of `@owner:localhost`, `family` of `#family:localhost`. */
export function shortNameOf(id: string): string {
  return id.slice(1, id.indexOf(':'))
}

async function readMadeDemo(home: string): Promise<MadeDemo | undefined> {
  return parseOwn<MadeDemo>(await privateFile(madeDemoFile(home)).read())
}

function madeDemoFile(home: string): string {
  return join(home, 'run', 'demo-made.json')
}

function parseOwn<Content>(text: string | undefined): Content | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Content)
  } catch {
    return undefined
  }
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
      id: `@${localpart}:${homeserver.serverName}`,
      ...credentials.of(id),
      role,
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
