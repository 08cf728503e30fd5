import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openClientGuardrail } from './client-guardrail.ts'
import { createDirectory } from './config/directory.ts'
import type { Environment } from './config/environment.ts'
import { createSentences } from './config/sentences.ts'
import type { ChatModel } from './contracts/chat-model.ts'
import type { Conversation } from './contracts/conversation.ts'
import type { EdgeStore } from './contracts/edge-store.ts'
import type { Alias, Directory, ModelPrice, ModelTarget } from './contracts/household.ts'
import type { CrashPoints, HealthCheck, Log } from './contracts/platform.ts'
import type { RecordStore } from './contracts/record-store.ts'
import type { Fault, Result } from './contracts/result.ts'
import type { TenantStores } from './contracts/tenant-stores.ts'
import { systemClock } from './conversation/clock.ts'
import { createConversation } from './conversation/conversation.ts'
import { minimumFreeBytes, readFreeBytes, watchDiskSpace } from './data/disk-space.ts'
import { openEdgeStore } from './data/edge-store.ts'
import { lockHome } from './data/home-lock.ts'
import { serveHome } from './data/home-socket.ts'
import { openKeyRing } from './data/key-ring.ts'
import type { KeyRing } from './data/key-ring.ts'
import { resolveMasterKey } from './data/master-key.ts'
import { openRecordStore } from './data/record-store.ts'
import { openTenantStores } from './data/tenant-stores.ts'
import { createLitellmModel } from './gateway/litellm-model.ts'
import { createMinimalRails } from './guardrails/minimal-rails.ts'
import { openHealthServer } from './interfaces/http/health-server.ts'
import type { AccountAccess } from './interfaces/matrix/account.ts'
import type { RecoveryKeyFile } from './interfaces/matrix/identity.ts'
import { openMatrixEdge } from './interfaces/matrix/matrix-edge.ts'
import type { MatrixEdge } from './interfaces/matrix/matrix-edge.ts'
import type { RateLimit } from './interfaces/matrix/rate-limit.ts'
import type { InstanceStatus } from './interfaces/terminal/terminal-ports.ts'
import { followRoutes } from './model-routes.ts'
import { createCrashPoints } from './observability/crash-points.ts'
import { createHealth } from './observability/health.ts'
import type { GuardrailAccess } from './stack/guardrail-keys.ts'

/** A turn may last this long; a call inside it cannot last longer. */
const CALL_LIMIT_MS = 120_000
const HEALTH_LIMIT_MS = 5_000
/** Exit code after a failed COMMIT: the supervisor starts the assistant anew, with back-off. */
const FATAL_EXIT = 70

/** The servers an instance stands on, whoever runs them. */
export interface Servers {
  readonly access: AccountAccess
  readonly rateLimit: RateLimit | undefined
  readonly gateway: { readonly url: string; readonly key: string }
  /** The model that answers, as people are told, and who runs it; undefined: it runs on this machine. */
  readonly model: string
  readonly provider: string | undefined
  /** True while the stand-in answers everything. */
  readonly standIn: boolean
  readonly prices: ReadonlyMap<Alias, ModelPrice>
  /** Where the aliases lead; undefined: the gateway is somebody else's, and `ai-ops.yaml` says what is known. */
  readonly targets: readonly ModelTarget[] | undefined
  /** How the gateway has other clients checked here; undefined: it does not. */
  readonly guardrail: GuardrailAccess | undefined
}

/**
 * One instance from start to stop: opens the home, the edge and the conversation, and closes all of it in reverse once
 * `signal` is aborted. A fault is what a person must mend; everything else is waited for or thrown.
 */
