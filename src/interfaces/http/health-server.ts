import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { Health } from '../../contracts/platform.ts'
import type { Fault, Result } from '../../contracts/result.ts'

/** Answers /healthz and /readyz on the loopback interface until disposed; then the port is free again. */
export interface HealthServer extends AsyncDisposable {
  readonly port: number
}

interface Answer {
  readonly status: 200 | 503
  readonly body: object
}

/**
 * /healthz: 200 while the process answers. /readyz: 200 when every check is ok, else 503; both name each check, so that a
 * person sees which part is missing. A port already taken is a fault that names it.
 */
export function openHealthServer(port: number, health: Health): Promise<Result<HealthServer, Fault<'port-taken'>>> {
  return listen(port, { healthz: () => Promise.resolve({ status: 200, body: { status: 'ok' } }), readyz: () => readiness(health) })
}

/** Stands in for an instance that is down: 503 on both paths, and `reason` says why. */
export function openDownServer(port: number, reason: string): Promise<Result<HealthServer, Fault<'port-taken'>>> {
  const checks = [{ name: 'assistant', ok: false, detail: reason }]
  return listen(port, {
    healthz: () => Promise.resolve({ status: 503, body: { status: 'down' } }),
    readyz: () => Promise.resolve({ status: 503, body: { status: 'not-ready', checks } }),
  })
}

function listen(
  port: number,
  paths: { readonly healthz: () => Promise<Answer>; readonly readyz: () => Promise<Answer> },
): Promise<Result<HealthServer, Fault<'port-taken'>>> {
  const answers = new Map([
    ['/healthz', paths.healthz],
    ['/readyz', paths.readyz],
  ])
  const server = createServer((request, response) => {
    const answer = request.method === 'GET' ? answers.get(request.url?.split('?')[0] ?? '') : undefined
    if (answer === undefined) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}\n')
      return
    }
    void answer().then(({ status, body }) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(`${JSON.stringify(body)}\n`)
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
