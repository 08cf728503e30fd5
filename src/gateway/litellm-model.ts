import OpenAI, { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai'
import type { ChatCompletionCreateParamsStreaming } from 'openai/resources/chat/completions'
import type { ChatModel, GatewayFault, ModelEvent, ModelRequest, ModelUsage } from '../contracts/chat-model.ts'
import type { Alias, ModelRoute, Tier } from '../contracts/household.ts'
import { classifyFault } from './classify-fault.ts'
import type { GatewayTrouble } from './classify-fault.ts'
import { findPassage } from './find-passage.ts'
import type { Passage } from './find-passage.ts'
import { parseChunk } from './litellm-wire.ts'
import type { WireChunk } from './litellm-wire.ts'
import { fetchReusing } from './reuse-connection.ts'

export interface LitellmOptions {
  /** Address of the gateway, without `/v1`. */
  readonly url: string
  readonly key: string
  /** Limit for a whole call, from the request to its last chunk. */
  readonly requestTimeoutMs: number
  /** Where each alias leads and whom that may serve, as it is now; asked at each call. */
  readonly routes: () => ReadonlyMap<Alias, ModelRoute>
}

/** The stand-in's model name as LiteLLM reports it, and the alias it is reached by. */
const standInModel = /smollm2/i
const standInAlias: Alias = 'local'
const readyTimeoutMs = 5_000

/**
 * A chat model behind LiteLLM: always streamed, never retried here, over connections that are kept alive. What a child or teen
 * will read comes from routes that may serve them, or the call fails as `not-for-minors` before anything leaves the process.
 */
export function createLitellmModel(options: LitellmOptions): ChatModel {
  // Everything the client would otherwise take from the process's variables is given here.
  const client = new OpenAI({
    baseURL: `${options.url.replace(/\/+$/, '')}/v1`,
    apiKey: options.key,
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    logLevel: 'off',
    fetch: fetchReusing,
    maxRetries: 0,
    timeout: options.requestTimeoutMs,
  })
  return {
    stream(request, signal) {
      const routes = options.routes()
      const passage = findPassage(routes, request.alias, request.tier)
      if (passage === 'closed') return refuse()
      return streamCall(
        { client, routes, body: toBody(request, passage), tier: request.tier },
        { signal, timeoutMs: options.requestTimeoutMs },
      )
    },
    async ready(signal) {
      const limit = AbortSignal.timeout(readyTimeoutMs)
      try {
        await client.models.list({ signal: AbortSignal.any([signal, limit]) })
        return { ok: true, value: true }
      } catch (error) {
        return { ok: false, error: classifyFault(toTrouble(error, { signal, limit, hasBegun: false })) }
      }
    },
  }
}

async function* refuse(): AsyncGenerator<ModelEvent> {
  yield { kind: 'failed', error: classifyFault({ kind: 'not-for-minors' }) }
}

interface Call {
  readonly client: OpenAI
  readonly routes: ReadonlyMap<Alias, ModelRoute>
  readonly body: ChatCompletionCreateParamsStreaming
  readonly tier: Tier
}

interface CallLimits {
  readonly signal: AbortSignal
  readonly timeoutMs: number
}

async function* streamCall({ client, routes, body, tier }: Call, limits: CallLimits): AsyncGenerator<ModelEvent> {
  const limit = AbortSignal.timeout(limits.timeoutMs)
  let chunks: AsyncIterator<unknown> | undefined
  let isEmpty = true
  let finish: WireChunk['finish']
  let usage: ModelUsage | undefined
  let fault: GatewayFault | undefined
  const isComplete = (): boolean => finish !== undefined && usage !== undefined
  try {
    const { data, response } = await begin(client, body, AbortSignal.any([limits.signal, limit]))
    chunks = data[Symbol.asyncIterator]()
    while (!isComplete()) {
      const next = await chunks.next()
      if (next.done === true) break
      const chunk = parseChunk(next.value)
      finish = chunk.finish ?? finish
      if (chunk.usage) usage = { ...chunk.usage, ...whoAnswered(response.headers, chunk.model ?? body.model, routes) }
      if (chunk.text === '') continue
      isEmpty &&= chunk.text.trim() === ''
      yield { kind: 'delta', text: chunk.text }
    }
  } catch (error) {
    fault = classifyFault(toTrouble(error, { signal: limits.signal, limit, hasBegun: chunks !== undefined }))
  } finally {
    void leave(chunks, isComplete())
  }
  fault ??= findQuietFault({ signal: limits.signal, limit, finish, isEmpty }) ?? findWrongReader(tier, usage)
  yield toLastEvent(fault, finish, usage)
}

/**
 * Behind the usage LiteLLM does its bookkeeping, some 5 ms, before it ends the stream: nobody waits for that, but it is
 * read, since a stream that is left early takes its connection with it.
 */
async function leave(chunks: AsyncIterator<unknown> | undefined, isComplete: boolean): Promise<void> {
  try {
    if (isComplete) while ((await chunks?.next())?.done === false);
    else await chunks?.return?.()
  } catch {
    // the answer is whole, or its fault is known
  }
}

function toLastEvent(fault: GatewayFault | undefined, finish: WireChunk['finish'], usage: ModelUsage | undefined): ModelEvent {
  if (fault === undefined) return { kind: 'end', finish: finish ?? 'stop', usage }
  return { kind: 'failed', error: fault, ...(usage && { usage }) }
}

/** What is wrong with a stream that ended without a throw: the client ends an aborted one quietly. */
function findQuietFault(end: {
  readonly signal: AbortSignal
  readonly limit: AbortSignal
  readonly finish: WireChunk['finish']
  readonly isEmpty: boolean
}): GatewayFault | undefined {
  if (end.finish !== undefined) return end.isEmpty && end.finish !== 'filter' ? classifyFault({ kind: 'empty-answer' }) : undefined
  if (end.signal.aborted) return classifyFault({ kind: 'aborted' })
  return classifyFault({ kind: end.limit.aborted ? 'timeout' : 'broken-stream' })
}

/** Whatever the routes said: a child reads nothing of it, since its answers are shown only after their last event. */
function findWrongReader(tier: Tier, usage: ModelUsage | undefined): GatewayFault | undefined {
  return tier === 'child' && usage?.standIn === true ? classifyFault({ kind: 'stand-in-answered' }) : undefined
}

function begin(
  client: OpenAI,
  body: ChatCompletionCreateParamsStreaming,
  signal: AbortSignal,
): Promise<{ readonly data: AsyncIterable<unknown>; readonly response: Response }> {
  return client.chat.completions.create(body, { signal }).withResponse()
}

function toBody(request: ModelRequest, passage: Exclude<Passage, 'closed'>): ChatCompletionCreateParamsStreaming {
  const { responseSchema } = request
  return {
    model: request.alias,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    max_tokens: request.maxTokens,
    ...(request.temperature === undefined ? {} : { temperature: request.temperature }),
    ...(responseSchema === undefined ? {} : { response_format: { type: 'json_schema', json_schema: { ...responseSchema, strict: true } } }),
    user: request.endUser,
    stream: true,
    stream_options: { include_usage: true },
    // LiteLLM's own switch: the router takes it out of the body and then lets the first failure be the answer
    ...(passage === 'no-fallbacks' ? { disable_fallbacks: true } : {}),
  }
}

/** The body names the alias unless a fallback answered; the header always names the model. */
function whoAnswered(headers: Headers, fromBody: string, routes: ReadonlyMap<Alias, ModelRoute>): Pick<ModelUsage, 'model' | 'standIn'> {
  const model = headers.get('x-litellm-model-name') ?? fromBody
  // the alias may lead to a server of one's own instead
  const isStandInAlias = routes.get(standInAlias)?.isStandIn !== false
  return { model, standIn: standInModel.test(model) || (isStandInAlias && headers.get('x-litellm-model-group') === standInAlias) }
}

interface Circumstances {
  readonly signal: AbortSignal
  readonly limit: AbortSignal
  readonly hasBegun: boolean
}

function toTrouble(error: unknown, { signal, limit, hasBegun }: Circumstances): GatewayTrouble {
  if (signal.aborted) return { kind: 'aborted' }
  if (limit.aborted || error instanceof APIConnectionTimeoutError) return { kind: 'timeout' }
  if (error instanceof APIConnectionError) return { kind: hasBegun ? 'broken-stream' : isUnsent(error) ? 'unsent' : 'network' }
  if (error instanceof APIError) {
    const { status, message, headers } = error
    if (typeof status !== 'number') return { kind: 'stream', message }
    return { kind: 'http', status, message, header: (name) => headers?.get(name) }
  }
  return { kind: hasBegun ? 'broken-stream' : 'network' }
}

const unsentCodes = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'UND_ERR_CONNECT_TIMEOUT'])

/** True if no connection came about. The reason lies some causes down. */
function isUnsent(error: Error): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string' && unsentCodes.has(cause.code)) return true
  }
  return false
}