export async function runInstance(environment: Environment, servers: Servers, log: Log, signal: AbortSignal): Promise<Result<void, Fault>> {
  const { home, projectRoot } = environment
  await using opened = new AsyncDisposableStack()
  const crashPoints = createCrashPoints(environment.crashAt)
  const stores = await openHome(environment, { log, crashPoints, opened })
  if (!stores.ok) return stores
  const { keys, store, records, tenants } = stores.value
  const sentences = await createSentences(projectRoot)
  if (!sentences.ok) return sentences
  const directory = await createDirectory({ home, projectRoot, standIn: servers.standIn, knownPrices: servers.prices })
  if (!directory.ok) return directory
  opened.use(directory.value)
  const routes = followRoutes(servers, () => directory.value.current())
  const model = createLitellmModel({ ...servers.gateway, requestTimeoutMs: CALL_LIMIT_MS, routes })
  const household = directory.value.current()
  const endpoint = await openClientGuardrail({ environment, access: servers.guardrail, household, routes, sentences: sentences.value, log })
  if (!endpoint.ok) return endpoint
  opened.use(endpoint.value)
  const running: Running = { edge: undefined, freeBytes: await readFreeBytes(home) }
  const watched = await openWatch(environment, { running, model, store, log, opened })
  if (!watched.ok) return watched

  let conversation: Conversation | undefined
  const edge = await openMatrixEdge(
    {
      access: servers.access,
      trust: directory.value.current().trust,
      displayName: 'Assistant',
      rateLimit: servers.rateLimit,
      storageKey: keys.deriveKey('matrix crypto store'),
      undecryptableNoticeMs: environment.undecryptableNoticeMs,
    },
    {
      store,
      records,
      recoveryKey: privateFile(join(home, 'recovery-key')),
      crashPoints,
      log,
      now: () => Date.now(),
      connect: ({ sender, rooms, ownUserId }) => {
        conversation = createConversation({
          directory: directory.value,
          identity: { userId: ownUserId, accounts: [ownUserId] },
          roomState: rooms,
          ...store,
          tenants,
          sender,
          model,
          guardrails: createMinimalRails(),
          sentences: sentences.value,
          readersOf: () => ({ homeserver: servers.access.homeserver, model: servers.model, provider: servers.provider }),
          log,
          crashPoints,
          clock: systemClock,
        })
        return conversation
      },
    },
    signal,
  )
  if (!edge.ok) return edge
  running.edge = opened.use(edge.value)
  if (conversation !== undefined) {
    opened.use(followDisk(home, running, conversation))
    opened.defer(reportReloads(directory.value, conversation))
  }
  log.info('ready', { device: edge.value.deviceId, startMs: Math.round(performance.now()) })
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  return { ok: true, value: undefined }
}

interface HomeStores {
  readonly keys: KeyRing
  readonly store: EdgeStore
  readonly records: RecordStore
  readonly tenants: TenantStores
}

/** Takes the home's lock and opens everything that lies in it. */
async function openHome(
  environment: Environment,
  parts: { readonly log: Log; readonly crashPoints: CrashPoints; readonly opened: AsyncDisposableStack },
): Promise<Result<HomeStores, Fault>> {
  const { home, masterKey, masterKeyCommand } = environment
  const { log, crashPoints, opened } = parts
  await mkdir(home, { recursive: true, mode: 0o700 })
  const lock = lockHome(home, 'instance')
  if (!lock.ok) return lock
  opened.use(lock.value)
  const master = await resolveMasterKey({ home, value: masterKey, command: masterKeyCommand })
  if (!master.ok) return master
  const opening = openKeyRing(home, master.value.key)
  if (!opening.ok) return opening
  const keys = opened.use(opening.value)
  const onFatal = (error: Error): never => {
    log.error('store-failed', { reason: error.message })
    process.exit(FATAL_EXIT)
  }
  const store = openEdgeStore({ file: join(home, 'edge.db'), key: keys.keyOf('edge'), seals: keys, crashPoints, onFatal, log })
  if (!store.ok) return store
  opened.use(store.value)
  const records = openRecordStore({ file: join(home, 'crypto.db'), key: keys.keyOf('crypto'), onFatal })
  if (!records.ok) return records
  opened.use(records.value)
  const tenants = opened.use(openTenantStores({ folder: join(home, 'tenants'), keyOf: (tenant) => keys.keyOf(`tenant:${tenant}`) }))
  return { ok: true, value: { keys, store: store.value, records: records.value, tenants } }
}

/** What is looked at from outside while the instance runs. */
interface Running {
  edge: MatrixEdge | undefined
  freeBytes: number
}

interface WatchParts {
  readonly running: Running
  readonly model: ChatModel
  readonly store: EdgeStore
  readonly log: Log
  readonly opened: AsyncDisposableStack
}

