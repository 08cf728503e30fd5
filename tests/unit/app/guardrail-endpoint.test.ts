import { afterEach, describe, expect, test } from 'vitest'
import type { Tier } from '../../../src/contracts/household.ts'
import type { LogFacts } from '../../../src/contracts/platform.ts'
import { guardrailPath, openGuardrailEndpoint } from '../../../src/interfaces/http/guardrail-endpoint.ts'
import type { GuardrailPorts, TextVerdict } from '../../../src/interfaces/http/guardrail-endpoint.ts'
import { takeFreePorts } from '../../support/free-ports.ts'

let opened = new AsyncDisposableStack()
afterEach(async () => {
  await opened.disposeAsync()
  opened = new AsyncDisposableStack()
})

const logged: (string | LogFacts | undefined)[] = []
const note = (event: string, facts?: LogFacts): void => void logged.push(event, facts)

/** Blocks `bad`, changes `secret`, throws at `boom`. */
function decide(text: string): TextVerdict {
  if (text.includes('boom')) throw new TypeError(`cannot read ${text}`)
  if (text.includes('bad')) return { kind: 'block', sentence: 'Not this.' }
  return text.includes('secret') ? { kind: 'change', text: text.replace('secret', '<S>') } : { kind: 'pass' }
}

interface Endpoint {
  readonly port: number
  readonly seen: ({ readonly text: string } & Parameters<GuardrailPorts['check']>[1])[]
  readonly ask: (body: unknown, headers?: Readonly<Record<string, string>>) => Promise<{ readonly status: number; readonly body: unknown }>
}

async function open(change: Partial<GuardrailPorts> = {}): Promise<Endpoint> {
  const [port = 0] = await takeFreePorts(1)
  const seen: Endpoint['seen'] = []
  const endpoint = await openGuardrailEndpoint(port, {
    key: 'right',
    tier: 'adult',
    check: (text, about) => {
      seen.push({ text, ...about })
      return decide(text)
    },
    refuseModel: () => undefined,
    unchecked: 'Could not be checked.',
    log: { info: note, warn: note, error: note },
    ...change,
  })
  if (!endpoint.ok) throw new Error(endpoint.error.sentence)
  opened.use(endpoint.value)
  return {
    port,
    seen,
    async ask(body, headers = { 'x-api-key': 'right' }) {
      const sent = typeof body === 'string' ? body : JSON.stringify(body)
      const response = await fetch(`http://127.0.0.1:${String(port)}${guardrailPath}`, { method: 'POST', headers, body: sent })
      return { status: response.status, body: await response.json() }
    },
  }
}

const question = (texts: readonly string[], more: object = {}): object => ({ input_type: 'request', texts, ...more })
const answer = (texts: readonly string[], more: object = {}): object => ({ input_type: 'response', texts, ...more })

