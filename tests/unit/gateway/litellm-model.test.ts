import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from 'vitest'
import type { ChatModel, ModelEvent, ModelRequest } from '../../../src/contracts/chat-model.ts'
import type { Alias, ModelRoute, Tier } from '../../../src/contracts/household.ts'
import type { MemberId } from '../../../src/contracts/ids.ts'
import { createLitellmModel } from '../../../src/gateway/litellm-model.ts'

const request: ModelRequest = {
  alias: 'smart',
  messages: [{ role: 'user', content: 'hi' }],
  maxTokens: 20,
  temperature: undefined,
  endUser: 'owner',
  tier: 'adult',
}

function route(parts: Partial<ModelRoute> = {}): ModelRoute {
  return { alias: 'smart', model: 'x/y', minors: 'no', acceptedBy: undefined, isStandIn: false, fallbacks: [], ...parts }
}

function routesTo(smart: ModelRoute | undefined): ReadonlyMap<Alias, ModelRoute> {
  return new Map(smart === undefined ? [] : [[smart.alias, smart]])
}

type Script = (incoming: IncomingMessage, response: ServerResponse, body: string) => void

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

interface Served {
  readonly model: ChatModel
  readonly server: Server
}

async function serve(script: Script, requestTimeoutMs = 5_000, smart?: ModelRoute): Promise<Served> {
  const server = createServer((incoming, response) => {
    let body = ''
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString()))
    incoming.on('end', () => script(incoming, response, body))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  const url = `http://127.0.0.1:${address.port}/`
  return { server, model: createLitellmModel({ url, key: 'sk-1', requestTimeoutMs, routes: () => routesTo(smart) }) }
}

async function collect(
  model: ChatModel,
  signal = new AbortController().signal,
  change: Partial<ModelRequest> = {},
): Promise<readonly ModelEvent[]> {
  const events: ModelEvent[] = []
  for await (const event of model.stream({ ...request, ...change }, signal)) events.push(event)
  return events
}

const line = (chunk: unknown): string => `data: ${JSON.stringify(chunk)}\n\n`
const delta = (content: string, finish: string | null = null): string =>
  line({ model: 'smart', choices: [{ delta: { content }, finish_reason: finish }] })
const usage = line({
  model: 'smart',
  choices: [],
  usage: { prompt_tokens: 20, completion_tokens: 10, prompt_tokens_details: { cached_tokens: 4 }, cost: 0.000059999999999999995 },
})

const streaming =
  (...parts: readonly string[]): Script =>
  (_incoming, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-litellm-model-name': 'anthropic/claude-sonnet-4-5' })
    response.end([...parts, 'data: [DONE]\n\n'].join(''))
  }

