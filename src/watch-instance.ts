import type { Environment } from './config/environment.ts'
import type { ChatModel } from './contracts/chat-model.ts'
import type { Conversation } from './contracts/conversation.ts'
import type { EdgeStore } from './contracts/edge-store.ts'
import type { InstanceState } from './control-room/status.ts'
import type { JudgeState } from './contracts/guardrails.ts'
import type { HealthCheck, Log } from './contracts/platform.ts'
import type { Fault, Result } from './contracts/result.ts'
import { minimumFreeBytes, readFreeBytes, watchDiskSpace } from './data/disk-space.ts'
import { type HomeHandler, serveHome } from './data/home-socket.ts'
import { openHealthServer } from './interfaces/http/health-server.ts'
import type { MatrixEdge } from './interfaces/matrix/matrix-edge.ts'
import type { InstanceStatus } from './interfaces/terminal/terminal-ports.ts'
import { createHealth } from './observability/health.ts'
import type { Readings, ScrapedMetrics } from './observability/metrics.ts'
import { describeJudge } from './rule-reports.ts'

const HEALTH_LIMIT_MS = 5_000

/** What is looked at from outside while the instance runs. */
export interface Running {
  edge: MatrixEdge | undefined
  readonly judgeState: () => JudgeState
  freeBytes: number
}

interface WatchParts {
  readonly running: Running
  readonly model: ChatModel
  readonly store: EdgeStore
  readonly metrics: ScrapedMetrics
  /** What commands of the terminal may ask besides the status. */
  readonly handlers: Readonly<Record<string, HomeHandler>>
  readonly log: Log
  readonly opened: AsyncDisposableStack
}

/** What the instance says of itself. */
export interface Watched {
  readonly state: () => Promise<InstanceState>
  readonly check: () => Promise<readonly HealthCheck[]>
}

/** Opens /healthz and /readyz, and the socket that commands of the terminal ask. */
export async function openWatch(
  environment: Environment,
  { running, model, store, metrics, handlers, log, opened }: WatchParts,
): Promise<Result<Watched, Fault>> {
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
  const server = await openHealthServer(environment.ports.metrics, health, { ...metrics, limitMs: HEALTH_LIMIT_MS })
  if (!server.ok) return server
  opened.use(server.value)
  const startedAt = Date.now()
  const state = async (): Promise<InstanceState> => ({
    upSeconds: (Date.now() - startedAt) / 1000,
    checks: await health.check(),
    residentMb: Math.round(process.memoryUsage.rss() / 1e6),
    settled: await store.inbox.counts(),
    judge: running.judgeState(),
  })
  const status = async (): Promise<Result<InstanceStatus, Fault>> => {
    const { judge, ...now } = await state()
    const value = {
      ...now,
      pid: process.pid,
      ready: now.checks.every((check) => check.ok),
      device: running.edge?.deviceId ?? '',
      ed25519: running.edge?.ed25519 ?? '',
      judge: describeJudge(judge),
    }
    return { ok: true, value }
  }
  const onSurprise = (method: string, error: unknown): void => {
    log.error('command-failed', { method, error: error instanceof Error ? error.name : 'unknown' })
  }
  const socket = await serveHome({ home: environment.home, handlers: { ...handlers, status }, onSurprise })
  if (!socket.ok) return socket
  opened.use(socket.value)
  return { ok: true, value: { state, check: () => health.check() } }
}

/** What /metrics reads when somebody looks. The gateway is not asked for it, since looking must cost nothing. */
export async function readInstance(running: Running, store: Pick<EdgeStore, 'inbox' | 'outbox'>): Promise<Readings> {
  const { edge, freeBytes } = running
  const [inbox, outbox] = await Promise.all([store.inbox.pending(), store.outbox.waiting()])
  const { syncAgeSeconds, undecryptable } = edge?.readings() ?? { syncAgeSeconds: Infinity, undecryptable: 0 }
  const ready = edge !== undefined && worst(edge.health()).ok && diskCheck(freeBytes).ok
  return {
    inboxPending: inbox.length,
    outboxPending: outbox,
    // before the first answer it is the time that was waited for it
    syncAgeSeconds: Math.min(syncAgeSeconds, process.uptime()),
    undecryptable,
    freeDiskBytes: freeBytes,
    ready,
  }
}

/** Below the limit no new question is taken, since a commit that no longer fits would end the process; /sync goes on. */
export function followDisk(home: string, running: Running, conversation: Conversation): Disposable {
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

function diskCheck(bytes: number): Pick<HealthCheck, 'ok' | 'detail'> {
  return { ok: bytes >= minimumFreeBytes, detail: `${String(Math.floor(bytes / 1_048_576))} MB free` }
}

function worst(checks: readonly HealthCheck[]): Pick<HealthCheck, 'ok' | 'detail'> {
  if (checks.length === 0) return { ok: false, detail: 'signing in' }
  const bad = checks.find((check) => !check.ok)
  return bad === undefined ? { ok: true, detail: checks.map((check) => check.detail).join(', ') } : { ok: false, detail: bad.detail }
}
