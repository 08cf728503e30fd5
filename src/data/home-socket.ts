import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import type { Fault, Result } from '../contracts/result.ts'
import { openSocketPath, type SocketPath } from './socket-path.ts'

/** Answers one method; `signal` aborts when the caller hangs up or the server closes. Params are unchecked: the handler parses. */
export type HomeHandler = (params: unknown, signal: AbortSignal) => Promise<Result<unknown, Fault>>

export interface HomeServerOptions {
  readonly home: string
  readonly handlers: Readonly<Record<string, HomeHandler>>
  /** Told of what a handler throws; the caller gets a general sentence. */
  readonly onSurprise: (method: string, error: unknown) => void
}

/**
 * Listens on `<home>/run/ai-ops.sock` for commands of the same user. Only the holder of the home's lock may call this: a
 * socket file found there is a dead process's and is replaced.
 */
export async function serveHome(options: HomeServerOptions): Promise<Result<AsyncDisposable, Fault<'unreadable'>>> {
  const folder = runFolder(options.home)
  let path: SocketPath | undefined
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    // the folder guards the socket in the moment between bind and chmod
    chmodSync(folder, 0o700)
    path = openSocketPath(folder, socketName)
    if (!path) return unreadable(options.home, 'its path is too long')
    rmSync(join(folder, socketName), { force: true })
    const connections = new Set<Socket>()
    const server = createServer((socket) => {
      connections.add(socket)
      socket.once('close', () => connections.delete(socket))
      serveConnection(socket, options)
    })
    await listen(server, path.path)
    chmodSync(join(folder, socketName), 0o600)
    return { ok: true, value: { [Symbol.asyncDispose]: () => close(server, connections, path) } }
  } catch (error) {
    path?.[Symbol.dispose]()
    return unreadable(options.home, error instanceof Error ? error.message : String(error))
  }
}

/** Asks the process that owns the home. The fault is `not-running`, `timeout`, `failed` (the answer broke off), or the handler's own. */
export async function callHome(home: string, method: string, params: unknown, timeoutMs: number): Promise<Result<unknown, Fault>> {
  let path: SocketPath | undefined
  try {
    path = openSocketPath(runFolder(home), socketName)
  } catch {
    return notRunning(home)
  }
  if (!path) return failed(`The path of ${home} is too long for a socket: use a shorter AI_OPS_HOME.`)
  try {
    return await ask(home, path.path, `${JSON.stringify({ id: 1, method, params })}\n`, timeoutMs)
  } finally {
    path[Symbol.dispose]()
  }
}

const socketName = 'ai-ops.sock'
const NOT_RUNNING = 'not-running'
/** Characters; far above any command or answer. */
const longestLine = 16 * 1024 * 1024

const requestShape = z.object({ id: z.number(), method: z.string(), params: z.unknown() })
const responseShape = z.discriminatedUnion('ok', [
  z.object({ id: z.number(), ok: z.literal(true), value: z.unknown() }),
  z.object({ id: z.number(), ok: z.literal(false), error: z.object({ code: z.string(), sentence: z.string() }) }),
])

function serveConnection(socket: Socket, options: HomeServerOptions): void {
  const hangUp = new AbortController()
  socket.once('close', () => hangUp.abort())
  // a caller that went away while we wrote is no news
  socket.on('error', () => socket.destroy())
  onEachLine(socket, (line) => {
    void answerLine(line, options, hangUp.signal).then((answer) => {
      if (answer === undefined) socket.destroy()
      else if (socket.writable) socket.write(`${JSON.stringify(answer)}\n`)
    })
  })
}

/** Not readline: it raises the socket's errors a second time where nobody hears them, and it has no limit. */
function onEachLine(socket: Socket, listener: (line: string) => void): void {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text: string) => {
    const [first = '', ...others] = text.split('\n')
    rest += first
    for (const next of others) {
      listener(rest)
      rest = next
    }
    if (rest.length > longestLine) socket.destroy()
  })
}

