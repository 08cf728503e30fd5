import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import type { Result } from '../contracts/result.ts'
import { pythonCommand, type ChildSpec } from './child.ts'
import { serviceEnvironment, type Environment } from './clean-environment.ts'
import { keepSecrets, writePrivateFile } from './private-file.ts'
import { toolFolder, toolPython } from './python-tools.ts'
import type { StackFault } from './stack-fault.ts'

/** household: generous for a family; synapse-defaults: what a foreign homeserver would grant; lifted: for tests that send much. */
export type RateLimits = 'household' | 'synapse-defaults' | 'lifted'

export interface SynapseOptions {
  readonly projectFolder: string
  /** The data home; everything of the homeserver lies in `<home>/synapse`. */
  readonly home: string
  readonly port: number
  readonly environment: Environment
  /** Default `household`. The assistant itself has no limits. */
  readonly limits?: RateLimits
  /** Most timeline events of a room in one /sync answer; default 500. */
  readonly filterTimelineLimit?: number
}

/** What is needed to talk to the homeserver and to make accounts on it. */
export interface HomeserverAccess {
  readonly url: string
  readonly serverName: string
  /** Makes accounts although registration is closed. */
  readonly registrationSecret: string
  /** Credential of the assistant's account. */
  readonly appserviceToken: string
  readonly botUserId: string
}

export interface SynapseSpec {
  readonly child: ChildSpec
  readonly access: HomeserverAccess
}

const serverName = 'localhost'
const botLocalpart = 'assistant'

/** Writes the homeserver's configuration and tells how to run it: loopback only, SQLite, no federation, registration closed. */
export async function prepareSynapse(options: SynapseOptions): Promise<Result<SynapseSpec, StackFault>> {
  const folder = path.join(options.home, 'synapse')
  const secrets = await keepSecrets(path.join(folder, 'secrets.json'), [
    'registration_shared_secret',
    'macaroon_secret_key',
    'form_secret',
    'as_token',
    'hs_token',
  ])
  if (!secrets.ok) return secrets
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const url = `http://127.0.0.1:${options.port}`
  const config = path.join(folder, 'homeserver.yaml')
  // JSON is YAML
  const write = (name: string, content: unknown): Promise<void> =>
    writePrivateFile(path.join(folder, name), `${JSON.stringify(content, undefined, 2)}\n`)
  await write('appservice.yaml', buildAppservice(secrets.value.as_token, secrets.value.hs_token))
  await write('log.yaml', logConfig)
  await write('homeserver.yaml', {
    ...buildHomeserver(options, folder),
    registration_shared_secret: secrets.value.registration_shared_secret,
    macaroon_secret_key: secrets.value.macaroon_secret_key,
    form_secret: secrets.value.form_secret,
  })
  await keepSigningKey(path.join(folder, 'signing.key'))
  return {
    ok: true,
    value: {
      child: {
        name: 'synapse',
        title: 'homeserver (Synapse)',
        ...pythonCommand(options.projectFolder, toolPython(toolFolder(options.projectFolder, 'synapse')), [
          '-m',
          'synapse.app.homeserver',
          '-c',
          config,
        ]),
        cwd: folder,
        environment: serviceEnvironment(options.environment, folder),
        channel: false,
        ports: [{ port: options.port, purpose: 'homeserver (Synapse)' }],
        health: { url: `${url}/health` },
        startTimeoutMs: 120_000,
        stopGraceMs: 8_000,
        firstStart: 'once',
      },
      access: {
        url,
        serverName,
        registrationSecret: secrets.value.registration_shared_secret,
        appserviceToken: secrets.value.as_token,
        botUserId: `@${botLocalpart}:${serverName}`,
      },
    },
  }
}

