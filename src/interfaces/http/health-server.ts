import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { Health } from '../../contracts/platform.ts'
import type { Fault, Result } from '../../contracts/result.ts'

/** Answers /healthz and /readyz on the loopback interface until disposed; then the port is free again. */
export interface HealthServer extends AsyncDisposable {
  readonly port: number
}

interface Answer {
  readonly status: 200 | 500 | 503
  /** JSON, or a text of its own type. */
  readonly body: object | string
  readonly type?: string
}

/** What Prometheus reads. */
export interface Scraped {
  readonly contentType: string
  readonly scrape: () => Promise<string>
  /** How long a scrape may take before it counts as failed. */
  readonly limitMs: number
}

/**
 * /healthz: 200 while the process answers. /readyz: 200 when every check is ok, else 503; both name each check, so that a
 * person sees which part is missing. /metrics: in the text format of Prometheus, or 500 where it fails or takes too long. A port already
 * taken is a fault that names it.
 */
export function openHealthServer(port: number, health: Health, metrics: Scraped): Promise<Result<HealthServer, Fault<'port-taken'>>> {
  return listen(port, {
    healthz: () => Promise.resolve({ status: 200, body: { status: 'ok' } }),
    readyz: () => readiness(health),
    metrics: () => scraped(metrics),
  })
}

/** Stands in for an instance that is down: 503 on all paths, and `reason` says why. */
export function openDownServer(port: number, reason: string): Promise<Result<HealthServer, Fault<'port-taken'>>> {
  const checks = [{ name: 'assistant', ok: false, detail: reason }]
  return listen(port, {
    healthz: () => Promise.resolve({ status: 503, body: { status: 'down' } }),
    readyz: () => Promise.resolve({ status: 503, body: { status: 'not-ready', checks } }),
    metrics: () => Promise.resolve({ status: 503, body: '', type: 'text/plain' }),
  })
}

function listen(
  port: number,
  paths: Readonly<Record<'healthz' | 'readyz' | 'metrics', () => Promise<Answer>>>,
): Promise<Result<HealthServer, Fault<'port-taken'>>> {
  const answers = new Map([
    ['/healthz', paths.healthz],
    ['/readyz', paths.readyz],
    ['/metrics', paths.metrics],
  ])
  const server = createServer((request, response) => {
    const answer = request.method === 'GET' ? answers.get(request.url?.split('?')[0] ?? '') : undefined
    if (answer === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}\n')
      return
    }
    void answer().then(({ status, body, type = 'application/json' }) => {
      const text = typeof body === 'string' ? body : `${JSON.stringify(body)}\n`
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(text)
    })
  })
  return new Promise((resolve) => {
    server.once('error', () => {
      const sentence = `Port ${String(port)} is taken, and health and metrics need it. Stop what uses it, or set AI_OPS_PORT_BASE to another range.`
      resolve({ ok: false, error: { code: 'port-taken', sentence } })
    })
    server.listen(port, '127.0.0.1', () => resolve({ ok: true, value: { port, [Symbol.asyncDispose]: () => close(server) } }))
  })
}

async function scraped({ contentType, scrape, limitMs }: Scraped): Promise<Answer> {
  const late = once(AbortSignal.timeout(limitMs), 'abort').then(() => undefined)
  const text = await Promise.race([scrape(), late]).catch(() => undefined)
  return text === undefined ? { status: 500, body: '', type: 'text/plain' } : { status: 200, body: text, type: contentType }
}

async function readiness(health: Health): Promise<Answer> {
  const checks = await health.check().catch(() => undefined)
  const isReady = checks?.every((check) => check.ok) ?? false
  return { status: isReady ? 200 : 503, body: { status: isReady ? 'ready' : 'not-ready', checks: checks ?? [] } }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
