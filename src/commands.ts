import { existsSync, statSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Servers } from './app.ts'
import type { Environment } from './config/environment.ts'
import { householdFileName } from './config/household-file.ts'
import { loadHousehold } from './config/load-household.ts'
import { readConnections } from './config/connections.ts'
import type { Fault, Result } from './contracts/result.ts'
import { callHome } from './data/home-socket.ts'
import { minimumFreeBytes, readFreeBytes } from './data/disk-space.ts'
import type { Finding, InstanceStatus, OpenChat, TerminalPorts } from './interfaces/terminal/terminal-ports.ts'
import { createLog } from './observability/log.ts'

/** What the command line may do, wired; the heavy parts are loaded only by the command that needs them. */
export function createTerminalPorts(environment: Environment, signal: AbortSignal): TerminalPorts {
  const { home } = environment
  return {
    async start(progress) {
      const { startPlatform } = await import('./local-platform.ts')
      await mkdir(join(home, 'logs'), { recursive: true, mode: 0o700 })
      const log = createLog({ level: 'info', file: join(home, 'logs', 'start.log') })
      return startPlatform(environment, log, { progress, signal })
    },
    async serve(stop) {
      const log = createLog({ level: 'info' })
      const { runInstance } = await import('./app.ts')
      const servers = await findServers(environment)
      return servers.ok ? runInstance(environment, servers.value, log, stop) : servers
    },
    init: () => writeTemplate(home),
    openChat: (options) => openChat(environment, options),
    status: async () => {
      const status = await callHome(home, 'status', {}, 10_000)
      return status.ok ? { ok: true, value: status.value as InstanceStatus } : status
    },
    doctor: () => examine(environment),
    async recoveryKey() {
      const { privateFile } = await import('./app.ts')
      const key = await privateFile(join(home, 'recovery-key')).read()
      if (key !== undefined && key !== '') return { ok: true, value: key }
      const sentence = `There is no recovery key in ${home} yet: it is made when the assistant signs in for the first time.`
      return { ok: false, error: { code: 'no-recovery-key', sentence } }
    },
  }
}

/** Either the local stack that is running, or the servers that `ai-ops.yaml` names. */
async function findServers(environment: Environment): Promise<Result<Servers, Fault>> {
  const { home, projectRoot, variable } = environment
  if (!existsSync(join(home, householdFileName))) {
    const sentence = `There is no ${householdFileName} in ${home}. Write one with \`ai-ops init\`, or bring up the demo with \`npm start\`.`
    return { ok: false, error: { code: 'no-configuration', sentence } }
  }
  const loaded = await loadHousehold({ home, projectRoot, standIn: false })
  if (!loaded.ok) return loaded
  const connections = await readConnections(loaded.value.file, { home, variable })
  if (!connections.ok) return connections
  if (connections.value === undefined) {
    const { readLocalServers } = await import('./local-platform.ts')
    const local = await readLocalServers(home)
    if (local !== undefined) return { ok: true, value: local }
    const sentence = 'ai-ops.yaml says instance.stack: local, and no local stack has been started yet: use `npm start`.'
    return { ok: false, error: { code: 'not-configured', sentence } }
  }
  const { matrix, gateway } = connections.value
  const { credentials, homeserver, rateLimit } = matrix
  return {
    ok: true,
    value: {
      access:
        credentials.kind === 'appservice'
          ? { kind: 'appservice', homeserver, token: credentials.token, userId: credentials.userId }
          : { kind: 'token', homeserver, token: credentials.token },
      rateLimit,
      gateway,
      ...readersOf(loaded.value.file.value.models.smart?.model),
      standIn: false,
      prices: loaded.value.household.prices,
    },
  }
}

/** Without a `models` entry only the gateway knows; then it is named. */
function readersOf(smart: string | undefined): { readonly model: string; readonly provider: string } {
  const [provider, ...model] = smart?.split('/') ?? []
  return { model: model.join('/') || 'the gateway\u2019s model', provider: provider ?? 'the gateway' }
}

