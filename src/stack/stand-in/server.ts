import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { parseArgs } from 'node:util'
import { createAnswerQueue, type AnswerQueue } from './answer-queue.ts'
import { parseChatRequest, type ChatRequest } from './chat-request.ts'
import { createOpenaiShapes } from './openai-shapes.ts'
import { openTinyModel, type TinyModel } from './tiny-model.ts'

// The stand-in's own process: `node server.ts --model FILE --port N --name NAME`. An OpenAI-compatible server on loopback.

const mostBodyBytes = 1_000_000
/** At about a second an answer, more would wait longer than a turn lasts. */
const mostWaiting = 32
/** LiteLLM keeps an idle connection for 15 s; whoever closes first breaks the request that is just leaving. */
const keepIdleMs = 65_000

const { values } = parseArgs({
  options: { model: { type: 'string' }, port: { type: 'string' }, name: { type: 'string', default: 'stand-in' } },
})
if (values.model === undefined || values.port === undefined) throw new Error('--model FILE and --port N are needed')
// the channel closes when the parent ends, however it ends
process.once('disconnect', () => process.exit(0))
process.once('SIGTERM', () => process.exit(0))

const model = await openTinyModel(values.model)
const queue = createAnswerQueue(mostWaiting)
createServer({ keepAliveTimeout: keepIdleMs }, (request, response) => {
  serve(request, response, { model, queue, name: values.name }).catch((error: unknown) => {
    fail(response, 500, error instanceof Error ? error.message : 'failed')
  })
}).listen(Number(values.port), '127.0.0.1')

interface Parts {
  readonly model: TinyModel
  readonly queue: AnswerQueue
  readonly name: string
}

async function serve(request: IncomingMessage, response: ServerResponse, parts: Parts): Promise<void> {
  if (request.method === 'GET' && request.url === '/v1/models')
    return sendJson(response, 200, { object: 'list', data: [{ id: parts.name, object: 'model' }] })
  if (request.method !== 'POST' || request.url !== '/v1/chat/completions') return fail(response, 404, 'Not found')
  const body = await readBody(request)
  if (body === undefined) return fail(response, 413, 'The request is too large')
  const chat = parseChatRequest(body)
  if (chat === undefined) return fail(response, 400, 'Not a chat request that ends with a message of the user')
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  const done = await parts.queue.run(async () => {
    await answer(chat, response, parts, gone.signal)
    return true
  }, gone.signal)
  if (done === undefined && !gone.signal.aborted) fail(response, 429, 'Too many requests are waiting')
}

async function answer(chat: ChatRequest, response: ServerResponse, parts: Parts, signal: AbortSignal): Promise<void> {
  const shapes = createOpenaiShapes(parts.name)
  if (!chat.stream) return sendJson(response, 200, shapes.whole(await parts.model.answer(chat, () => undefined, signal)))
  const send = (event: unknown): void => {
    if (!response.headersSent) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
      response.write(toEvent(shapes.first()))
    }
    response.write(toEvent(event))
  }
  const whole = await parts.model.answer(chat, (text) => send(shapes.delta(text)), signal)
  send(shapes.finish(whole))
  if (chat.includeUsage) send(shapes.usage(whole))
  response.end('data: [DONE]\n\n')
}

function toEvent(event: unknown): string {
  return `data: ${JSON.stringify(event)}\n\n`
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    if (!Buffer.isBuffer(chunk)) continue
    size += chunk.length
    if (size > mostBodyBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function fail(response: ServerResponse, status: number, message: string): void {
  // a stream that has begun can only be cut
  if (response.headersSent) response.destroy()
  else sendJson(response, status, { error: { message, type: status === 429 ? 'rate_limit_error' : 'invalid_request_error' } })
}
