import type { ChatMessage } from './chat-request.ts'

/** Tokens the chat template adds around each message. */
const templateTokens = 8

/**
 * The newest messages that fit into `limit` tokens: a leading system message stays (at most half of the room), then the oldest
 * go first; a last message that is too long by itself loses its beginning. Pure; `count` measures a text in tokens.
 */
export function fitMessages(messages: readonly ChatMessage[], limit: number, count: (text: string) => number): readonly ChatMessage[] {
  const system = messages[0]?.role === 'system' ? [cutToTokens(messages[0], Math.floor(limit / 2), count, 'end')] : []
  const rest = messages.slice(system.length)
  let room = limit - sum(system, count)
  const kept: ChatMessage[] = []
  for (const message of rest.toReversed()) {
    const needed = count(message.text) + templateTokens
    if (needed > room) {
      if (kept.length === 0) kept.push(cutToTokens(message, room, count, 'start'))
      break
    }
    kept.push(message)
    room -= needed
  }
  return [...system, ...kept.toReversed()]
}

function sum(messages: readonly ChatMessage[], count: (text: string) => number): number {
  return messages.reduce((total, message) => total + count(message.text) + templateTokens, 0)
}

/** Halves what is cut away until the rest fits: exact lengths do not matter here. */
function cutToTokens(message: ChatMessage, limit: number, count: (text: string) => number, cut: 'start' | 'end'): ChatMessage {
  let text = message.text
  while (text !== '' && count(text) + templateTokens > limit) {
    const keep = Math.floor(text.length * 0.8)
    text = cut === 'start' ? text.slice(text.length - keep) : text.slice(0, keep)
  }
  return { ...message, text }
}
