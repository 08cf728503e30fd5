import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, statSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { minimumFreeBytes, readFreeBytes } from '../../../src/data/disk-space.ts'
import { lockHome } from '../../../src/data/home-lock.ts'
import { callHome, serveHome, type HomeHandler } from '../../../src/data/home-socket.ts'
import { expectFault, expectValue } from './open-stores.ts'
import { makeTemporaryHome, type TemporaryHome } from './temporary-home.ts'

let home: TemporaryHome
beforeEach(() => {
  home = makeTemporaryHome()
})
afterEach(() => home[Symbol.dispose]())

describe('lockHome', () => {
  it('is held once, by name, and free after dispose', () => {
    const lock = expectValue(lockHome(home.path, 'bot'))
    const fault = expectFault(lockHome(home.path, 'bot'))
    expect(fault.code).toBe('running')
    expect(fault.sentence).toMatch(
      new RegExp(`already running in ${home.path} \\(process ${process.pid}, since .*Z\\): use it, stop it first`),
    )
    using other = expectValue(lockHome(home.path, 'chat-owner'))
    expect(other).toBeDefined()
    lock[Symbol.dispose]()
    expectValue(lockHome(home.path, 'bot'))[Symbol.dispose]()
  })

  it('is seen by other processes and freed by kill -9', async () => {
    const script = `
      import { lockHome } from '${new URL('../../../src/data/home-lock.ts', import.meta.url).href}'
      const lock = lockHome(process.argv[1], 'bot')
      console.log(lock.ok ? 'held' : lock.error.code)
      setInterval(() => lock, 1000)`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, home.path], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(child, 'exit')
    try {
      const [line] = (await once(child.stdout, 'data')) as [Buffer]
      expect(line.toString()).toBe('held\n')
      expect(expectFault(lockHome(home.path, 'bot')).sentence).toContain(`process ${child.pid}`)
    } finally {
      child.kill('SIGKILL')
      await ended
    }
    expectValue(lockHome(home.path, 'bot'))[Symbol.dispose]()
  })

  it('tells a home that cannot be written', () => {
    writeFileSync(join(home.path, 'run'), '')
    expect(expectFault(lockHome(home.path, 'bot')).code).toBe('unreadable')
  })

  it('does without a readable note of the holder', () => {
    using lock = expectValue(lockHome(home.path, 'bot'))
    expect(lock).toBeDefined()
    writeFileSync(join(home.path, 'run', 'bot.json'), '{"pid":"x"')
    expect(expectFault(lockHome(home.path, 'bot')).sentence).toMatch(/already running in [^(]*: use it/)
  })
})

