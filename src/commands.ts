import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Servers } from './app.ts'
import type { Environment } from './config/environment.ts'
import { householdFileName } from './config/household-file.ts'
import { loadHousehold } from './config/load-household.ts'
import type { LoadedHousehold } from './config/load-household.ts'
import { readConnections } from './config/connections.ts'
import type { Fault, Result } from './contracts/result.ts'
import { callHome } from './data/home-socket.ts'
import type { HomePorts } from './interfaces/terminal/home-ports.ts'
import type { InstanceStatus, TerminalPorts } from './interfaces/terminal/terminal-ports.ts'
import { createLog } from './observability/log.ts'
import type { GuardrailAccess } from './stack/guardrail-keys.ts'

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
    async openChat(options) {
      const { openChat } = await import('./chat-device.ts')
      return openChat(environment, options)
    },
    status: async () => {
      const status = await callHome(home, 'status', {}, 10_000)
      return status.ok ? { ok: true, value: status.value as InstanceStatus } : status
    },
    async doctor() {
      const { examine } = await import('./doctor.ts')
      return examine(environment)
    },
    home: homePorts(environment),
    async openGuardrails() {
      const { loadGuardrails } = await import('./load-guardrails.ts')
      return loadGuardrails(environment)
    },
    async verifyAudits(request) {
      const { verifyAudits } = await import('./tenant-commands.ts')
      return verifyAudits(environment, request)
    },
    async exportAudits(request, write) {
      const { exportAudits } = await import('./tenant-commands.ts')
      return exportAudits(environment, request, write)
    },
    async recoveryKey() {
      const { privateFile } = await import('./private-file.ts')
      const key = await privateFile(join(home, 'recovery-key')).read()
      if (key !== undefined && key !== '') return { ok: true, value: key }
      const sentence = `There is no recovery key in ${home} yet: it is made when the assistant signs in for the first time.`
      return { ok: false, error: { code: 'no-recovery-key', sentence } }
    },
  }
}

/** Each command in the words of the running instance, or of the home itself. */
function homePorts(environment: Environment): HomePorts {
  const ask = async <Value>(method: string, params: unknown): Promise<Result<Value, Fault>> => {
    const { askHome } = await import('./home-commands.ts')
    return (await askHome(environment, method, params)) as Result<Value, Fault>
  }
  return {
    spend: (query) => ask('spend', query),
    list: () => ask('list', {}),
    set: (order) => ask('set', order),
    suites: () => ask('eval.list', {}),
    runSuite: (suite, alias) => ask('eval.run', { suite, alias }),
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
  const guardrail = await keepClientKeys(home, loaded.value)
  if (!guardrail.ok) return guardrail
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
      targets: undefined,
      guardrail: guardrail.value,
    },
  }
}

async function keepClientKeys(home: string, { file }: LoadedHousehold): Promise<Result<GuardrailAccess | undefined, Fault>> {
  const { enabled, tier } = file.value.gateway_guardrail
  if (!enabled) return { ok: true, value: undefined }
  const { keepGuardrailKeys } = await import('./stack/guardrail-keys.ts')
  return keepGuardrailKeys(home, tier)
}

/** Without a `models` entry only the gateway knows; then it is named. */
function readersOf(smart: string | undefined): { readonly model: string; readonly provider: string } {
  const [provider, ...model] = smart?.split('/') ?? []
  return { model: model.join('/') || 'the gateway\u2019s model', provider: provider ?? 'the gateway' }
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
