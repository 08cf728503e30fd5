import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ChildSpec } from '../../../src/stack/child.ts'
import { identifyProcess } from '../../../src/stack/process-identity.ts'
import { openSupervisor, type SupervisedChild, type Supervisor, type SupervisorEvent } from '../../../src/stack/supervisor.ts'
import { takeFreePorts } from '../../support/free-ports.ts'
import { describeTinyChild } from './describe-tiny-child.ts'
import { waitUntil } from './wait-until.ts'

let home = ''
let port = 0
let events: SupervisorEvent[] = []
beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), 'ai-ops-supervisor-'))
  port = (await takeFreePorts(1))[0] ?? 0
  events = []
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

const backOff = { firstMs: 20, maxMs: 100, resetAfterMs: 60_000 }

async function open(): Promise<Supervisor> {
  const opened = await openSupervisor({ home, backOff, onEvent: (event) => events.push(event) })
  if (!opened.ok) throw new Error(opened.error.sentence)
  return opened.value
}

async function start(supervisor: Supervisor, mode: string, change: Partial<ChildSpec> = {}): Promise<SupervisedChild> {
  const child = await supervisor.start({ ...describeTinyChild(home, mode, port), ...change })
  if (!child.ok) throw new Error(child.error.sentence)
  return child.value
}

function notedPids(): readonly number[] {
  const file = path.join(home, 'pids')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : []
}

const isGone = (pid: number): boolean => identifyProcess(pid) === undefined

describe('a supervised child', () => {
  it('is restarted with growing pauses whenever it ends, and counted', async () => {
    await using supervisor = await open()
    const child = await start(supervisor, 'works')
    expect(await child.ready).toEqual({ ok: true, value: true })
    for (const lives of [2, 3, 4, 5]) {
      process.kill(child.status().pid ?? 0, 'SIGKILL')
      await waitUntil(`life ${lives}`, () => notedPids().length === lives && child.status().state === 'ready')
    }
    const exits = events.filter((event) => event.kind === 'child-exit')
    expect(exits.map((event) => event.restartInMs)).toEqual([20, 40, 80, 100])
    expect(child.status()).toMatchObject({ restarts: 4, lastExit: 'signal SIGKILL' })
    expect(new Set(notedPids()).size).toBe(5)
  })

  it('leaves its port to a substitute, which knows the reason, until it is started again', async () => {
    await using supervisor = await open()
    const reasons: string[] = []
    const whileDown = async (reason: string): Promise<AsyncDisposable> => {
      const substitute = createServer().listen(port, '127.0.0.1')
      await once(substitute, 'listening')
      reasons.push(reason)
      return {
        [Symbol.asyncDispose]: async () => {
          substitute.close()
          await once(substitute, 'close')
        },
      }
    }
    const child = await start(supervisor, 'works', { whileDown })
    await child.ready
    process.kill(child.status().pid ?? 0, 'SIGKILL')
    await waitUntil('a second life', () => notedPids().length === 2 && child.status().state === 'ready')
    expect(reasons).toEqual(['signal SIGKILL'])
    await fetch(`http://127.0.0.1:${port}/leave`).catch(() => undefined)
    await waitUntil('a third life', () => notedPids().length === 3 && child.status().state === 'ready')
    expect(reasons[1]).toBe('exit code 7; its last words: leaving')
  })

  it('is restarted when it runs but its health fails', async () => {
    await using supervisor = await open()
    const child = await start(supervisor, 'works')
    await child.ready
    await fetch(`http://127.0.0.1:${port}/sicken`)
    await waitUntil('a second life', () => notedPids().length === 2 && child.status().state === 'ready')
    expect(events.some((event) => event.kind === 'child-unhealthy')).toBe(true)
    expect(isGone(notedPids()[0] ?? 0)).toBe(true)
  })

  it('that ends while it starts is explained with its last words and its log', async () => {
    await using supervisor = await open()
    const child = await start(supervisor, 'fails')
    const log = path.join(home, 'logs', 'tiny.log')
    expect(await child.ready).toEqual({
      ok: false,
      error: {
        code: 'start-failed',
        sentence: `The tiny child ended while it was starting (exit code 5); its last words: no such configuration. Its log is ${log}.`,
      },
    })
    expect(readFileSync(log, 'utf8')).toContain('tiny child in mode fails')
    expect(child.status().state).toBe('stopped')
  })

  it('may be tried again from the first start on', async () => {
    await using supervisor = await open()
    const trying = await start(supervisor, 'fails', { firstStart: 'keep-trying' })
    await waitUntil('three lives', () => notedPids().length >= 3)
    await trying.stop()
    expect(await trying.ready).toMatchObject({ ok: false, error: { code: 'aborted' } })
  })

  it('that cannot be run at all is explained', async () => {
    await using supervisor = await open()
    const child = await start(supervisor, 'works', { command: '/no/such/program' })
    expect(await child.ready).toMatchObject({ ok: false, error: { code: 'start-failed', sentence: expect.stringContaining('ENOENT') } })
  })

  it('that is not ready in time is ended and explained', async () => {
    await using supervisor = await open()
    const health = { url: `http://127.0.0.1:${port}/`, timeoutMs: 50 }
    const child = await start(supervisor, 'works', { health: { ...health, url: 'http://127.0.0.1:9/' }, startTimeoutMs: 400 })
    expect(await child.ready).toMatchObject({ ok: false, error: { code: 'start-timeout' } })
    expect(notedPids().every(isGone)).toBe(true)
  })

  it('is not started on a port that is taken', async () => {
    await using supervisor = await open()
    const other = createServer().listen(port, '127.0.0.1')
    await once(other, 'listening')
    const child = await supervisor.start(describeTinyChild(home, 'works', port))
    other.close()
    expect(child).toMatchObject({ ok: false, error: { code: 'port-taken', sentence: expect.stringContaining(`Port ${port}`) } })
    expect(notedPids()).toEqual([])
  })

  it('is killed with all it started when it does not stop by itself', async () => {
    const supervisor = await open()
    const stubborn = await start(supervisor, 'stubborn')
    await stubborn.ready
    await stubborn.stop()
    expect(readFileSync(path.join(home, 'logs', 'tiny.log'), 'utf8')).toContain('refusing')
    const parent = await start(supervisor, 'has-child')
    await parent.ready
    await supervisor[Symbol.asyncDispose]()
    expect(notedPids()).toHaveLength(3)
    await waitUntil('all gone', () => notedPids().every(isGone))
    expect(JSON.parse(readFileSync(path.join(home, 'run', 'children.json'), 'utf8'))).toMatchObject({ children: [] })
  })
})

