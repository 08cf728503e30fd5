import type { ChatModel, GatewayFault, ModelEvent, ModelRequest, ModelUsage } from '../../src/contracts/chat-model.ts'

export const usage = (change: Partial<ModelUsage> = {}): ModelUsage => ({
  inputTokens: 10,
  outputTokens: 5,
  cachedTokens: 0,
  costNanoUsd: 700,
  model: 'scripted',
  standIn: false,
  ...change,
})

export const fault = (change: Partial<GatewayFault> = {}): GatewayFault => ({
  code: 'overloaded',
  sentence: 'gateway.overloaded',
  isRetryable: true,
  retryAfterMs: undefined,
  mayHaveCost: false,
  ...change,
})

/** One call under way; the test says what the upstream does. */
export class ScriptedCall {
  readonly request: ModelRequest
  readonly #events: ModelEvent[] = []
  #wake: () => void = () => undefined
  isAborted = false

  constructor(request: ModelRequest, signal: AbortSignal) {
    this.request = request
    const abort = (): void => {
      this.isAborted = true
      this.fail({ code: 'aborted', sentence: 'gateway.aborted', isRetryable: false, mayHaveCost: true })
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  }

  write(...texts: readonly string[]): void {
    this.#push(...texts.map((text): ModelEvent => ({ kind: 'delta', text })))
  }

  end(change: Partial<Extract<ModelEvent, { kind: 'end' }>> = {}): void {
    this.#push({ kind: 'end', finish: 'stop', usage: usage(), ...change })
  }

  fail(change: Partial<GatewayFault> = {}): void {
    this.#push({ kind: 'failed', error: fault(change) })
  }

  async *events(): AsyncGenerator<ModelEvent> {
    for (;;) {
      for (let event = this.#events.shift(); event !== undefined; event = this.#events.shift()) {
        yield event
        if (event.kind !== 'delta') return
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  #push(...events: readonly ModelEvent[]): void {
    this.#events.push(...events)
    this.#wake()
  }
}

/** A model whose calls the test writes, one by one, or by a script for all of them. */
export class ScriptedModel implements Pick<ChatModel, 'stream'> {
  readonly calls: ScriptedCall[] = []
  /** Runs for each call as it comes. */
  script: (call: ScriptedCall, index: number) => void = () => undefined

  stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent> {
    const call = new ScriptedCall(request, signal)
    this.calls.push(call)
    this.script(call, this.calls.length - 1)
    return call.events()
  }

  get last(): ScriptedCall {
    const call = this.calls.at(-1)
    if (call === undefined) throw new Error('the model was not called')
    return call
  }
}
