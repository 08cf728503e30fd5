import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { builtInScripts, defaultScript, type Rule, type Script, type UpstreamCall } from './upstream-script.ts'

export interface ScriptedUpstream extends AsyncDisposable {
  /** Without `/v1`; give it to `connectUpstream`. */
  readonly url: string
}

interface ChatBody {
  readonly model?: string
  readonly stream?: boolean
  readonly user?: string
  readonly max_tokens?: number
  readonly response_format?: unknown
  readonly max_completion_tokens?: number
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[]
  readonly stream_options?: { readonly include_usage?: boolean }
}

/** Longer than LiteLLM's 15 s: a connection closed while a request leaves is a failed call, which the assistant rightly repeats. */
const keepIdleMs = 65_000

type Recorded = { -readonly [Key in keyof UpstreamCall]: UpstreamCall[Key] } & { chunks: { at: number; text: string }[] }
type Speaking = Extract<Script, { kind: 'text' | 'echo' | 'cut' }>

/** An OpenAI-compatible server that does what rules say, records each request and notices when its caller goes away. */
export async function startScriptedUpstream(port = 0): Promise<ScriptedUpstream> {
  let rules: readonly { readonly rule: Rule; used: number }[] = []
  let calls: Recorded[] = []
  let lastId = 0

  const server = createServer({ keepAliveTimeout: keepIdleMs }, (request, response) => {
    void readBody(request).then((text) => route(request, response, text))
  })

  async function route(request: IncomingMessage, response: ServerResponse, text: string): Promise<void> {
    const action = `${request.method ?? ''} ${request.url ?? ''}`
    if (action === 'POST /control/rules') {
      rules = [...rules, { rule: JSON.parse(text) as Rule, used: 0 }]
      return sendJson(response, 200, {})
    }
    if (action === 'DELETE /control') {
      rules = []
      calls = []
      return sendJson(response, 200, {})
    }
    if (action === 'GET /control/calls') return sendJson(response, 200, calls)
    if (action === 'GET /v1/models') return sendJson(response, 200, { object: 'list', data: [{ id: 'scripted', object: 'model' }] })
    if (action === 'POST /v1/chat/completions') return chat(response, JSON.parse(text) as ChatBody)
    return sendJson(response, 404, { error: { message: `No route ${action}`, type: 'invalid_request_error' } })
  }

  async function chat(response: ServerResponse, body: ChatBody): Promise<void> {
    const call: Recorded = {
      id: (lastId += 1),
      model: body.model ?? '',
      stream: body.stream ?? false,
      endUser: body.user,
      messages: (body.messages ?? []).map((message) => ({ role: message.role, content: toText(message.content) })),
      maxTokens: body.max_completion_tokens ?? body.max_tokens,
      responseFormat: body.response_format,
      receivedAt: now(),
      chunks: [],
      state: 'open',
    }
    calls.push(call)
    const gone = new AbortController()
    response.once('close', () => {
      if (call.state === 'open') call.state = response.writableFinished ? 'answered' : 'aborted'
      gone.abort()
    })
    await perform(choose(call), { call, response, signal: gone.signal, includeUsage: body.stream_options?.include_usage ?? false })
  }

  function choose(call: UpstreamCall): Script {
    const said = lastUserText(call)
    const entry = rules.findLast(
      ({ rule }) => (rule.model ?? call.model) === call.model && (rule.contains === undefined || said.includes(rule.contains)),
    )
    const script = entry?.rule.script ?? builtInScripts[call.model] ?? defaultScript
    if (script.kind !== 'sequence') return script
    const used = entry?.used ?? 0
    if (entry !== undefined) entry.used += 1
    return script.scripts[Math.min(used, script.scripts.length - 1)] ?? defaultScript
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the scripted upstream has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

interface Performance {
  readonly call: Recorded
  readonly response: ServerResponse
  readonly signal: AbortSignal
  readonly includeUsage: boolean
}

async function perform(script: Script, stage: Performance): Promise<void> {
  switch (script.kind) {
    case 'status':
      return fail(script, stage)
    case 'hang':
      return
    case 'garbage':
      return speakGarbage(stage)
    case 'empty':
      return speak({ kind: 'text', text: '', chunks: [] }, stage)
    case 'sequence':
      return perform(script.scripts[0] ?? defaultScript, stage)
    case 'text':
    case 'echo':
    case 'cut':
      return speak(script, stage)
  }
}

function fail(script: Extract<Script, { kind: 'status' }>, { response }: Performance): void {
  response.writeHead(script.status, { 'content-type': 'application/json', ...script.headers })
  response.end(JSON.stringify({ error: { message: script.message, type: script.type ?? null, code: script.code ?? null } }))
}

function speakGarbage({ call, response }: Performance): void {
  response.writeHead(200, { 'content-type': call.stream ? 'text/event-stream' : 'application/json' })
  response.end(call.stream ? 'data: <html>not json</html>\n\n' : '<html>not json</html>')
}

async function speak(script: Speaking, stage: Performance): Promise<void> {
  const { call } = stage
  const text = script.kind === 'echo' ? `You said: ${lastUserText(call)}` : script.text
  const startedAt = now() + (script.firstDelayMs ?? 0)
  const speech: Speech = {
    text,
    pieces: split(text, script.chunks),
    cutAfter: script.kind === 'cut' ? script.afterChunks : undefined,
    finish: script.finish ?? 'stop',
    usage: buildUsage(script, call, text),
    base: { id: `chatcmpl-scripted-${call.id}`, created: Math.floor(call.receivedAt / 1000), model: call.model },
    due: (index) => startedAt + (script.chunkDelayMs ?? 0) * index,
  }
  await (call.stream ? speakInPieces(speech, stage) : speakAtOnce(speech, stage))
}

interface Speech {
  readonly text: string
  readonly pieces: readonly string[]
  readonly cutAfter: number | undefined
  readonly finish: string
  readonly usage: Readonly<Record<string, number>> | undefined
  readonly base: Readonly<Record<string, string | number>>
  /** When a piece leaves. */
  due(index: number): number
}

async function speakAtOnce(speech: Speech, { call, response, signal }: Performance): Promise<void> {
  await waitUntil(speech.due(Math.max(0, speech.pieces.length - 1)), signal)
  if (signal.aborted) return
  if (speech.cutAfter !== undefined) {
    response.destroy()
    return
  }
  call.chunks.push({ at: now(), text: speech.text })
  const choice = { index: 0, message: { role: 'assistant', content: speech.text }, finish_reason: speech.finish }
  const usage = speech.usage === undefined ? {} : { usage: speech.usage }
  sendJson(response, 200, { ...speech.base, object: 'chat.completion', choices: [choice], ...usage })
}

async function speakInPieces(speech: Speech, { call, response, signal, includeUsage }: Performance): Promise<void> {
  const send = (event: Readonly<Record<string, unknown>>): void => {
    response.write(`data: ${JSON.stringify({ ...speech.base, object: 'chat.completion.chunk', ...event })}\n\n`)
  }
  await waitUntil(speech.due(0), signal)
  if (signal.aborted) return
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  send({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })
  for (const [index, piece] of speech.pieces.entries()) {
    await waitUntil(speech.due(index), signal)
    if (signal.aborted) return
    if (index === speech.cutAfter) {
      response.destroy()
      return
    }
    call.chunks.push({ at: now(), text: piece })
    send({ choices: [{ index: 0, delta: { content: piece }, finish_reason: null }] })
  }
  send({ choices: [{ index: 0, delta: {}, finish_reason: speech.finish }] })
  if (includeUsage && speech.usage !== undefined) send({ choices: [], usage: speech.usage })
  response.end('data: [DONE]\n\n')
}

function split(text: string, chunks: number | readonly string[] | undefined): readonly string[] {
  if (typeof chunks === 'object') return chunks
  if (chunks === undefined) return text.split(/(?<=\s)/).filter((piece) => piece !== '')
  const bounds = Array.from({ length: chunks + 1 }, (_, index) => Math.round((text.length * index) / chunks))
  return bounds.slice(1).map((end, index) => text.slice(bounds[index], end))
}

function buildUsage(script: Speaking, call: UpstreamCall, text: string): Readonly<Record<string, number>> | undefined {
  if (script.usage === null) return undefined
  const spoken = call.messages.reduce((total, message) => total + message.content.length, 0)
  const { inputTokens, outputTokens } = script.usage ?? { inputTokens: Math.ceil(spoken / 4), outputTokens: Math.ceil(text.length / 4) }
  return { prompt_tokens: inputTokens, completion_tokens: outputTokens, total_tokens: inputTokens + outputTokens }
}

function lastUserText(call: UpstreamCall): string {
  return call.messages.findLast((message) => message.role === 'user')?.content ?? ''
}

function toText(content: unknown): string {
  if (typeof content === 'string') return content
  return Array.isArray(content) ? content.map((part: { readonly text?: string }) => part.text ?? '').join('') : ''
}

async function waitUntil(at: number, signal: AbortSignal): Promise<void> {
  const milliseconds = at - now()
  if (milliseconds > 0) await sleep(milliseconds, undefined, { signal }).catch(() => undefined)
}

function now(): number {
  return performance.timeOrigin + performance.now()
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}