describe('the socket of a home', () => {
  const handlers: Record<string, HomeHandler> = {
    echo: async (params) => ({ ok: true, value: params }),
    refuse: async () => ({ ok: false, error: { code: 'not-allowed', sentence: 'No, since it is late.' } }),
    break: async () => {
      throw new Error('a mistake of ours')
    },
  }
  const serve = async (path: string, more: Record<string, HomeHandler> = {}) => {
    const surprises: string[] = []
    const onSurprise = (method: string) => surprises.push(method)
    const server = expectValue(await serveHome({ home: path, handlers: { ...handlers, ...more }, onSurprise }))
    return { surprises, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
  }

  it('answers, refuses with the sentence, and survives a handler that throws', async () => {
    await using server = await serve(home.path)
    expect(await callHome(home.path, 'echo', { text: 'Grüße\nzwei' }, 5_000)).toEqual({ ok: true, value: { text: 'Grüße\nzwei' } })
    expect(await callHome(home.path, 'refuse', {}, 5_000)).toEqual({
      ok: false,
      error: { code: 'not-allowed', sentence: 'No, since it is late.' },
    })
    const broken = expectFault(await callHome(home.path, 'break', {}, 5_000))
    expect(broken.sentence).not.toContain('a mistake of ours')
    expect(server.surprises).toEqual(['break'])
    expect(expectFault(await callHome(home.path, 'constructor', {}, 5_000)).sentence).toMatch(/does not know this command/)
    expect((await callHome(home.path, 'echo', 1, 5_000)).ok).toBe(true)
  })

  it('lets no handler say that nothing runs, since callers then open the home themselves', async () => {
    const lying: HomeHandler = async () => ({ ok: false, error: { code: 'not-running', sentence: 'I am not here.' } })
    await using server = await serve(home.path, { lying })
    expect(expectFault(await callHome(home.path, 'lying', {}, 5_000))).toEqual({ code: 'failed', sentence: 'I am not here.' })
    expect(server.surprises).toEqual([])
  })

  it('lies in a folder and a file that only the user can use', async () => {
    await using server = await serve(home.path)
    expect(server.surprises).toEqual([])
    expect(statSync(join(home.path, 'run')).mode & 0o777).toBe(0o700)
    expect(statSync(join(home.path, 'run', 'ai-ops.sock')).mode & 0o777).toBe(0o600)
  })

  it('works where the path is longer than a socket address', async () => {
    const deep = join(home.path, 'd'.repeat(100), 'e'.repeat(100))
    mkdirSync(deep, { recursive: true })
    const server = await serve(deep)
    expect(await callHome(deep, 'echo', 7, 5_000)).toEqual({ ok: true, value: 7 })
    await server[Symbol.asyncDispose]()
    expect(expectFault(await callHome(deep, 'echo', 7, 5_000)).code).toBe('not-running')
  })

  it('replaces the socket of a process that died', async () => {
    const script = `
      import { serveHome } from '${new URL('../../../src/data/home-socket.ts', import.meta.url).href}'
      await serveHome({ home: process.argv[1], handlers: {}, onSurprise: () => {} })
      process.kill(process.pid, 'SIGKILL')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, home.path], { stdio: 'inherit' })
    await once(child, 'exit')
    expect(statSync(join(home.path, 'run', 'ai-ops.sock')).isSocket()).toBe(true)
    expect(expectFault(await callHome(home.path, 'echo', 1, 5_000)).code).toBe('not-running')
    await using server = await serve(home.path)
    expect(server.surprises).toEqual([])
    expect((await callHome(home.path, 'echo', 1, 5_000)).ok).toBe(true)
  })

  it('says that nothing runs, that it takes too long, and that the answer broke off', async () => {
    const absent = expectFault(await callHome(join(home.path, 'x'.repeat(120)), 'echo', 1, 5_000))
    expect(absent.code).toBe('not-running')
    expect(absent.sentence).toMatch(/is not running in .*: start it with npm start\.$/)
    let aborted = false
    let hanging: (() => void) | undefined
    const asked = new Promise<void>((resolve) => {
      hanging = resolve
    })
    const hang: HomeHandler = (_, signal) =>
      new Promise((resolve) => {
        hanging?.()
        signal.addEventListener('abort', () => {
          aborted = true
          resolve({ ok: true, value: null })
        })
      })
    const server = await serve(home.path, { hang })
    expect(expectFault(await callHome(home.path, 'hang', 1, 100)).code).toBe('timeout')
    await expect.poll(() => aborted).toBe(true)
    const call = callHome(home.path, 'hang', 1, 5_000)
    await asked
    await server[Symbol.asyncDispose]()
    expect(expectFault(await call)).toMatchObject({ code: 'failed', sentence: expect.stringContaining('broke off the answer') })
  })

  it('hangs up on what is no request', async () => {
    await using server = await serve(home.path)
    for (const line of ['GET / HTTP/1.1\r\n\r\n', '{"id":1}\n', 'x'.repeat(17_000_000)]) {
      const socket = createConnection(join(home.path, 'run', 'ai-ops.sock'))
      const closed = new Promise((resolve) => {
        socket.once('close', resolve)
      })
      // being cut off in the middle of a write is what is asked for
      socket.on('error', () => {})
      socket.resume().write(line)
      await closed
    }
    expect(server.surprises).toEqual([])
    expect((await callHome(home.path, 'echo', 1, 5_000)).ok).toBe(true)
  })
})

describe('readFreeBytes', () => {
  it('tells whole bytes of the file system', async () => {
    const free = await readFreeBytes(home.path)
    expect(free).toBeGreaterThan(0)
    expect(Number.isSafeInteger(free)).toBe(true)
    expect(minimumFreeBytes).toBe(536_870_912)
  })
})