/** The sender of an appservice cannot sync; the assistant is a user in its namespace, which can. */
function buildAppservice(asToken: string, hsToken: string): Readonly<Record<string, unknown>> {
  return {
    id: 'aiops',
    url: null,
    as_token: asToken,
    hs_token: hsToken,
    sender_localpart: 'aiops-service',
    rate_limited: false,
    'io.element.msc4190': true,
    namespaces: {
      users: [{ exclusive: true, regex: `@${botLocalpart}(-[a-z0-9-]+)?:${serverName}` }],
      rooms: [],
      aliases: [{ exclusive: false, regex: `#.*:${serverName}` }],
    },
  }
}

/** To the console: its output goes to `logs/synapse.log`, which the supervisor rotates. */
const logConfig = {
  version: 1,
  formatters: { line: { format: '%(asctime)s %(levelname)s %(name)s %(message)s' } },
  handlers: { console: { class: 'logging.StreamHandler', formatter: 'line' } },
  root: { level: 'WARNING', handlers: ['console'] },
  disable_existing_loggers: false,
} as const

function buildHomeserver(options: SynapseOptions, folder: string): Readonly<Record<string, unknown>> {
  return {
    server_name: serverName,
    public_baseurl: `http://localhost:${options.port}/`,
    pid_file: path.join(folder, 'homeserver.pid'),
    listeners: [
      { port: options.port, type: 'http', tls: false, bind_addresses: ['127.0.0.1'], resources: [{ names: ['client'], compress: false }] },
    ],
    database: { name: 'sqlite3', args: { database: path.join(folder, 'homeserver.db') } },
    media_store_path: path.join(folder, 'media'),
    signing_key_path: path.join(folder, 'signing.key'),
    log_config: path.join(folder, 'log.yaml'),
    app_service_config_files: [path.join(folder, 'appservice.yaml')],
    report_stats: false,
    enable_metrics: false,
    enable_registration: false,
    trusted_key_servers: [],
    suppress_key_server_warning: true,
    federation_domain_whitelist: [],
    allow_public_rooms_over_federation: false,
    presence: { enabled: false },
    url_preview_enabled: false,
    filter_timeline_limit: options.filterTimelineLimit ?? 500,
    // cached first answers would be replayed to an assistant that starts again within two minutes
    caches: { sync_response_cache_duration: '0s' },
    ...buildPasswordCost(options.limits ?? 'household'),
    ...buildRateLimits(options.limits ?? 'household'),
  }
}

/** Synapse's 12 rounds cost a quarter of a second of a core at each login; ten are what OWASP asks for, and ours are random. */
function buildPasswordCost(limits: RateLimits): Readonly<Record<string, unknown>> {
  if (limits === 'synapse-defaults') return {}
  return { bcrypt_rounds: limits === 'lifted' ? 4 : 10 }
}

function buildRateLimits(limits: RateLimits): Readonly<Record<string, unknown>> {
  if (limits === 'synapse-defaults') return {}
  const generous = limits === 'lifted' ? { per_second: 1_000, burst_count: 1_000 } : { per_second: 20, burst_count: 100 }
  const careful = limits === 'lifted' ? generous : { per_second: 1, burst_count: 20 }
  return {
    rc_message: generous,
    rc_registration: careful,
    rc_login: { address: careful, account: careful, failed_attempts: limits === 'lifted' ? generous : { per_second: 0.1, burst_count: 5 } },
    rc_joins: { local: generous, remote: generous },
    rc_joins_per_room: generous,
    rc_invites: { per_room: generous, per_user: generous, per_issuer: generous },
    rc_room_creation: generous,
    rc_key_requests: generous,
    rc_profile: generous,
  }
}

/** Synapse stops without one. The format is `ed25519 VERSION SEED`, the seed 32 bytes in unpadded base64. */
async function keepSigningKey(file: string): Promise<void> {
  if (existsSync(file)) return
  const version = `a_${randomBytes(2).toString('hex')}`
  await writePrivateFile(file, `ed25519 ${version} ${randomBytes(32).toString('base64').replace(/=+$/, '')}\n`)
}
