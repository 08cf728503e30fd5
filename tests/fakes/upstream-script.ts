/** What the scripted upstream does with one request. */
export type Script =
  | (Timing & { readonly kind: 'text'; readonly text: string })
  /** Says the last message of the user back: `You said: …`. */
  | (Timing & { readonly kind: 'echo' })
  | {
      readonly kind: 'status'
      readonly status: number
      readonly message: string
      readonly type?: string
      readonly code?: string
      readonly headers?: Readonly<Record<string, string>>
    }
  /** Accepts the request and never answers. */
  | { readonly kind: 'hang' }
  /** A well-formed answer without any text. */
  | { readonly kind: 'empty' }
  /** 200 with a body that is neither JSON nor a stream. */
  | { readonly kind: 'garbage' }
  /** Streams `chunks` pieces and closes the connection in the middle. */
  | (Timing & { readonly kind: 'cut'; readonly text: string; readonly afterChunks: number })
  /** One script per call; the last one repeats. */
  | { readonly kind: 'sequence'; readonly scripts: readonly Script[] }

interface Timing {
  /** Number of equal pieces, or the pieces themselves; default: one per word. */
  readonly chunks?: number | readonly string[]
  /** Before the first piece. */
  readonly firstDelayMs?: number
  /** Between two pieces; piece n leaves at firstDelayMs + n x chunkDelayMs, without drift. */
  readonly chunkDelayMs?: number
  readonly finish?: 'stop' | 'length' | 'content_filter'
  /** Default: a quarter of the characters; null: the upstream reports none. */
  readonly usage?: { readonly inputTokens: number; readonly outputTokens: number } | null
}

/** Which requests a script is for; the rule added last wins. No condition: all of them. */
export interface Rule {
  /** Name of the model as the upstream sees it (`scripted-smart`). */
  readonly model?: string
  /** Text that stands in the last message of the user. */
  readonly contains?: string
  readonly script: Script
}

/** One request as it went. Times are ms since the epoch with fractions. */
export interface UpstreamCall {
  readonly id: number
  readonly model: string
  readonly stream: boolean
  readonly endUser: string | undefined
  readonly messages: readonly { readonly role: string; readonly content: string }[]
  readonly maxTokens: number | undefined
  readonly responseFormat: unknown
  readonly receivedAt: number
  readonly chunks: readonly { readonly at: number; readonly text: string }[]
  /** open: still being answered. aborted: the caller went away first. */
  readonly state: 'open' | 'answered' | 'aborted'
}

/** Behaviour of models without a rule, by their name at the upstream. */
export const builtInScripts: Readonly<Record<string, Script>> = {
  'fail-429': {
    kind: 'status',
    status: 429,
    message: 'Rate limit reached for requests',
    type: 'rate_limit_error',
    code: 'rate_limit_exceeded',
    headers: { 'retry-after': '7' },
  },
  'fail-500': { kind: 'status', status: 500, message: 'The server had an error', type: 'server_error' },
  'fail-503': { kind: 'status', status: 503, message: 'The engine is currently overloaded', type: 'server_error' },
  'fail-401': {
    kind: 'status',
    status: 401,
    message: 'Incorrect API key provided',
    type: 'invalid_request_error',
    code: 'invalid_api_key',
  },
  'fail-context': {
    kind: 'status',
    status: 400,
    message: "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
  },
  hang: { kind: 'hang' },
  empty: { kind: 'empty' },
  garbage: { kind: 'garbage' },
  cut: { kind: 'cut', text: 'This answer is cut in the middle of a sentence', chunks: 8, afterChunks: 4 },
}

export const defaultScript: Script = { kind: 'text', text: 'This is a scripted answer.' }
