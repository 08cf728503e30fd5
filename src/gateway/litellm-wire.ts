import { z } from 'zod'
import type { ModelUsage } from '../contracts/chat-model.ts'

/** What we read of a chunk: lenient, since providers differ in everything else. */
const chunkSchema = z.object({
  model: z.string().nullish(),
  choices: z
    .array(z.object({ delta: z.object({ content: z.string().nullish() }).nullish(), finish_reason: z.string().nullish() }))
    .nullish(),
  usage: z
    .object({
      prompt_tokens: z.number().nullish(),
      completion_tokens: z.number().nullish(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().nullish() }).nullish(),
      /** US dollars as a float; absent where LiteLLM knows no price. */
      cost: z.number().nullish(),
    })
    .nullish(),
})

export interface WireChunk {
  readonly text: string
  readonly finish: 'stop' | 'length' | 'filter' | undefined
  readonly model: string | undefined
  readonly usage: Omit<ModelUsage, 'model' | 'standIn'> | undefined
}

const nanoUsdPerUsd = 1e9

/** One chunk of a stream. What cannot be read counts for nothing; a stream without a finish is broken anyway. */
export function parseChunk(chunk: unknown): WireChunk {
  const { model, choices, usage } = chunkSchema.safeParse(chunk).data ?? {}
  const choice = choices?.[0]
  return {
    text: choice?.delta?.content ?? '',
    finish: toFinish(choice?.finish_reason),
    model: model ?? undefined,
    usage: usage ? toUsage(usage) : undefined,
  }
}

function toUsage(usage: NonNullable<z.output<typeof chunkSchema>['usage']>): WireChunk['usage'] {
  return {
    inputTokens: usage.prompt_tokens ?? 0,
    outputTokens: usage.completion_tokens ?? 0,
    cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    costNanoUsd: typeof usage.cost === 'number' ? Math.round(usage.cost * nanoUsdPerUsd) : undefined,
  }
}

function toFinish(reason: string | null | undefined): WireChunk['finish'] {
  if (!reason) return undefined
  if (reason === 'length' || reason === 'max_tokens') return 'length'
  return reason === 'content_filter' ? 'filter' : 'stop'
}
