import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { Health } from '../../contracts/platform.ts'
import type { Fault, Result } from '../../contracts/result.ts'

/** Answers /healthz and /readyz on the loopback interface until disposed. */
export interface HealthServer extends AsyncDisposable {
  readonly port: number
}

/**
 * /healthz: 200 while the process answers. /readyz: 200 when every check is ok, else 503; both name each check, so that a
 * person sees which part is missing. A port already taken is a fault that names it.
 */
export function openHealthServer(port: number, health: Health): Promise<Result<HealthServer, Fault<'port-taken'>>> {
  const server = createServer((request, response) => {
    const path = request.url?.split('?')[0]
    if (request.method !== 'GET' || (path !== '/healthz' && path !== '/readyz')) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"error":"not found"}\n')
      return
    }
    void answer(path, health).then(({ status, body }) => {
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

async function answer(path: string, health: Health): Promise<{ status: number; body: object }> {
  if (path === '/healthz') return { status: 200, body: { status: 'ok' } }
  try {
    const checks = await health.check()
    const ready = checks.every((check) => check.ok)
    return { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not-ready', checks } }
  } catch {
    return { status: 503, body: { status: 'not-ready', checks: [] } }
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
