import { getLlama, LlamaChatSession, type ChatHistoryItem, type GbnfJsonObjectSchema, type Llama, type LlamaGrammar } from 'node-llama-cpp'
import { mostAnswerTokens, type ChatMessage, type ChatRequest } from './chat-request.ts'
import { fitMessages } from './fit-messages.ts'

export interface TinyAnswer {
  readonly text: string
  readonly finish: 'stop' | 'length'
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Answers one request at a time; callers queue. */
export interface TinyModel extends AsyncDisposable {
  /** `onText` gets the answer in pieces. An abort ends it early with what there is. Throws on a JSON schema it cannot follow. */
  answer(request: ChatRequest, onText: (text: string) => void, signal: AbortSignal): Promise<TinyAnswer>
}

/** Read at about 115 tokens a second on one thread: more would make people wait for an answer that is not worth it. */
const mostInputTokens = 512
/** Input, the longest answer and the chat template; the key-value cache costs 23 kB a token. */
const contextTokens = mostInputTokens + mostAnswerTokens + 128
/** Without it the model repeats itself for ever. */
const repeatPenalty = 1.15

/** Loads the weights on the processor with one thread: more threads spin, and starve a busy machine. Never compiles anything. */
export async function openTinyModel(file: string): Promise<TinyModel> {
  const llama = await getLlama({ gpu: false, build: 'never', progressLogs: false })
  const model = await llama.loadModel({ modelPath: file, gpuLayers: 0 })
  const context = await model.createContext({ contextSize: contextTokens, threads: 1 })
  const sequence = context.getSequence()
  const count = (text: string): number => model.tokenize(text).length
  return {
    async answer(request, onText, signal) {
      const messages = fitMessages(request.messages, mostInputTokens, count)
      const last = messages.at(-1)?.text ?? ''
      const grammar = await toGrammar(llama, request.format)
      const session = new LlamaChatSession({ contextSequence: sequence, autoDisposeSequence: false })
      try {
        session.setChatHistory(messages.slice(0, -1).map(toHistoryItem))
        const outcome = await session.promptWithMeta(last, {
          maxTokens: request.maxTokens,
          temperature: request.temperature,
          repeatPenalty: { penalty: repeatPenalty },
          ...(grammar === undefined ? {} : { grammar }),
          signal,
          stopOnAbortSignal: true,
          onTextChunk: onText,
        })
        return {
          text: outcome.responseText,
          finish: outcome.stopReason === 'maxTokens' ? 'length' : 'stop',
          inputTokens: messages.reduce((total, message) => total + count(message.text), 0),
          outputTokens: count(outcome.responseText),
        }
      } finally {
        session.dispose()
      }
    },
    async [Symbol.asyncDispose]() {
      await llama.dispose()
    },
  }
}

function toHistoryItem(message: ChatMessage): ChatHistoryItem {
  return message.role === 'assistant' ? { type: 'model', response: [message.text] } : { type: message.role, text: message.text }
}

async function toGrammar(llama: Llama, format: ChatRequest['format']): Promise<LlamaGrammar | undefined> {
  if (format.kind === 'json') return llama.getGrammarFor('json')
  // an outside schema: what the grammar does not know makes it throw, and the request is refused
  return format.kind === 'schema' ? llama.createGrammarForJsonSchema(format.schema as GbnfJsonObjectSchema) : undefined
}
