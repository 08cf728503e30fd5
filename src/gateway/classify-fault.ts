import type { GatewayCode, GatewayFault } from '../contracts/chat-model.ts'

/**
 * What went wrong, before it has a name. http: the gateway answered with an error; stream: it sent an error into a stream
 * that had begun; network: no answer came; unsent: not even a connection came about; not-for-minors: nothing was sent, since no
 * route may serve the reader; stand-in-answered: the stand-in answered a child.
 */
export type GatewayTrouble =
  | {
      readonly kind: 'http'
      readonly status: number
      readonly message: string
      readonly header: (name: string) => string | null | undefined
    }
  | { readonly kind: 'stream'; readonly message: string }
  | {
      readonly kind:
        | 'network'
        | 'unsent'
        | 'timeout'
        | 'aborted'
        | 'broken-stream'
        | 'empty-answer'
        | 'not-for-minors'
        | 'stand-in-answered'
    }

interface Rule {
  readonly code: GatewayCode
  /** Key in `config/sentences/`; `gateway.<code>` where nothing else is said. */
  readonly sentence?: string
  readonly isRetryable: boolean
  readonly mayHaveCost: boolean
}

const rules = {
  unreachable: { code: 'unreachable', isRetryable: true, mayHaveCost: true },
  unsent: { code: 'unreachable', isRetryable: true, mayHaveCost: false },
  timeout: { code: 'timeout', isRetryable: true, mayHaveCost: true },
  rateLimited: { code: 'rate-limited', isRetryable: true, mayHaveCost: false },
  outOfCredit: { code: 'rate-limited', sentence: 'gateway.out-of-credit', isRetryable: false, mayHaveCost: false },
  overloaded: { code: 'overloaded', isRetryable: true, mayHaveCost: false },
  notConfigured: { code: 'not-configured', isRetryable: false, mayHaveCost: false },
  badCredentials: { code: 'bad-credentials', isRetryable: false, mayHaveCost: false },
  ownKey: { code: 'bad-credentials', sentence: 'gateway.own-key', isRetryable: false, mayHaveCost: false },
  contextTooLong: { code: 'context-too-long', isRetryable: false, mayHaveCost: false },
  // some providers bill the prompt they refused
  contentRefused: { code: 'content-refused', isRetryable: false, mayHaveCost: true },
  badRequest: { code: 'bad-request', isRetryable: false, mayHaveCost: false },
  emptyAnswer: { code: 'empty-answer', sentence: 'answer.empty', isRetryable: true, mayHaveCost: true },
  brokenStream: { code: 'broken-stream', isRetryable: true, mayHaveCost: true },
  aborted: { code: 'aborted', isRetryable: false, mayHaveCost: true },
  notForMinors: { code: 'not-for-minors', isRetryable: false, mayHaveCost: false },
  standInAnswered: { code: 'not-for-minors', isRetryable: false, mayHaveCost: true },
  upstreamError: { code: 'upstream-error', isRetryable: true, mayHaveCost: true },
} as const satisfies Record<string, Rule>

/**
 * By message first: LiteLLM 1.109.1 reports a missing key as 401 or as 500, a provider that is down as 500, and a wrong
 * key of its own as 400. Ordered: the first that fits wins. Recorded shapes stand in the test.
 */
const byMessage: readonly (readonly [RegExp, Rule])[] = [
  [/no connected db|authentication error, (no api key|invalid proxy)|invalid proxy server token/i, rules.ownKey],
  [/missing credentials|missing \w+ api key|missing required parameters: oci|api_key client option must be set/i, rules.notConfigured],
  [
    /invalid model name|no deployments available|llm provider not provided|model\b[^\n]{0,80}(not found|does not exist)/i,
    rules.notConfigured,
  ],
  [/cannot connect|connect call failed|connection refused|name or service not known/i, rules.unsent],
  [/contextwindowexceeded|context.?length|context window|prompt is too long|input token count exceeds/i, rules.contextTooLong],
  [/contentpolicyviolation|content.?policy|content management policy|safety system|responsibleai/i, rules.contentRefused],
  [/insufficient.?quota|exceeded your current quota|credit balance is too low|billing/i, rules.outOfCredit],
  [/incorrect api key|invalid x-api-key|api key not valid|invalid.?api.?key/i, rules.badCredentials],
  [/ratelimit|rate limit|too many requests|throttl/i, rules.rateLimited],
  [/overloaded|serviceunavailable/i, rules.overloaded],
  [/litellm\.timeout|timed? ?out/i, rules.timeout],
  [/connection error/i, rules.unreachable],
]

const byKind = {
  network: rules.unreachable,
  unsent: rules.unsent,
  timeout: rules.timeout,
  aborted: rules.aborted,
  'broken-stream': rules.brokenStream,
  'empty-answer': rules.emptyAnswer,
  'not-for-minors': rules.notForMinors,
  'stand-in-answered': rules.standInAnswered,
} as const satisfies Record<Exclude<GatewayTrouble['kind'], 'http' | 'stream'>, Rule>

/** Names a fault once. What it says of retrying and cost holds for the call as a whole. */
export function classifyFault(trouble: GatewayTrouble): GatewayFault {
  if (trouble.kind === 'http') return toFault(findHttpRule(trouble.status, trouble.message), readRetryAfterMs(trouble.header))
  if (trouble.kind !== 'stream') return toFault(byKind[trouble.kind])
  const rule = findByMessage(trouble.message)
  // the stream had begun: whatever broke it, the provider had worked
  const isSevered = rule === undefined || rule === rules.unreachable || rule === rules.unsent
  return toFault({ ...(isSevered ? rules.brokenStream : rule), mayHaveCost: true })
}

function findHttpRule(status: number, message: string): Rule {
  const rule = findByMessage(message)
  if (rule) return rule
  if (status === 401 || status === 403) return rules.badCredentials
  if (status === 404) return rules.notConfigured
  if (status === 408 || status === 504) return rules.timeout
  if (status === 413) return rules.contextTooLong
  if (status === 429) return rules.rateLimited
  if (status === 503 || status === 529) return rules.overloaded
  return status < 500 ? rules.badRequest : rules.upstreamError
}

function findByMessage(message: string): Rule | undefined {
  const own = stripTail(message)
  return byMessage.find(([pattern]) => pattern.test(own))?.[1]
}

/** LiteLLM adds what it knows of fallbacks, which names context windows and rate limits that have nothing to do with the fault. */
function stripTail(message: string): string {
  const end = message.search(/\n\s*(LiteLLM: model group|model=\S+ context_window_fallbacks|Deployment Info)|Received Model Group=/i)
  return end < 0 ? message : message.slice(0, end)
}

/** The wait the provider asks for; LiteLLM passes a provider's header on with a prefix. */
function readRetryAfterMs(header: (name: string) => string | null | undefined): number | undefined {
  const exact = header('retry-after-ms') ?? header('llm_provider-retry-after-ms')
  if (exact && Number(exact) >= 0) return Math.ceil(Number(exact))
  const given = header('retry-after') ?? header('llm_provider-retry-after')
  if (!given) return undefined
  const seconds = Number(given)
  const waitMs = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(given) - Date.now()
  return Number.isFinite(waitMs) ? Math.max(0, Math.ceil(waitMs)) : undefined
}

function toFault(rule: Rule, retryAfterMs?: number): GatewayFault {
  return {
    code: rule.code,
    sentence: rule.sentence ?? `gateway.${rule.code}`,
    isRetryable: rule.isRetryable,
    retryAfterMs: rule.isRetryable ? retryAfterMs : undefined,
    mayHaveCost: rule.mayHaveCost,
  }
}
