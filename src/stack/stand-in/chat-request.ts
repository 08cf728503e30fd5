import { z } from 'zod'

const textPart = z.looseObject({ text: z.string().optional() })
const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: z.union([z.string(), z.array(textPart), z.null()]).optional(),
})
const request = z.looseObject({
  messages: z.array(message).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  max_tokens: z.int().positive().nullish(),
  max_completion_tokens: z.int().positive().nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  response_format: z
    .discriminatedUnion('type', [
      z.looseObject({ type: z.literal('text') }),
      z.looseObject({ type: z.literal('json_object') }),
      z.looseObject({ type: z.literal('json_schema'), json_schema: z.looseObject({ schema: z.record(z.string(), z.unknown()) }) }),
    ])
    .nullish(),
})

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly text: string
}

/** What the stand-in understands of an OpenAI chat request; the rest is ignored. */
export interface ChatRequest {
  readonly messages: readonly ChatMessage[]
  readonly stream: boolean
  readonly includeUsage: boolean
  readonly maxTokens: number
  readonly temperature: number
  readonly format:
    | { readonly kind: 'text' }
    | { readonly kind: 'json' }
    | { readonly kind: 'schema'; readonly schema: Readonly<Record<string, unknown>> }
}

/** Longest answer, whatever is asked for. */
export const mostAnswerTokens = 512
/** A tiny model wanders off: short answers at a low temperature are its best. */
const defaultMaxTokens = 256
const defaultTemperature = 0.3

/** Answers undefined if the body is not a chat request with something to answer. */
export function parseChatRequest(body: string): ChatRequest | undefined {
  const parsed = request.safeParse(parseJson(body))
  if (!parsed.success) return undefined
  const { data } = parsed
  const messages = data.messages.flatMap(({ role, content }) => (role === 'tool' ? [] : [{ role: toRole(role), text: toText(content) }]))
  if (messages.at(-1)?.role !== 'user') return undefined
  return {
    messages,
    stream: data.stream ?? false,
    includeUsage: data.stream_options?.include_usage ?? false,
    maxTokens: Math.min(data.max_completion_tokens ?? data.max_tokens ?? defaultMaxTokens, mostAnswerTokens),
    temperature: data.temperature ?? defaultTemperature,
    format: toFormat(data.response_format),
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function toRole(role: 'system' | 'developer' | 'user' | 'assistant'): ChatMessage['role'] {
  return role === 'developer' ? 'system' : role
}

function toText(content: z.infer<typeof message>['content']): string {
  if (typeof content === 'string') return content
  return (content ?? []).map((part) => part.text ?? '').join('')
}

function toFormat(format: z.infer<typeof request>['response_format']): ChatRequest['format'] {
  if (format?.type === 'json_schema') return { kind: 'schema', schema: format.json_schema.schema }
  return format?.type === 'json_object' ? { kind: 'json' } : { kind: 'text' }
}
