import type { ModelMessage } from '../contracts/chat-model.ts'

/**
 * UTF-8 bytes a token. English text has 4 to 4.5 in today's tokenizers, German about 3.5, Chinese about 3: so this errs on
 * the high side, as reservations should.
 */
const bytesPerToken = 3
/** Role and separators around each message (OpenAI's counting recipe says 3 to 4). */
const tokensPerMessage = 4

/** Tokens of a text, rather too many than too few. */
export function estimateTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text, 'utf8') / bytesPerToken)
}

/** Tokens of a whole request's messages, rather too many than too few. */
export function estimateMessageTokens(messages: readonly ModelMessage[]): number {
  return messages.reduce((sum, message) => sum + tokensPerMessage + estimateTokens(message.content), 0)
}
