import { createServer, request as forward } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { takeFreePorts } from './free-ports.ts'

export interface Passed {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly status: number
  /** ms since the epoch, when the answer began. */
  readonly at: number
}

/** Where the line is cut: `before` the request reaches the server, or `after` it did and before its answer comes back. */
export interface Cut {
  readonly when: 'before' | 'after'
  readonly matches: (method: string, path: string) => boolean
}

/** Stands between a client and a real server, notes what passes, and can cut the line. */
export interface HttpProxy extends AsyncDisposable {
  readonly url: string
  readonly passed: readonly Passed[]
  /** From now on nothing passes. */
  cut(): void
  /** Cuts the line at the first request that matches; resolves when that happened. */
  cutAt(cut: Cut): Promise<void>
  mend(): void
}

export async function startHttpProxy(target: string): Promise<HttpProxy> {
  const [port = 0] = await takeFreePorts(1)
  const passed: Passed[] = []
  let isCut = false
  let planned: (Cut & { readonly done: () => void }) | undefined

  const cutIfPlanned = (when: Cut['when'], request: IncomingMessage): void => {
    if (planned?.when !== when || !planned.matches(request.method ?? '', pathOf(request))) return
    isCut = true
    planned.done()
    planned = undefined
  }
  const pass = (request: IncomingMessage, response: ServerResponse): void => {
    cutIfPlanned('before', request)
    if (isCut) {
      request.socket.destroy()
      return
    }
    const { method, url, headers } = request
    const onward = forward(new URL(url ?? '/', target), { method, headers: { ...headers, host: new URL(target).host } }, (answer) => {
      cutIfPlanned('after', request)
      if (isCut) {
        request.socket.destroy()
        return
      }
      passed.push({ method: method ?? '', path: pathOf(request), status: answer.statusCode ?? 0, at: Date.now() })
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => request.socket.destroy())
    response.on('close', () => onward.destroy())
    request.pipe(onward)
  }
  const server = createServer(pass)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${String(port)}`,
    passed,
    cut() {
      isCut = true
      server.closeAllConnections()
    },
    cutAt: (cut) => new Promise((resolve) => (planned = { ...cut, done: resolve })),
    mend() {
      isCut = false
      planned = undefined
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?')[0] ?? ''
}
