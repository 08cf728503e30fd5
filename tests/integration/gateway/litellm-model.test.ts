import { expect, test } from 'vitest'
import type { ModelEvent, ModelRequest } from '../../../src/contracts/chat-model.ts'
import type { Alias, ModelRoute, Tier } from '../../../src/contracts/household.ts'
import { createLitellmModel } from '../../../src/gateway/litellm-model.ts'
import { describeWithServices } from '../../support/services.ts'

describeWithServices('createLitellmModel against the real gateway', ({ gateway, upstream }) => {
  const route = (alias: Alias, parts: Partial<ModelRoute> = {}): ModelRoute => {
    return { alias, model: `openai/scripted-${alias}`, minors: 'yes', acceptedBy: undefined, isStandIn: false, fallbacks: [], ...parts }
  }
  const local = route('local', { isStandIn: true, minors: 'no' })
  const routes = new Map([
    ['smart', route('smart')],
    ['economy', route('economy', { fallbacks: [local] })],
    ['local', local],
  ] as const)
  const model = createLitellmModel({ ...gateway, requestTimeoutMs: 20_000, routes: () => routes })

  /** The misbehaving models stand in the gateway under names of their own. */
  const ask = async (alias: string, text = 'hi', tier: Tier = 'adult'): Promise<readonly ModelEvent[]> => {
    const request: ModelRequest = {
      alias: alias as Alias,
      messages: [{ role: 'user', content: text }],
      maxTokens: 100,
      temperature: 0.2,
      endUser: 'owner',
      tier,
    }
    const events: ModelEvent[] = []
    for await (const event of model.stream(request, new AbortController().signal)) events.push(event)
    return events
  }
  const textOf = (events: readonly ModelEvent[]): string => events.map((event) => (event.kind === 'delta' ? event.text : '')).join('')

  test('ready with our key, not with another', async () => {
    const signal = new AbortController().signal
    expect(await model.ready(signal)).toEqual({ ok: true, value: true })
    const stranger = createLitellmModel({ ...gateway, key: 'sk-wrong', requestTimeoutMs: 20_000, routes: () => routes })
    expect(await stranger.ready(signal)).toMatchObject({ ok: false, error: { code: 'bad-credentials', sentence: 'gateway.own-key' } })
  })

  test('streams the words, and the cost is the price times the tokens', async () => {
    const marker = 'gateway-cost-marker'
    const usage = { inputTokens: 20, outputTokens: 10 }
    await upstream.script({ contains: marker, script: { kind: 'text', text: 'Four words in chunks', usage } })
    const events = await ask('smart', marker)
    expect(events.filter((event) => event.kind === 'delta').length).toBeGreaterThan(1)
    expect(textOf(events)).toBe('Four words in chunks')
    // the test gateway asks 1 USD a million in and 4 USD a million out
    expect(events.at(-1)).toMatchObject({
      kind: 'end',
      finish: 'stop',
      usage: { ...usage, costNanoUsd: 20 * 1_000 + 10 * 4_000, model: 'openai/scripted-smart', standIn: false },
    })
    expect(await upstream.calls(marker)).toMatchObject([{ stream: true, maxTokens: 100 }])
  })

  test('the stand-in is known, asked for directly and as a fallback', async () => {
    const marker = 'gateway-fallback-marker'
    await upstream.script({ model: 'scripted-economy', contains: marker, script: { kind: 'status', status: 500, message: 'down' } })
    for (const alias of ['local', 'economy']) {
      expect((await ask(alias, marker)).at(-1)).toMatchObject({ kind: 'end', usage: { standIn: true, model: 'openai/smollm2-135m' } })
    }
  })

  test('a fallback that may not answer a child is not used for one, though the gateway has it', async () => {
    const marker = 'gateway-child-fallback-marker'
    await upstream.script({ model: 'scripted-economy', contains: marker, script: { kind: 'status', status: 500, message: 'down' } })
    await upstream.script({ model: 'scripted-economy', contains: 'child-well', script: { kind: 'text', text: 'Well.' } })
    expect(await ask('economy', marker, 'child')).toMatchObject([{ kind: 'failed', error: { code: 'upstream-error' } }])
    expect((await upstream.calls(marker)).map((call) => call.model)).toEqual(['scripted-economy'])
    expect((await ask('economy', marker, 'teen')).at(-1)).toMatchObject({ kind: 'end', usage: { standIn: true } })
    expect(textOf(await ask('economy', 'child-well', 'child'))).toBe('Well.')
    expect(await ask('local', marker, 'child')).toMatchObject([{ kind: 'failed', error: { code: 'not-for-minors' } }])
  })

  test('the shape of an answer reaches the upstream', async () => {
    const marker = 'gateway-schema-marker'
    const responseSchema = { name: 'verdict', schema: { type: 'object', properties: { ok: { type: 'boolean' } }, required: ['ok'] } }
    await upstream.script({ contains: marker, script: { kind: 'text', text: '{"ok":true}' } })
    const request: ModelRequest = {
      alias: 'smart',
      messages: [{ role: 'user', content: marker }],
      maxTokens: 100,
      temperature: 0,
      endUser: 'owner',
      tier: 'adult',
      responseSchema,
    }
    const events: ModelEvent[] = []
    for await (const event of model.stream(request, new AbortController().signal)) events.push(event)
    expect(textOf(events)).toBe('{"ok":true}')
    expect(await upstream.calls(marker)).toMatchObject([{ responseFormat: { type: 'json_schema', json_schema: { name: 'verdict' } } }])
  })

  test('an answer that reached its limit says so', async () => {
    const marker = 'gateway-length-marker'
    await upstream.script({ contains: marker, script: { kind: 'text', text: 'cut', finish: 'length' } })
    expect((await ask('smart', marker)).at(-1)).toMatchObject({ kind: 'end', finish: 'length' })
  })

  test.each([
    ['fail-429', { code: 'rate-limited', isRetryable: true, retryAfterMs: 7_000, mayHaveCost: false }],
    ['fail-500', { code: 'upstream-error', isRetryable: true, mayHaveCost: true }],
    ['fail-503', { code: 'overloaded', isRetryable: true, mayHaveCost: false }],
    ['fail-401', { code: 'bad-credentials', isRetryable: false, mayHaveCost: false }],
    ['fail-context', { code: 'context-too-long', isRetryable: false, mayHaveCost: false }],
    ['hang', { code: 'timeout', isRetryable: true, mayHaveCost: true }],
    ['empty', { code: 'empty-answer', isRetryable: true, mayHaveCost: true }],
    ['cut', { isRetryable: true, mayHaveCost: true }],
    ['garbage', { isRetryable: true, mayHaveCost: true }],
    ['unreachable', { code: 'unreachable', isRetryable: true }],
    ['no-such-model', { code: 'not-configured', isRetryable: false, mayHaveCost: false }],
  ])('%s is classified', async (alias, error) => {
    const events = await ask(alias)
    expect(events.filter((event) => event.kind !== 'delta')).toMatchObject([{ kind: 'failed', error }])
  })

  test('a stream that breaks after its first words is a broken stream', async () => {
    const marker = 'gateway-cut-marker'
    await upstream.script({ contains: marker, script: { kind: 'cut', text: 'one two three four', afterChunks: 2, chunkDelayMs: 100 } })
    const events = await ask('smart', marker)
    expect(textOf(events)).not.toBe('')
    expect(events.at(-1)).toMatchObject({ kind: 'failed', error: { code: 'broken-stream', isRetryable: true, mayHaveCost: true } })
  })

  test('an abort reaches the upstream', async () => {
    const marker = 'gateway-abort-marker'
    await upstream.script({ contains: marker, script: { kind: 'text', text: 'word '.repeat(500), chunkDelayMs: 20 } })
    const controller = new AbortController()
    const request: ModelRequest = {
      alias: 'smart',
      messages: [{ role: 'user', content: marker }],
      maxTokens: 100,
      temperature: undefined,
      endUser: 'owner',
      tier: 'adult',
    }
    let last: ModelEvent | undefined
    for await (const event of model.stream(request, controller.signal)) {
      last = event
      controller.abort()
    }
    expect(last).toMatchObject({ kind: 'failed', error: { code: 'aborted' } })
    await upstream.waitForCall((call) => call.state === 'aborted' && call.messages.some((message) => message.content === marker))
  })
})