/** Opens /healthz and /readyz, and the socket that commands of the terminal ask. */
async function openWatch(environment: Environment, { running, model, store, log, opened }: WatchParts): Promise<Result<true, Fault>> {
  const gateway = async (signal: AbortSignal): Promise<Pick<HealthCheck, 'ok' | 'detail'>> => {
    const answer = await model.ready(signal)
    return answer.ok ? { ok: true, detail: 'answers' } : { ok: false, detail: answer.error.code }
  }
  const health = createHealth(
    [
      { name: 'homeserver', probe: () => Promise.resolve(worst(running.edge?.health() ?? [])) },
      { name: 'gateway', probe: gateway },
      { name: 'disk', probe: () => Promise.resolve(diskCheck(running.freeBytes)) },
    ],
    HEALTH_LIMIT_MS,
  )
  const server = await openHealthServer(environment.ports.metrics, health)
  if (!server.ok) return server
  opened.use(server.value)
  const startedAt = Date.now()
  const status = async (): Promise<Result<InstanceStatus, Fault>> => {
    const checks = await health.check()
    const value = {
      pid: process.pid,
      upSeconds: (Date.now() - startedAt) / 1000,
      ready: checks.every((check) => check.ok),
      checks,
      device: running.edge?.deviceId ?? '',
      ed25519: running.edge?.ed25519 ?? '',
      residentMb: Math.round(process.memoryUsage.rss() / 1e6),
      settled: await store.inbox.counts(),
    }
    return { ok: true, value }
  }
  const onSurprise = (method: string, error: unknown): void => {
    log.error('command-failed', { method, error: error instanceof Error ? error.name : 'unknown' })
  }
  const socket = await serveHome({ home: environment.home, handlers: { status }, onSurprise })
  if (!socket.ok) return socket
  opened.use(socket.value)
  return { ok: true, value: true }
}

/** Below the limit no new question is taken, since a commit that no longer fits would end the process; /sync goes on. */
function followDisk(home: string, running: Running, conversation: Conversation): Disposable {
  return watchDiskSpace({
    readFreeBytes: async () => {
      running.freeBytes = await readFreeBytes(home)
      return running.freeBytes
    },
    changed: (isEnough, freeBytes) => {
      running.edge?.accept(isEnough)
      const source = `disk:${String(Date.now())}`
      const free = Math.floor(freeBytes / 1_048_576)
      void (isEnough
        ? conversation.tellControl(source, 'control.disk-ok', {})
        : conversation.tellControl(source, 'control.disk-low', { free }))
    },
  })
}

/** A bad edit keeps the old household; the owners read why, and when it is mended. */
function reportReloads(directory: Directory, conversation: Conversation): () => void {
  let faulty = false
  return directory.onChange((change) => {
    const source = `reload:${String(Date.now())}`
    if ('fault' in change) {
      faulty = true
      void conversation.tellControl(source, 'control.reload-failed', { reason: change.fault.sentence })
    } else if (faulty) {
      faulty = false
      void conversation.tellControl(source, 'control.reload-ok', {})
    }
  })
}

function diskCheck(bytes: number): Pick<HealthCheck, 'ok' | 'detail'> {
  return { ok: bytes >= minimumFreeBytes, detail: `${String(Math.floor(bytes / 1_048_576))} MB free` }
}

function worst(checks: readonly HealthCheck[]): Pick<HealthCheck, 'ok' | 'detail'> {
  if (checks.length === 0) return { ok: false, detail: 'signing in' }
  const bad = checks.find((check) => !check.ok)
  return bad === undefined ? { ok: true, detail: checks.map((check) => check.detail).join(', ') } : { ok: false, detail: bad.detail }
}

/** A secret text file of the home: 0600, replaced as a whole. */
export function privateFile(path: string): RecoveryKeyFile & { remove(): Promise<void> } {
  return {
    read: async () => (await readFile(path, 'utf8').catch(() => undefined))?.trim(),
    write: async (text) => {
      await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600, flush: true })
      await chmod(`${path}.new`, 0o600)
      await rename(`${path}.new`, path)
    },
    remove: () => rm(path, { force: true }),
  }
}