describe('createLitellmModel', () => {
  test('ends with the usage, and still hears the gateway out', async () => {
    const gateway = Promise.withResolvers<ServerResponse>()
    const { model } = await serve((_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(delta('Hello', 'stop') + usage)
      gateway.resolve(response)
    })
    expect((await collect(model)).at(-1)).toMatchObject({ kind: 'end', usage: { inputTokens: 20 } })
    const response = await gateway.promise
    const closed = new Promise((resolve) => response.on('close', resolve))
    response.write('data: [DONE]\n\n')
    response.end()
    await closed
    expect(response.writableFinished).toBe(true)
  })

  test('streams text and ends with the usage, the cost in whole nano-USD', async () => {
    let sent: unknown
    const { model } = await serve((incoming, response, body) => {
      sent = { path: incoming.url, key: incoming.headers.authorization, body: JSON.parse(body) as unknown }
      streaming(delta('Hel'), delta('lo'), delta('', 'stop'), usage)(incoming, response, body)
    })
    expect(await collect(model)).toEqual([
      { kind: 'delta', text: 'Hel' },
      { kind: 'delta', text: 'lo' },
      {
        kind: 'end',
        finish: 'stop',
        usage: {
          inputTokens: 20,
          outputTokens: 10,
          cachedTokens: 4,
          costNanoUsd: 60_000,
          model: 'anthropic/claude-sonnet-4-5',
          standIn: false,
        },
      },
    ])
    expect(sent).toEqual({
      path: '/v1/chat/completions',
      key: 'Bearer sk-1',
      body: {
        model: 'smart',
        messages: [{ role: 'user', content: 'hi' }],
        max_tokens: 20,
        user: 'owner',
        stream: true,
        stream_options: { include_usage: true },
      },
    })
  })

  test.each([
    [{ 'x-litellm-model-group': 'local' }, 'smart'],
    [{ 'x-litellm-model-name': 'openai/smollm2-135m' }, 'smart'],
    [{}, 'smollm2-135m'],
  ])('knows the stand-in by %o and body model %s', async (headers, body) => {
    const { model } = await serve((_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
      response.end(
        delta('Hi', 'stop') + line({ model: body, choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }) + 'data: [DONE]\n\n',
      )
    })
    expect((await collect(model)).at(-1)).toMatchObject({ kind: 'end', usage: { standIn: true, costNanoUsd: undefined } })
  })

  test.each([
    ['length', 'length'],
    ['content_filter', 'filter'],
    ['tool_calls', 'stop'],
  ])('finish %s is %s', async (given, finish) => {
    const { model } = await serve(streaming(delta('a', given), usage))
    expect((await collect(model)).at(-1)).toMatchObject({ kind: 'end', finish })
  })

  test('an answer without text fails, and what it cost is told', async () => {
    const { model } = await serve(streaming(delta(' \n', 'stop'), usage))
    expect((await collect(model)).at(-1)).toMatchObject({ kind: 'failed', error: { code: 'empty-answer' }, usage: { costNanoUsd: 60_000 } })
  })

  test('an error inside the stream, a stream without end, a severed one, and garbage are broken streams', async () => {
    const scripts: readonly Script[] = [
      streaming(delta('Hel'), line({ error: { message: 'litellm.APIConnectionError: OpenAIException - Connection error.' } })),
      streaming(delta('Hel')),
      (_incoming, response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.write(delta('Hel'), () => response.destroy())
      },
      streaming(delta('Hel'), 'data: {nope\n\n'),
      streaming(delta('Hel'), line([1, 2]), line('text')),
    ]
    for (const script of scripts) {
      const { model } = await serve(script)
      const events = await collect(model)
      expect(events[0]).toEqual({ kind: 'delta', text: 'Hel' })
      expect(events.slice(1)).toMatchObject([{ kind: 'failed', error: { code: 'broken-stream', isRetryable: true, mayHaveCost: true } }])
    }
  })

  test('a rate limit carries the wait, and is one request', async () => {
    let requests = 0
    const { model } = await serve((_incoming, response) => {
      requests += 1
      response.writeHead(429, { 'content-type': 'application/json', 'llm_provider-retry-after': '7' })
      response.end(JSON.stringify({ error: { message: 'litellm.RateLimitError: slow down', type: 'throttling_error', code: '429' } }))
    })
    expect(await collect(model)).toMatchObject([{ kind: 'failed', error: { code: 'rate-limited', retryAfterMs: 7_000 } }])
    expect(requests).toBe(1)
  })

  test('a gateway that is down has cost nothing; one that hangs up may have', async () => {
    const { model, server } = await serve((incoming) => incoming.socket.destroy())
    expect(await collect(model)).toMatchObject([{ kind: 'failed', error: { code: 'unreachable', mayHaveCost: true } }])
    await new Promise((resolve) => server.close(resolve))
    expect(await collect(model)).toMatchObject([{ kind: 'failed', error: { code: 'unreachable', mayHaveCost: false } }])
  })

  test('a gateway that is silent, or falls silent, times out', async () => {
    const silent = await serve(() => undefined, 150)
    expect(await collect(silent.model)).toMatchObject([{ kind: 'failed', error: { code: 'timeout' } }])
    const falling = await serve((_incoming, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(delta('Hel'))
    }, 150)
    expect(await collect(falling.model)).toMatchObject([{ kind: 'delta' }, { kind: 'failed', error: { code: 'timeout' } }])
  })

  test('an abort ends the call and closes the connection, before and during the stream', async () => {
    const closed: Promise<unknown>[] = []
    const { model } = await serve((_incoming, response) => {
      closed.push(new Promise((resolve) => response.on('close', resolve)))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(delta('Hel'))
    })
    const controller = new AbortController()
    const events: ModelEvent[] = []
    for await (const event of model.stream(request, controller.signal)) {
      events.push(event)
      controller.abort()
    }
    expect(events).toMatchObject([{ kind: 'delta' }, { kind: 'failed', error: { code: 'aborted', isRetryable: false } }])
    expect(await collect(model, AbortSignal.abort())).toMatchObject([{ kind: 'failed', error: { code: 'aborted' } }])
    await Promise.all(closed)
    expect(closed).toHaveLength(1)
  })

  test('leaving the loop closes the connection', async () => {
    let closed: Promise<unknown> = Promise.reject(new Error('never asked'))
    closed.catch(() => undefined)
    const { model } = await serve((_incoming, response) => {
      closed = new Promise((resolve) => response.on('close', resolve))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(delta('Hel'))
    })
    for await (const event of model.stream(request, new AbortController().signal)) {
      expect(event).toEqual({ kind: 'delta', text: 'Hel' })
      break
    }
    await closed
  })

  test('keeps its connections from call to call, though the last bytes come late', async () => {
    let ended: Promise<unknown> = Promise.resolve()
    const { model, server } = await serve((_incoming, response) => {
      ended = new Promise((resolve) => response.on('close', resolve))
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`${delta('a', 'stop')}${usage}data: [DONE]\n\n`)
      setTimeout(() => response.end(), 10)
    })
    let connections = 0
    server.on('connection', () => (connections += 1))
    for (let call = 0; call < 6; call += 1) {
      await collect(model)
      await ended
    }
    // a call may begin while the last bytes of the one before are on their way
    expect(connections).toBeLessThanOrEqual(3)
  })

  test('ready asks with our key', async () => {
    const { model } = await serve((incoming, response) => {
      response.writeHead(incoming.headers.authorization === 'Bearer sk-1' ? 200 : 401, { 'content-type': 'application/json' })
      response.end('{"object":"list","data":[]}')
    })
    expect(await model.ready(new AbortController().signal)).toEqual({ ok: true, value: true })
    const wrong = await serve((_incoming, response) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end('{"error":{"message":"No connected db.","type":"no_db_connection","param":null,"code":"400"}}')
    })
    expect(await wrong.model.ready(new AbortController().signal)).toMatchObject({ ok: false, error: { sentence: 'gateway.own-key' } })
  })
})

