import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'

export interface ProxiedRequest {
  readonly method: string
  /** Without the query, decoded. */
  readonly path: string
  readonly body: string
}

/** What becomes of a request. undefined: it passes. cut: the connection ends without an answer. edit: the server's JSON is changed on its way. */
export type Fault =
  | { readonly kind: 'answer'; readonly status: number; readonly body: object }
  | { readonly kind: 'cut' }
  | { readonly kind: 'body'; readonly body: string }
  | { readonly kind: 'edit'; readonly change: (answer: unknown) => unknown }
  | undefined

export interface FaultProxy extends AsyncDisposable {
  readonly url: string
  /** Asked for each request; replace it to break or mend something. */
  fault: (request: ProxiedRequest) => Fault
}

/** Stands in front of a real server and misbehaves where a test says so; streams pass as they come. */
export async function startFaultProxy(target: string): Promise<FaultProxy> {
  const server = createServer((request, response) => {
    void pass(request, response).catch(() => response.destroy())
  })
  const proxy = { fault: (_request: ProxiedRequest): Fault => undefined }

  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', target)
    const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString('utf8')
    const method = request.method ?? 'GET'
    const fault = proxy.fault({ method, path: decodeURIComponent(url.pathname), body })
    if (fault?.kind === 'cut') return void response.destroy()
    if (fault?.kind === 'answer') return sendJson(response, fault.status, fault.body)
    const gone = new AbortController()
    response.once('close', () => gone.abort())
    const sent = fault?.kind === 'body' ? fault.body : body
    const hasBody = !['GET', 'HEAD'].includes(method)
    const answer = await fetch(url, { method, headers: headersOf(request), signal: gone.signal, ...(hasBody ? { body: sent } : {}) })
    if (fault?.kind === 'edit') sendJson(response, answer.status, fault.change(await answer.json()) as object)
    else sendOn(response, answer)
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${String(address.port)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function sendOn(response: ServerResponse, answer: Response): void {
  response.writeHead(answer.status, answerHeaders(answer))
  if (answer.body === null) response.end()
  else
    Readable.fromWeb(answer.body as ReadableStream)
      .on('error', () => response.destroy())
      .pipe(response)
}

function headersOf(request: IncomingMessage): Headers {
  const headers = new Headers()
  for (const name of ['authorization', 'content-type', 'accept', 'user-agent']) {
    const value = request.headers[name]
    if (typeof value === 'string') headers.set(name, value)
  }
  return headers
}

/** The body was unpacked on its way here, and its length may change. */
function answerHeaders(answer: Response): Record<string, string> {
  const hopped = ['content-encoding', 'content-length', 'transfer-encoding', 'connection']
  return Object.fromEntries([...answer.headers].filter(([name]) => !hopped.includes(name)))
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
