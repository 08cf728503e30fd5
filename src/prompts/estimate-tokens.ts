import type { ModelMessage } from '../contracts/chat-model.ts'

/**
 * UTF-8 bytes a token. Plain English and German sentences have some 4 in cl100k_base, Japanese some 3: so this errs on the
 * high side, as reservations should. Rows of emoji have fewer and are underestimated.
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
