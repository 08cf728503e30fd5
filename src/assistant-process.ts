import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Environment } from './config/environment.ts'
import type { Log } from './contracts/platform.ts'
import type { Fault, Result } from './contracts/result.ts'
import { callHome } from './data/home-socket.ts'
import { openDownServer } from './interfaces/http/health-server.ts'
import type { InstanceStatus } from './interfaces/terminal/terminal-ports.ts'
import type { ChildSpec } from './stack/child.ts'

const READY_POLL_MS = 100
const READY_LIMIT_MS = 120_000
/** What the assistant may be told by the environment, besides what every child needs to run. */
const PASSED = ['AI_OPS_PORT_BASE', 'AI_OPS_CRASH_AT', 'AI_OPS_MASTER_KEY', 'AI_OPS_MASTER_KEY_COMMAND', 'AI_OPS_UNDECRYPTABLE_NOTICE_MS']

/** The assistant as a supervised process. While it is down, its health port answers 503 with the reason. */
export function describeAssistant(environment: Environment, log: Log): ChildSpec {
  const { home, projectRoot, ports, childVariables, variable } = environment
  const settings = PASSED.flatMap((name) => {
    const value = variable(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    name: 'assistant',
    title: 'assistant',
    command: process.execPath,
    // with the flags the launcher gave to this process
    args: [...process.execArgv, join(projectRoot, 'src/main.ts'), 'serve'],
    cwd: home,
    environment: { ...childVariables, ...Object.fromEntries(settings), AI_OPS_HOME: home },
    channel: true,
    ports: [{ port: ports.metrics, purpose: 'health and metrics endpoint' }],
    health: { url: `http://127.0.0.1:${String(ports.metrics)}/healthz` },
    startTimeoutMs: 60_000,
    stopGraceMs: 10_000,
    firstStart: 'once',
    stopsFirst: true,
    async whileDown(reason) {
      const server = await openDownServer(ports.metrics, reason)
      if (server.ok) return server.value
      log.warn('health-port-taken', { port: ports.metrics })
      return undefined
    },
  }
}

/** Resolves when the assistant in this home is signed in, synced and reaches the gateway. */
export async function untilReady(home: string, signal: AbortSignal): Promise<Result<InstanceStatus, Fault>> {
  const limit = Date.now() + READY_LIMIT_MS
  for (;;) {
    const status = await callHome(home, 'status', {}, 10_000)
    if (status.ok && (status.value as InstanceStatus).ready) return { ok: true, value: status.value as InstanceStatus }
    if (signal.aborted) return { ok: false, error: { code: 'aborted', sentence: 'The start was stopped.' } }
    if (Date.now() > limit) return notReady(home, status.ok ? faultsOf(status.value as InstanceStatus) : status.error.sentence)
    await delay(READY_POLL_MS, undefined, { signal }).catch(() => undefined)
  }
}

function faultsOf({ checks }: InstanceStatus): string {
  return checks
    .filter((check) => !check.ok)
    .map((check) => `${check.name}: ${check.detail}`)
    .join('; ')
}

function notReady(home: string, why: string): Result<never, Fault> {
  const log = join(home, 'logs', 'assistant.log')
  const sentence = `The assistant is not ready after ${String(READY_LIMIT_MS / 1000)} s (${why}). Its log is ${log}.`
  return { ok: false, error: { code: 'not-ready', sentence } }
}