describe('the endpoint for LiteLLM', () => {
  test('passes, changes and blocks, questions and answers', async () => {
    const { ask, seen } = await open()
    expect((await ask(question(['hi', 'there']))).body).toEqual({ action: 'NONE' })
    expect((await ask(question(['hi', 'my secret']))).body).toEqual({ action: 'GUARDRAIL_INTERVENED', texts: ['hi', 'my <S>'] })
    expect((await ask(question(['hi', 'bad']))).body).toEqual({ action: 'BLOCKED', blocked_reason: 'Not this.' })
    expect((await ask(answer(['a secret', 'b']))).body).toEqual({
      action: 'GUARDRAIL_INTERVENED',
      texts: ['a <S>', 'b'],
      stream_holdback_chars: [300, 300],
    })
    expect((await ask(answer(['bad']))).body).toMatchObject({ action: 'BLOCKED' })
    expect((await ask(question([]))).body).toEqual({ action: 'NONE' })
    expect(seen.map(({ direction }) => direction).join()).toBe('in,in,in,in,in,in,out,out,out')
  })

  test('keeps a connection for longer than the 15 s of LiteLLM, so that no request leaves on a closing one', async () => {
    const { port } = await open()
    const headers = { 'x-api-key': 'right' }
    const response = await fetch(`http://127.0.0.1:${String(port)}${guardrailPath}`, {
      method: 'POST',
      headers,
      body: JSON.stringify(question(['hi'])),
    })
    expect(response.headers.get('keep-alive')).toBe('timeout=65')
    expect(await response.json()).toEqual({ action: 'NONE' })
  })

  test('what a tool gave is told from what a person says, part by part; without that all count as a person', async () => {
    const { ask, seen } = await open()
    const messages = [
      { role: 'system', content: 'one' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'two' },
          { type: 'image_url', image_url: {} },
          { type: 'text', text: 'three' },
        ],
      },
      { role: 'assistant', content: 'and' },
      { role: 'tool', content: 'four' },
    ]
    await ask(question(['one', 'two', 'three', 'and', 'four'], { structured_messages: messages }))
    await ask(question(['one', 'four'], { structured_messages: messages }))
    expect(seen.map(({ text, direction, isInstruction }) => `${text} ${isInstruction ? 'orders' : direction}`)).toEqual([
      'one orders',
      'two in',
      'three in',
      'and out',
      'four tool',
      'one in',
      'four in',
    ])
  })

  test('what a model wants to call a tool with can be stopped', async () => {
    const { ask } = await open()
    const calls = (text: string): object => ({ tool_calls: [{ id: '1', type: 'function', function: { name: 'f', arguments: text } }] })
    expect((await ask(answer([], calls('{"q":"bad"}')))).body).toMatchObject({ action: 'BLOCKED' })
    expect((await ask(answer(['fine'], calls('{"q":"secret"}')))).body).toMatchObject({ action: 'NONE' })
  })

  test.each<readonly [Tier, object, Tier]>([
    ['adult', {}, 'adult'],
    ['adult', { additional_provider_specific_params: { tier: 'teen' } }, 'teen'],
    ['adult', { additional_provider_specific_params: { tier: 'toddler' } }, 'child'],
    ['adult', { additional_provider_specific_params: { tier: 7 } }, 'child'],
    ['adult', { request_headers: { 'X-AI-Ops-Tier': 'teen' } }, 'teen'],
    ['adult', { request_headers: { 'x-ai-ops-tier': '[present]' } }, 'child'],
    ['adult', { additional_provider_specific_params: { tier: 'teen' }, request_headers: { 'x-ai-ops-tier': 'adult' } }, 'teen'],
    ['child', { additional_provider_specific_params: { tier: 'adult' }, request_headers: { 'x-ai-ops-tier': 'adult' } }, 'child'],
  ])('the strictest tier counts: %s and %o: %s', async (tier, more, expected) => {
    const { ask, seen } = await open({ tier })
    await ask(question(['hi'], more))
    expect(seen[0]?.tier).toBe(expected)
  })

  test('pictures, which nobody looks into, are for adults; a model that may not answer minors is refused', async () => {
    const refuseModel = (model: string | undefined, tier: Tier): string | undefined =>
      tier !== 'adult' && model !== 'kind' ? 'Not this model.' : undefined
    const { ask } = await open({ refuseModel })
    const child = { request_headers: { 'x-ai-ops-tier': 'child' } }
    expect((await ask(question(['hi'], { images: ['x'] }))).body).toEqual({ action: 'NONE' })
    expect((await ask(question(['hi'], { images: ['x'], model: 'kind', ...child }))).body).toMatchObject({
      blocked_reason: 'Could not be checked.',
    })
    expect((await ask(question(['hi'], { model: 'kind', ...child }))).body).toEqual({ action: 'NONE' })
    expect((await ask(question(['hi'], { model: 'smart', ...child }))).body).toMatchObject({ blocked_reason: 'Not this model.' })
    expect((await ask(question(['hi'], child))).body).toMatchObject({ action: 'BLOCKED' })
  })

  test('a check that throws blocks, and the log names the kind of error and no text', async () => {
    logged.length = 0
    const { ask } = await open()
    expect(await ask(question(['fine', 'boom']))).toEqual({
      status: 200,
      body: { action: 'BLOCKED', blocked_reason: 'Could not be checked.' },
    })
    await ask(question(['a bad word']))
    expect(logged).toEqual([
      'client-check-failed',
      { reason: 'TypeError' },
      'client-text',
      { answer: false, action: 'BLOCKED' },
      'client-text',
      { answer: false, action: 'BLOCKED' },
    ])
  })

  test.each([
    ['no JSON', '{nope', 400],
    ['another shape', { texts: ['hi'] }, 400],
    ['texts that are none', question([7 as unknown as string]), 400],
    ['another kind', { input_type: 'thought', texts: ['hi'] }, 400],
    ['more than is read', `"${'x'.repeat(2 * 1_048_576)}"`, 413],
  ])('%s is no request', async (_what, body, status) => {
    const { ask, seen } = await open()
    expect((await ask(body)).status).toBe(status)
    expect(seen).toEqual([])
  })

  test('only its key, its path and POST are answered', async () => {
    const { ask, port, seen } = await open()
    expect((await ask(question(['hi']), { 'x-api-key': 'wrong' })).status).toBe(401)
    expect((await ask(question(['hi']), {})).status).toBe(401)
    expect(seen).toEqual([])
    expect((await ask(question(['hi']), { authorization: 'Bearer right' })).status).toBe(200)
    const url = `http://127.0.0.1:${String(port)}`
    expect((await fetch(`${url}${guardrailPath}`, { headers: { 'x-api-key': 'right' } })).status).toBe(404)
    expect((await fetch(url, { method: 'POST', headers: { 'x-api-key': 'right' }, body: '{}' })).status).toBe(404)
  })

  test('a port that is taken is a fault that names it', async () => {
    const { port } = await open()
    const ports = {
      key: 'k',
      tier: 'adult',
      check: decide,
      refuseModel: () => undefined,
      unchecked: '',
      log: { info: note, warn: note, error: note },
    } as const
    expect(await openGuardrailEndpoint(port, ports)).toMatchObject({
      ok: false,
      error: { code: 'port-taken', sentence: expect.stringContaining(String(port)) },
    })
  })
})
