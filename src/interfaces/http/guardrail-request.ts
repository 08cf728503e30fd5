import { z } from 'zod'
import type { Tier } from '../../contracts/household.ts'
import type { Direction } from '../../contracts/rails.ts'

/** What we read of LiteLLM's Generic Guardrail API (1.109.1); the rest is ignored. */
const requestSchema = z.object({
  input_type: z.enum(['request', 'response']),
  model: z.string().nullish(),
  texts: z.array(z.string()).nullish(),
  structured_messages: z.array(z.object({ role: z.string(), content: z.unknown() })).nullish(),
  images: z.array(z.unknown()).nullish(),
  tool_calls: z.array(z.object({ function: z.object({ arguments: z.string().nullish() }).nullish() })).nullish(),
  request_headers: z.record(z.string(), z.string()).nullish(),
  additional_provider_specific_params: z.record(z.string(), z.unknown()).nullish(),
})

export interface GuardrailRequest {
  readonly isAnswer: boolean
  /** The name the client asked for. */
  readonly model: string | undefined
  /** In the order of the wire; they may be changed. */
  readonly texts: readonly { readonly text: string; readonly direction: Direction }[]
  /** What the model wants to call tools with: it can be stopped, not changed. */
  readonly toolArguments: readonly string[]
  readonly hasImages: boolean
  /** The strictest tier named by the guardrail's parameter or the request's header; undefined: none is named. */
  readonly tier: Tier | undefined
}

/** The header by which a client may ask for a stricter tier. */
const tierHeader = 'x-ai-ops-tier'

/** unknown -> typed; undefined if it is not a request of this API. */
export function parseGuardrailRequest(body: unknown): GuardrailRequest | undefined {
  const parsed = requestSchema.safeParse(body)
  if (!parsed.success) return undefined
  const { data } = parsed
  const isAnswer = data.input_type === 'response'
  const texts = data.texts ?? []
  const roles = isAnswer ? [] : rolesOf(data.structured_messages ?? [])
  // without a role for each text, each counts as a person's
  const isAligned = roles.length === texts.length
  const directionOf = (index: number): Direction => (isAnswer ? 'out' : isAligned && roles[index] === 'tool' ? 'tool' : 'in')
  return {
    isAnswer,
    model: data.model ?? undefined,
    texts: texts.map((text, index) => ({ text, direction: directionOf(index) })),
    toolArguments: (data.tool_calls ?? []).flatMap((call) => call.function?.arguments ?? []),
    hasImages: (data.images ?? []).length > 0,
    tier: strictest([data.additional_provider_specific_params?.['tier'], findHeader(data.request_headers ?? {})]),
  }
}

const fromStrict: readonly Tier[] = ['child', 'teen', 'adult']

/** The strictest of what is there; what is no tier counts as child. */
export function strictest(named: readonly unknown[]): Tier | undefined {
  const there = named.filter((one) => one !== undefined && one !== null)
  if (there.some((one) => !fromStrict.some((tier) => tier === one))) return 'child'
  return fromStrict.find((tier) => there.includes(tier))
}

/** The role of each text, in LiteLLM's order: messages as they came, their text parts one after the other. */
function rolesOf(messages: readonly { readonly role: string; readonly content: unknown }[]): readonly string[] {
  return messages.flatMap(({ role, content }) => {
    if (typeof content === 'string') return [role]
    const parts: readonly unknown[] = Array.isArray(content) ? content : []
    return parts.flatMap((part) => (typeof part === 'object' && part !== null && 'text' in part ? [role] : []))
  })
}

function findHeader(headers: Readonly<Record<string, string>>): string | undefined {
  return Object.entries(headers).find(([name]) => name.toLowerCase() === tierHeader)?.[1]
}