async function openChat(environment: Environment, options: { readonly as: string; readonly room: string | undefined }): Promise<Result<OpenChat, Fault>> {
  const { home } = environment
  const [{ privateFile }, { openChatClient }, { openRecordStore }, { resolveMasterKey }, { deriveStandaloneKey }] = await Promise.all([
    import('./app.ts'),
    import('./interfaces/matrix/chat-client.ts'),
    import('./data/record-store.ts'),
    import('./data/master-key.ts'),
    import('./data/key-ring.ts'),
  ])
  const text = await privateFile(join(home, 'demo.json')).read()
  if (text === undefined) {
    const sentence = 'There is no demo household here. Start one with `npm start`, in another terminal.'
    return { ok: false, error: { code: 'not-configured', sentence } }
  }
  const card = JSON.parse(text) as import('./local-platform.ts').DemoCard
  const person = card.users.find((user) => user.id === options.as)
  if (person === undefined) return misuse(`There is nobody called ${options.as}. There are: ${card.users.map((user) => user.id).join(', ')}.`)
  const names = card.rooms.map((room) => room.alias.slice(1, room.alias.indexOf(':')))
  const wanted = options.room ?? names[0]
  const room = card.rooms.find((candidate, index) => names[index] === wanted || candidate.name === wanted || candidate.id === wanted)
  if (room === undefined) return misuse(`There is no room called ${String(wanted)}. There are: ${names.join(', ')}.`)
  const master = await resolveMasterKey({ home, value: environment.masterKey, command: environment.masterKeyCommand })
  if (!master.ok) return master
  const folder = join(home, 'chat', person.id)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const log = createLog({ level: 'warn', file: join(folder, 'chat.log') })
  const onFatal = (error: Error): never => {
    log.error('store-failed', { reason: error.message })
    process.exit(1)
  }
  const records = openRecordStore({ file: join(folder, 'crypto.db'), key: deriveStandaloneKey(master.value.key, `chat ${person.id}`), onFatal })
  if (!records.ok) return records
  const session = privateFile(join(folder, 'session.json'))
  const localpart = person.userId.slice(1, person.userId.indexOf(':'))
  const account = { homeserver: card.homeserver, localpart, displayName: person.id, password: person.password, recoveryKey: person.recoveryKey }
  const opened = await openChatClient(account, {
    records: records.value,
    storageKey: deriveStandaloneKey(master.value.key, `chat store ${person.id}`),
    session: {
      read: async () => {
        const stored = await session.read()
        return stored === undefined ? undefined : (JSON.parse(stored) as import('./interfaces/matrix/signed-in.ts').SignedIn)
      },
      write: (value) => session.write(JSON.stringify(value)),
    },
    log,
  })
  if (!opened.ok) {
    records.value[Symbol.dispose]()
    return opened
  }
  const client = opened.value
  const roomId = room.id as import('./contracts/ids.ts').RoomId
  const assistant = card.bot.id as import('./contracts/ids.ts').UserId
  return {
    ok: true,
    value: {
      roomName: room.name,
      say: (words) => client.say(roomId, words, assistant),
      onText: (listener) =>
        client.onText((heard) => {
          if (heard.roomId === roomId) listener(heard)
        }),
      [Symbol.asyncDispose]: async () => {
        await client[Symbol.asyncDispose]()
        records.value[Symbol.dispose]()
      },
    },
  }
}

function misuse(sentence: string): Result<never, Fault> {
  return { ok: false, error: { code: 'misuse', sentence } }
}

/** A configuration to begin with, for servers that exist; never over one that is there. */
async function writeTemplate(home: string): Promise<Result<string, Fault>> {
  const file = join(home, householdFileName)
  if (existsSync(file)) {
    const sentence = `${file} is there already. Edit it, or set AI_OPS_HOME to another folder.`
    return { ok: false, error: { code: 'exists', sentence } }
  }
  await mkdir(home, { recursive: true, mode: 0o700 })
  await writeFile(file, template, { mode: 0o600 })
  return { ok: true, value: `${file} written. Fill it in, then run: npm run --silent ai-ops -- serve` }
}

