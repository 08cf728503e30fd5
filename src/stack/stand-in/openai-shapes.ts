import { randomUUID } from 'node:crypto'
import type { TinyAnswer } from './tiny-model.ts'

/** Bodies of the OpenAI chat API for one answer. */
export interface OpenaiShapes {
  first(): unknown
  delta(text: string): unknown
  finish(answer: TinyAnswer): unknown
  usage(answer: TinyAnswer): unknown
  whole(answer: TinyAnswer): unknown
}

/** Names follow the API, not this house. */
export function createOpenaiShapes(model: string): OpenaiShapes {
  const base = { id: `chatcmpl-${randomUUID()}`, created: Math.floor(Date.now() / 1000), model }
  const chunk = (choices: readonly unknown[], extra: Readonly<Record<string, unknown>> = {}): unknown => ({
    ...base,
    object: 'chat.completion.chunk',
    choices,
    ...extra,
  })
  return {
    first: () => chunk([{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }]),
    delta: (text) => chunk([{ index: 0, delta: { content: text }, finish_reason: null }]),
    finish: (answer) => chunk([{ index: 0, delta: {}, finish_reason: answer.finish }]),
    usage: (answer) => chunk([], { usage: toUsage(answer) }),
    whole: (answer) => ({
      ...base,
      object: 'chat.completion',
      choices: [{ index: 0, message: { role: 'assistant', content: answer.text }, finish_reason: answer.finish }],
      usage: toUsage(answer),
    }),
  }
}

function toUsage(answer: TinyAnswer): Readonly<Record<string, number>> {
  return {
    prompt_tokens: answer.inputTokens,
    completion_tokens: answer.outputTokens,
    total_tokens: answer.inputTokens + answer.outputTokens,
  }
}