type Answer =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: Fault }

/** Undefined for a line that is no request: whoever sent it does not speak this protocol. */
async function answerLine(line: string, options: HomeServerOptions, signal: AbortSignal): Promise<Answer | undefined> {
  const request = requestShape.safeParse(parseJson(line))
  if (!request.success) return undefined
  const { id, method, params } = request.data
  const handler = Object.hasOwn(options.handlers, method) ? options.handlers[method] : undefined
  if (!handler)
    return { id, ok: false, error: { code: 'failed', sentence: 'The running AI Ops does not know this command: use the same version.' } }
  try {
    const result = await handler(params, signal)
    if (result.ok) return { id, ok: true, value: result.value ?? null }
    return { id, ok: false, error: { code: result.error.code, sentence: result.error.sentence } }
  } catch (error) {
    options.onSurprise(method, error)
    return { id, ok: false, error: { code: 'failed', sentence: 'The running AI Ops failed at this command: its log in logs/ says why.' } }
  }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

type CallResult = Result<unknown, Fault>

function ask(home: string, path: string, line: string, timeoutMs: number): Promise<CallResult> {
  return new Promise((resolve) => {
    const socket = createConnection(path)
    const finish = (result: CallResult) => {
      clearTimeout(timer)
      resolve(result)
      socket.destroy()
    }
    const timer = setTimeout(
      () =>
        finish({
          ok: false,
          error: { code: 'timeout', sentence: `AI Ops in ${home} did not answer in ${timeoutMs} ms: see ai-ops doctor.` },
        }),
      timeoutMs,
    )
    let connected = false
    socket.once('connect', () => {
      connected = true
      socket.write(line)
    })
    socket.on('error', (error) => finish(connected ? brokeOff(home) : notConnected(home, error)))
    socket.once('close', () => finish(brokeOff(home)))
    onEachLine(socket, (text) => finish(readAnswer(home, text)))
  })
}

function readAnswer(home: string, line: string): CallResult {
  const response = responseShape.safeParse(parseJson(line))
  if (!response.success) return brokeOff(home)
  if (response.data.ok) return { ok: true, value: response.data.value }
  const { code, sentence } = response.data.error
  // who answers runs, and a caller that believed otherwise would open the home beside it
  return code === NOT_RUNNING ? failed(sentence) : { ok: false, error: { code, sentence } }
}

function notConnected(home: string, error: Error): CallResult {
  const code = 'code' in error ? String(error.code) : error.message
  if (['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'ENOTDIR'].includes(code)) return notRunning(home)
  if (code === 'ECONNRESET') return brokeOff(home)
  return failed(`The socket of AI Ops in ${home} cannot be used (${code}): run the command as the user that runs AI Ops.`)
}

function brokeOff(home: string): CallResult {
  return failed(`AI Ops in ${home} broke off the answer: it may be stopping; try again.`)
}

function failed(sentence: string): CallResult {
  return { ok: false, error: { code: 'failed', sentence } }
}

function notRunning(home: string): CallResult {
  return { ok: false, error: { code: NOT_RUNNING, sentence: `AI Ops is not running in ${home}: start it with npm start.` } }
}

function unreadable(home: string, detail: string): { readonly ok: false; readonly error: Fault<'unreadable'> } {
  return {
    ok: false,
    error: {
      code: 'unreadable',
      sentence: `The socket in ${runFolder(home)} cannot be made (${detail}): check the folder, or use a shorter AI_OPS_HOME.`,
    },
  }
}

function runFolder(home: string): string {
  return join(home, 'run')
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
}

async function close(server: Server, connections: ReadonlySet<Socket>, path: SocketPath | undefined): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  for (const socket of connections) socket.destroy()
  await closed
  // the path is in use until the server has removed its file
  path?.[Symbol.dispose]()
}