const template = `# AI Ops at home: your homeserver, your gateway. Read again whenever it changes.
version: 1
instance: { name: Home, stack: none }
matrix:
  homeserver: https://matrix.example.org
  # an ordinary account of its own: log it in once and put its access token into a file beside this one
  access_token: file:matrix-token
  # or an application service, which no rate limit slows down:
  # user: "@assistant:example.org"
  # appservice_token: file:appservice-token
gateway: { url: "http://127.0.0.1:4000", key: file:gateway-key }
tenants:
  family: { name: Family }
members:
  me: { user: "@me:example.org", name: Me, role: owner, tenant: family }
rooms: {}
  # a direct room binds itself; others are named here:
  # family: { room: "!id:example.org", tenant: family, domain: family, answers: addressed }
`

/** Looks at every part, running or not, and names the cure of what is wrong. */
async function examine(environment: Environment): Promise<readonly Finding[]> {
  const { home, projectRoot } = environment
  const findings: Finding[] = []
  const add = (name: string, state: Finding['state'], detail: string, cure?: string): void => {
    findings.push({ name, state, detail, cure })
  }
  add('node', 'ok', process.version)
  if (!existsSync(home)) {
    add('data home', 'note', `${home} does not exist yet`, 'npm start makes it')
    return findings
  }
  const loose = (statSync(home).mode & 0o077) !== 0
  add('data home', loose ? 'note' : 'ok', home, loose ? 'others can look into it: chmod 700' : undefined)
  const loaded = existsSync(join(home, householdFileName)) ? await loadHousehold({ home, projectRoot, standIn: false }) : undefined
  if (loaded === undefined) add('configuration', 'note', `no ${householdFileName}`, 'npm start makes a demo, ai-ops init a file to fill in')
  else if (!loaded.ok) add('configuration', 'fault', loaded.error.sentence, 'mend the file; a running instance goes on with the last good state')
  else add('configuration', 'ok', `${String(loaded.value.household.members.size)} members, ${String(loaded.value.household.rooms.size)} rooms`)
  const { resolveMasterKey } = await import('./data/master-key.ts')
  const fresh = !existsSync(join(home, 'keys.db')) && !existsSync(join(home, 'master-key'))
  if (fresh) add('master key', 'note', 'none yet', 'it is made at the first start')
  else {
    const master = await resolveMasterKey({ home, value: environment.masterKey, command: environment.masterKeyCommand })
    if (!master.ok) add('master key', 'fault', master.error.sentence)
    else if (master.value.liesWithData) {
      add('master key', 'note', 'key and data lie in the same folder: whoever copies it can read it', 'keep the key elsewhere with AI_OPS_MASTER_KEY_COMMAND')
    } else add('master key', 'ok', `from the ${master.value.source}`)
  }
  const freeBytes = await readFreeBytes(home)
  const enough = freeBytes >= minimumFreeBytes
  add('disk', enough ? 'ok' : 'fault', `${String(Math.floor(freeBytes / 1_048_576))} MB free`, enough ? undefined : 'free some space: below 512 MB no question is taken')
  add('recovery key', existsSync(join(home, 'recovery-key')) ? 'ok' : 'note', existsSync(join(home, 'recovery-key')) ? 'present' : 'none yet')
  const status = await callHome(home, 'status', {}, 10_000)
  if (!status.ok) {
    add('assistant', status.error.code === 'not-running' ? 'note' : 'fault', status.error.sentence, 'npm start, or ai-ops serve')
    return findings
  }
  const running = status.value as InstanceStatus
  add('assistant', running.ready ? 'ok' : 'fault', `pid ${String(running.pid)}, device ${running.device}`)
  for (const check of running.checks) add(check.name, check.ok ? 'ok' : 'fault', check.detail, check.ok ? undefined : cureOf(check.name))
  return findings
}

function cureOf(part: string): string {
  switch (part) {
    case 'homeserver':
      return 'see logs/synapse.log, or whether the homeserver in ai-ops.yaml answers; a logged-out device needs a new token'
    case 'gateway':
      return 'see logs/litellm.log, or whether the gateway in ai-ops.yaml answers and takes the key'
    default:
      return 'free some space'
  }
}