describe('what a minor will read', () => {
  const owner = 'owner' as MemberId
  const standIn = route({ alias: 'local', isStandIn: true })
  const own = route({ minors: 'yes' })

  interface Asked {
    readonly events: readonly ModelEvent[]
    readonly bodies: readonly unknown[]
  }

  async function ask(tier: Tier, smart: ModelRoute | undefined, headers: Readonly<Record<string, string>> = {}): Promise<Asked> {
    const bodies: unknown[] = []
    const script: Script = (_incoming, response, body) => {
      bodies.push(JSON.parse(body))
      response.writeHead(200, { 'content-type': 'text/event-stream', ...headers })
      response.end(`${delta('Hi', 'stop')}${usage}data: [DONE]\n\n`)
    }
    const { model } = await serve(script, 5_000, smart)
    return { events: await collect(model, undefined, { tier }), bodies }
  }

  test.each<readonly [string, Tier, ModelRoute | undefined]>([
    ['an alias nobody described', 'teen', undefined],
    ['a provider that forbids it', 'teen', route()],
    ['conditions that nobody accepted', 'child', route({ minors: 'conditions' })],
    ['the stand-in, for a child', 'child', route({ isStandIn: true, minors: 'yes' })],
  ])('never leaves the process for %s', async (_what, tier, smart) => {
    const { events, bodies } = await ask(tier, smart)
    const error = { code: 'not-for-minors', sentence: 'gateway.not-for-minors', isRetryable: false, mayHaveCost: false }
    expect(events).toEqual([{ kind: 'failed', error: { ...error, retryAfterMs: undefined } }])
    expect(bodies).toEqual([])
  })

  test.each<readonly [string, Tier, ModelRoute | undefined, boolean]>([
    ['an adult asks whom they like', 'adult', undefined, true],
    ['a route that may', 'child', own, false],
    ['conditions an owner accepted', 'child', route({ minors: 'conditions', acceptedBy: owner }), false],
    ['the stand-in, for a teen', 'teen', route({ isStandIn: true }), false],
    ['fallbacks that all may', 'child', { ...own, fallbacks: [own] }, true],
    ['a fallback that may not', 'child', { ...own, fallbacks: [own, route()] }, false],
    ['the stand-in as fallback, for a child', 'child', { ...own, fallbacks: [standIn] }, false],
    ['the stand-in as fallback, for a teen', 'teen', { ...own, fallbacks: [standIn] }, true],
  ])('%s', async (_what, tier, smart, mayFallBack) => {
    const { events, bodies } = await ask(tier, smart)
    expect(events.at(-1)).toMatchObject({ kind: 'end' })
    expect(bodies).toHaveLength(1)
    expect(Object.hasOwn(bodies[0] as object, 'disable_fallbacks')).toBe(!mayFallBack)
  })

  test('the stand-in that answered a child all the same fails, and its usage is told; a teen may read it', async () => {
    const headers = { 'x-litellm-model-name': 'openai/smollm2-135m' }
    expect((await ask('child', own, headers)).events.at(-1)).toMatchObject({
      kind: 'failed',
      error: { code: 'not-for-minors', isRetryable: false, mayHaveCost: true },
      usage: { standIn: true },
    })
    expect((await ask('teen', own, headers)).events.at(-1)).toMatchObject({ kind: 'end', usage: { standIn: true } })
  })

  test('the alias local is the stand-in unless its route says otherwise', async () => {
    const local = { 'x-litellm-model-group': 'local' }
    expect((await ask('adult', undefined, local)).events.at(-1)).toMatchObject({ usage: { standIn: true } })
    expect((await ask('adult', route({ alias: 'local' }), local)).events.at(-1)).toMatchObject({ usage: { standIn: false } })
  })

  test('routes are read anew at each call', async () => {
    let smart = own
    const { model } = await serve(streaming(delta('Hi', 'stop'), usage))
    const address = servers.at(-1)?.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    const url = `http://127.0.0.1:${String(address.port)}`
    const following = createLitellmModel({ url, key: 'sk-1', requestTimeoutMs: 5_000, routes: () => routesTo(smart) })
    expect((await collect(following, undefined, { tier: 'child' })).at(-1)).toMatchObject({ kind: 'end' })
    smart = route()
    expect((await collect(following, undefined, { tier: 'child' })).at(-1)).toMatchObject({ kind: 'failed' })
    expect((await collect(model, undefined, { tier: 'child' })).at(-1)).toMatchObject({ kind: 'failed' })
  })
})

test('an answer of a given shape is asked for by its JSON schema', async () => {
  let sent: unknown
  const { model } = await serve((incoming, response, body) => {
    sent = JSON.parse(body)
    streaming(delta('{}', 'stop'), usage)(incoming, response, body)
  })
  const responseSchema = { name: 'verdict', schema: { type: 'object', properties: {}, additionalProperties: false } }
  await collect(model, undefined, { responseSchema })
  expect(sent).toMatchObject({ response_format: { type: 'json_schema', json_schema: { ...responseSchema, strict: true } } })
})
