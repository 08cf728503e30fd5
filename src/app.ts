import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createDirectory } from './config/directory.ts'
import type { Environment } from './config/environment.ts'
import { createSentences } from './config/sentences.ts'
import type { Conversation } from './contracts/conversation.ts'
import type { Alias, Directory, ModelPrice } from './contracts/household.ts'
import type { HealthCheck, Log } from './contracts/platform.ts'
import type { Fault, Result } from './contracts/result.ts'
import { systemClock } from './conversation/clock.ts'
import { createConversation } from './conversation/conversation.ts'
import { minimumFreeBytes, readFreeBytes } from './data/disk-space.ts'
import { openEdgeStore } from './data/edge-store.ts'
import { lockHome } from './data/home-lock.ts'
import { serveHome } from './data/home-socket.ts'
import { openKeyRing } from './data/key-ring.ts'
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
import { createCrashPoints } from './observability/crash-points.ts'
import { createHealth } from './observability/health.ts'

/** A turn may last this long; a call inside it cannot last longer. */
const CALL_LIMIT_MS = 120_000
const HEALTH_LIMIT_MS = 5_000
const DISK_CHECK_MS = 10_000
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
}

/**
 * One instance from start to stop: opens the home, the edge and the conversation, and closes all of it in reverse once
 * `signal` is aborted. A fault is what a person must mend; everything else is waited for or thrown.
 */
export async function runInstance(environment: Environment, servers: Servers, log: Log, signal: AbortSignal): Promise<Result<void, Fault>> {
  const { home, projectRoot } = environment
  await using opened = new AsyncDisposableStack()
  await mkdir(home, { recursive: true, mode: 0o700 })
  const lock = lockHome(home, 'instance')
  if (!lock.ok) return lock
  opened.use(lock.value)

  const master = await resolveMasterKey({ home, value: environment.masterKey, command: environment.masterKeyCommand })
  if (!master.ok) return master
  const keys = openKeyRing(home, master.value.key)
  if (!keys.ok) return keys
  opened.use(keys.value)
  const crashPoints = createCrashPoints(environment.crashAt)
  const onFatal = (error: Error): never => {
    log.error('store-failed', { reason: error.message })
    process.exit(FATAL_EXIT)
  }
  const edgeFile = { file: join(home, 'edge.db'), key: keys.value.keyOf('edge'), seals: keys.value, crashPoints, onFatal, log }
  const store = openEdgeStore(edgeFile)
  if (!store.ok) return store
  opened.use(store.value)
  const records = openRecordStore({ file: join(home, 'crypto.db'), key: keys.value.keyOf('crypto'), onFatal })
  if (!records.ok) return records
  opened.use(records.value)
  const tenants = opened.use(openTenantStores({ folder: join(home, 'tenants'), keyOf: (tenant) => keys.value.keyOf(`tenant:${tenant}`) }))

  const sentences = await createSentences(projectRoot)
  if (!sentences.ok) return sentences
  const directory = await createDirectory({ home, projectRoot, standIn: servers.standIn, knownPrices: servers.prices })
  if (!directory.ok) return directory
  opened.use(directory.value)
  const model = createLitellmModel({ ...servers.gateway, requestTimeoutMs: CALL_LIMIT_MS })

  let edge: MatrixEdge | undefined
  const free = { bytes: await readFreeBytes(home) }
  const health = createHealth(
    [
      { name: 'homeserver', probe: () => Promise.resolve(worst(edge?.health() ?? [])) },
      {
        name: 'gateway',
        probe: async (probing) => {
          const answer = await model.ready(probing)
          return answer.ok ? { ok: true, detail: 'answers' } : { ok: false, detail: answer.error.code }
        },
      },
      { name: 'disk', probe: () => Promise.resolve(diskCheck(free.bytes)) },
    ],
    HEALTH_LIMIT_MS,
  )
  const healthServer = await openHealthServer(environment.ports.metrics, health)
  if (!healthServer.ok) return healthServer
  opened.use(healthServer.value)

  const startedAt = Date.now()
  const socket = await serveHome({
    home,
    handlers: {
      status: async () => {
        const checks = await health.check()
        const value = {
          pid: process.pid,
          upSeconds: (Date.now() - startedAt) / 1000,
          ready: checks.every((check) => check.ok),
          checks,
          device: edge?.deviceId ?? '',
          ed25519: edge?.ed25519 ?? '',
          residentMb: Math.round(process.memoryUsage.rss() / 1e6),
          settled: await store.value.inbox.counts(),
        }
        return { ok: true, value }
      },
    },
    onSurprise: (method, error) => log.error('command-failed', { method, error: error instanceof Error ? error.name : 'unknown' }),
  })
  if (!socket.ok) return socket
  opened.use(socket.value)

  let conversation: Conversation | undefined
  const matrix = await openMatrixEdge(
    {
      access: servers.access,
      trust: directory.value.current().trust,
      displayName: 'Assistant',
      rateLimit: servers.rateLimit,
      storageKey: keys.value.deriveKey('matrix crypto store'),
      undecryptableNoticeMs: environment.undecryptableNoticeMs,
    },
    {
      store: store.value,
      records: records.value,
      recoveryKey: privateFile(join(home, 'recovery-key')),
      crashPoints,
      log,
      now: Date.now,
      connect: ({ sender, rooms, ownUserId }) => {
        conversation = createConversation({
          directory: directory.value,
          identity: { userId: ownUserId, accounts: [ownUserId] },
          roomState: rooms,
          ...store.value,
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
  if (!matrix.ok) return matrix
  edge = opened.use(matrix.value)
  if (conversation !== undefined) {
    opened.use(watchDisk(home, free, { edge, conversation }))
    opened.defer(reportReloads(directory.value, conversation))
  }
  log.info('ready', { device: edge.deviceId, startMs: Math.round(performance.now()) })
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  return { ok: true, value: undefined }
}

/** Below the limit no new question is taken, since a commit that no longer fits would end the process; /sync goes on. */
function watchDisk(
  home: string,
  free: { bytes: number },
  parts: { readonly edge: MatrixEdge; readonly conversation: Conversation },
): Disposable {
  let accepting = true
  const look = async (): Promise<void> => {
    free.bytes = await readFreeBytes(home).catch(() => free.bytes)
    const enough = free.bytes >= minimumFreeBytes
    if (enough === accepting) return
    accepting = enough
    parts.edge.accept(enough)
    const source = `disk:${String(Date.now())}`
    const freeMb = Math.floor(free.bytes / 1_048_576)
    await (enough
      ? parts.conversation.tellControl(source, 'control.disk-ok', {})
      : parts.conversation.tellControl(source, 'control.disk-low', { free: freeMb }))
  }
  void look()
  const timer = setInterval(() => void look(), DISK_CHECK_MS)
  timer.unref()
  return { [Symbol.dispose]: () => clearInterval(timer) }
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
