import { describe, expect, test } from 'vitest'
import { createSentences } from '../../../src/config/sentences.ts'
import { classifyFault } from '../../../src/gateway/classify-fault.ts'
import type { GatewayTrouble } from '../../../src/gateway/classify-fault.ts'
import type { GatewayFault } from '../../../src/contracts/chat-model.ts'

/** What LiteLLM 1.109.1 adds to most errors; it names rate limits and context windows by way of the operator's aliases. */
const tail =
  "\n\nLiteLLM: model group 'smart' failed with the error above and no fallback model group was found for it, so the request was not retried on another model. Fallbacks are configured for: context window, rate limit."

function http(status: number, message: string, headers: Readonly<Record<string, string>> = {}): GatewayTrouble {
  return { kind: 'http', status, message: message + tail, header: (name) => headers[name] }
}

const brief = ({ code, isRetryable, mayHaveCost }: GatewayFault): string =>
  `${code}, ${isRetryable ? 'retry' : 'final'}, ${mayHaveCost ? 'may cost' : 'free'}`

describe('classifyFault', () => {
  // recorded from LiteLLM 1.109.1 with a scripted upstream, streamed
  test.each([
    [429, 'litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached for requests', 'rate-limited, retry, free'],
    [
      429,
      'litellm.RateLimitError: RateLimitError: OpenAIException - You exceeded your current quota, please check your plan and billing details.',
      'rate-limited, final, free',
    ],
    [500, 'litellm.InternalServerError: InternalServerError: OpenAIException - The server had an error', 'upstream-error, retry, may cost'],
    [
      503,
      'litellm.ServiceUnavailableError: ServiceUnavailableError: OpenAIException - The engine is currently overloaded, please try again later',
      'overloaded, retry, free',
    ],
    [
      401,
      'litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided: sk-xxx',
      'bad-credentials, final, free',
    ],
    [
      400,
      "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.\nmodel=smart. context_window_fallbacks=None. fallbacks=[].\n\nSet 'context_window_fallback'",
      'context-too-long, final, free',
    ],
    [
      400,
      'litellm.BadRequestError: OpenAIException - Your request was rejected as a result of our safety system.',
      'content-refused, final, may cost',
    ],
    [400, 'litellm.BadRequestError: OpenAIException - messages: unexpected role', 'bad-request, final, free'],
    [
      404,
      'litellm.NotFoundError: NotFoundError: OpenAIException - The model `gpt-9` does not exist or you do not have access to it.',
      'not-configured, final, free',
    ],
    [
      408,
      'litellm.Timeout: APITimeoutError - Request timed out. Error_str: Request timed out.\n\nDeployment Info: request_timeout: None\ntimeout: 2.0',
      'timeout, retry, may cost',
    ],
    [500, 'litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.', 'unreachable, retry, may cost'],
    [
      401,
      'litellm.AuthenticationError: Missing Anthropic API Key - A call is being made to anthropic but no key is set either in the environment variables or via params.',
      'not-configured, final, free',
    ],
    [
      500,
      'litellm.InternalServerError: InternalServerError: OpenAIException - Missing credentials. Please pass an `api_key`, or set the `OPENAI_API_KEY` environment variable.',
      'not-configured, final, free',
    ],
    [
      500,
      'litellm.APIConnectionError: Missing Gemini API key. Set the GEMINI_API_KEY or GOOGLE_API_KEY environment variable.',
      'not-configured, final, free',
    ],
    [
      401,
      'litellm.AuthenticationError: OciException - Missing required parameters: oci_user, oci_fingerprint, oci_tenancy, oci_compartment_id and at least one of oci_key or oci_key_file.',
      'not-configured, final, free',
    ],
    [
      500,
      "litellm.APIConnectionError: Ollama_chatException - Cannot connect to host REDACTED:11434 ssl:<ssl.SSLContext object> [Connect call failed ('REDACTED', 11434)]",
      'unreachable, retry, free',
    ],
    [
      400,
      '/chat/completions: Invalid model name passed in model=nosuch. Call `/v1/models` to view available models for your key.',
      'not-configured, final, free',
    ],
    [429, 'No deployments available for selected model, Try again in 5 seconds.', 'not-configured, final, free'],
    [400, 'No connected db.', 'bad-credentials, final, free'],
    [401, 'Authentication Error, No api key passed in.', 'bad-credentials, final, free'],
    [
      500,
      'litellm.APIConnectionError: APIConnectionError: OpenAIException - Expecting property name enclosed in double quotes',
      'upstream-error, retry, may cost',
    ],
    // from providers' documentation
    [400, 'litellm.BadRequestError: GeminiException - API key not valid. Please pass a valid API key.', 'bad-credentials, final, free'],
    [
      500,
      'litellm.InternalServerError: AnthropicException - {"type":"overloaded_error","message":"Overloaded"}',
      'overloaded, retry, free',
    ],
    [400, 'litellm.BadRequestError: AnthropicException - Your credit balance is too low to access the API.', 'rate-limited, final, free'],
    [400, "litellm.APIConnectionError: Ollama_chatException - model 'llama3.2' not found", 'not-configured, final, free'],
    [418, '', 'bad-request, final, free'],
    [502, '', 'upstream-error, retry, may cost'],
  ])('HTTP %i %s', (status, message, expected) => {
    expect(brief(classifyFault(http(status, message)))).toBe(expected)
  })

  // recorded: an error inside a stream that had begun
  test.each([
    ['litellm.APIConnectionError: APIConnectionError: OpenAIException - overloaded', 'overloaded, retry, may cost'],
    ['litellm.APIConnectionError: APIConnectionError: OpenAIException - Connection error.', 'broken-stream, retry, may cost'],
    [
      'litellm.APIConnectionError: APIConnectionError: OpenAIException - Stream ended before a finish_reason was received',
      'broken-stream, retry, may cost',
    ],
  ])('in a stream: %s', (message, expected) => {
    expect(brief(classifyFault({ kind: 'stream', message }))).toBe(expected)
  })

  test('what nobody answered', () => {
    const kinds = [
      'network',
      'unsent',
      'timeout',
      'aborted',
      'broken-stream',
      'empty-answer',
      'not-for-minors',
      'stand-in-answered',
    ] as const
    expect(kinds.map((kind) => brief(classifyFault({ kind })))).toEqual([
      'unreachable, retry, may cost',
      'unreachable, retry, free',
      'timeout, retry, may cost',
      'aborted, final, may cost',
      'broken-stream, retry, may cost',
      'empty-answer, retry, may cost',
      'not-for-minors, final, free',
      'not-for-minors, final, may cost',
    ])
  })

  test("the wait a provider asks for: seconds, milliseconds, a date, LiteLLM's prefix", () => {
    const wait = (headers: Readonly<Record<string, string>>): number | undefined => classifyFault(http(429, '', headers)).retryAfterMs
    expect(wait({ 'llm_provider-retry-after': '7' })).toBe(7_000)
    expect(wait({ 'retry-after': '1.5' })).toBe(1_500)
    expect(wait({ 'retry-after-ms': '250', 'retry-after': '9' })).toBe(250)
    expect(wait({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() })).toBeGreaterThan(50_000)
    expect(wait({ 'retry-after': new Date(0).toUTCString() })).toBe(0)
    expect(wait({ 'retry-after': 'soon' })).toBeUndefined()
    expect(wait({})).toBeUndefined()
  })

  test('every fault has a sentence in both languages', async () => {
    const sentences = await createSentences(process.cwd())
    if (!sentences.ok) throw new Error(sentences.error.sentence)
    const faults = [
      classifyFault(http(400, 'No connected db.')),
      classifyFault(http(429, 'insufficient_quota')),
      ...[400, 401, 404, 408, 413, 429, 500, 503].map((status) => classifyFault(http(status, ''))),
      classifyFault(http(400, 'content policy')),
      ...(['unsent', 'aborted', 'broken-stream', 'empty-answer', 'not-for-minors'] as const).map((kind) => classifyFault({ kind })),
    ]
    for (const { sentence } of faults) {
      expect(sentences.value.say(sentence, 'de')).not.toBe(sentences.value.say(sentence, 'en'))
    }
    expect(new Set(faults.map((fault) => fault.code)).size).toBe(14)
  })
})