describe('after a kill -9 of the parent', () => {
  let parent: ChildProcess | undefined
  afterEach(() => {
    parent?.kill('SIGKILL')
    for (const pid of notedPids()) if (!isGone(pid)) process.kill(pid, 'SIGKILL')
  })

  async function startParent(mode: string): Promise<ChildProcess> {
    const started = spawn(process.execPath, [path.join(import.meta.dirname, 'supervisor-parent.ts'), home, mode, String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    parent = started
    await once(started.stdout, 'data')
    return started
  }

  it('a Node child notices and ends', async () => {
    const started = await startParent('works')
    started.kill('SIGKILL')
    await waitUntil('the child is gone', () => notedPids().every(isGone))
    await using supervisor = await open()
    expect(supervisor.endedLeftovers).toEqual([])
  })

  it('the next start ends exactly the leftovers', async () => {
    const started = await startParent('deaf-channel')
    started.kill('SIGKILL')
    await once(started, 'exit')
    const [leftover = 0] = notedPids()
    expect(isGone(leftover)).toBe(false)
    // a pid that now belongs to another program: this very process
    const file = path.join(home, 'run', 'children.json')
    const register = JSON.parse(readFileSync(file, 'utf8')) as { readonly children: readonly unknown[] }
    writeFileSync(
      file,
      JSON.stringify({ ...register, children: [...register.children, { pid: process.pid, startedAt: '1', name: 'reused' }] }),
    )
    await using supervisor = await open()
    expect(supervisor.endedLeftovers).toEqual(['tiny'])
    expect(isGone(leftover)).toBe(true)
    const child = await start(supervisor, 'works')
    expect(await child.ready).toEqual({ ok: true, value: true })
  })

  it('while the parent lives, its home is not taken over', async () => {
    const started = await startParent('works')
    const second = await openSupervisor({ home })
    expect(second).toMatchObject({
      ok: false,
      error: { code: 'already-running', sentence: expect.stringContaining(`process ${started.pid ?? 0}`) },
    })
    expect(notedPids().every(isGone)).toBe(false)
  })
})
