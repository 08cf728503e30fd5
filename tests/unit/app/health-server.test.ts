import { describe, expect, it } from 'vitest'
import { openDownServer, openHealthServer } from '../../../src/interfaces/http/health-server.ts'
import type { HealthServer } from '../../../src/interfaces/http/health-server.ts'
import { takeFreePorts } from '../../support/free-ports.ts'

async function freePort(): Promise<number> {
  return (await takeFreePorts(1))[0] ?? 0
}

function unwrap(opened: Awaited<ReturnType<typeof openHealthServer>>): HealthServer {
  if (!opened.ok) throw new Error(opened.error.sentence)
  return opened.value
}

const get = async (port: number, path: string, method = 'GET'): Promise<{ readonly status: number; readonly body: unknown }> => {
  const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`, { method, headers: { connection: 'close' } })
  return { status: answer.status, body: await answer.json() }
}

const metrics = { contentType: 'text/plain; version=0.0.4', scrape: () => Promise.resolve('up 1\n'), limitMs: 5_000 }

describe('the health server', () => {
  it('shows its metrics as they are, and 500 where they cannot be read', async () => {
    const port = await freePort()
    let scrape = metrics.scrape
    await using _server = unwrap(await openHealthServer(port, { check: () => Promise.resolve([]) }, { ...metrics, scrape: () => scrape() }))
    const ask = () => fetch(`http://127.0.0.1:${String(port)}/metrics`, { headers: { connection: 'close' } })
    const answer = await ask()
    expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([200, metrics.contentType, 'up 1\n'])
    scrape = () => Promise.reject(new Error('broken'))
    expect((await ask()).status).toBe(500)
  })

  it('does not wait for ever for metrics that never come', async () => {
    const port = await freePort()
    const silent = { ...metrics, scrape: () => new Promise<string>(() => undefined), limitMs: 20 }
    await using _server = unwrap(await openHealthServer(port, { check: () => Promise.resolve([]) }, silent))
    expect((await fetch(`http://127.0.0.1:${String(port)}/metrics`, { headers: { connection: 'close' } })).status).toBe(500)
  })

  it('is ready when every check is, and names each', async () => {
    const port = await freePort()
    let ok = true
    const check = () => Promise.resolve([{ name: 'gateway', ok, detail: 'so' }])
    await using _server = unwrap(await openHealthServer(port, { check }, metrics))
    expect(await get(port, '/readyz?verbose')).toEqual({
      status: 200,
      body: { status: 'ready', checks: [{ name: 'gateway', ok: true, detail: 'so' }] },
    })
    ok = false
    expect(await get(port, '/readyz')).toEqual({
      status: 503,
      body: { status: 'not-ready', checks: [{ name: 'gateway', ok: false, detail: 'so' }] },
    })
    expect(await get(port, '/healthz')).toEqual({ status: 200, body: { status: 'ok' } })
  })

  it('is not ready when the checks themselves fail', async () => {
    const port = await freePort()
    await using _server = unwrap(await openHealthServer(port, { check: () => Promise.reject(new Error('broken')) }, metrics))
    expect(await get(port, '/readyz')).toEqual({ status: 503, body: { status: 'not-ready', checks: [] } })
  })

  it('answers nothing else', async () => {
    const port = await freePort()
    await using _server = unwrap(await openHealthServer(port, { check: () => Promise.resolve([]) }, metrics))
    expect((await get(port, '/')).status).toBe(404)
    expect((await get(port, '/healthz', 'POST')).status).toBe(404)
  })

  it('stands in for an instance that is down, and gives the port back', async () => {
    const port = await freePort()
    {
      await using _down = unwrap(await openDownServer(port, 'signal SIGKILL'))
      const checks = [{ name: 'assistant', ok: false, detail: 'signal SIGKILL' }]
      expect(await get(port, '/readyz')).toEqual({ status: 503, body: { status: 'not-ready', checks } })
      expect(await get(port, '/healthz')).toEqual({ status: 503, body: { status: 'down' } })
      expect((await fetch(`http://127.0.0.1:${String(port)}/metrics`, { headers: { connection: 'close' } })).status).toBe(503)
      const second = await openHealthServer(port, { check: () => Promise.resolve([]) }, metrics)
      expect(second).toMatchObject({
        ok: false,
        error: { code: 'port-taken', sentence: expect.stringContaining(`Port ${String(port)} is taken`) },
      })
    }
    await using _instance = unwrap(await openHealthServer(port, { check: () => Promise.resolve([]) }, metrics))
    expect((await get(port, '/readyz')).status).toBe(200)
  })
})
