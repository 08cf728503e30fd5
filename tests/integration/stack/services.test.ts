import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { describeWithServices, type Services } from '../../support/services.ts'

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

async function ask(services: Services, body: Readonly<Record<string, unknown>>, signal?: AbortSignal): Promise<Answer> {
  const response = await fetch(`${services.gateway.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${services.gateway.key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  })
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const say = (content: string): readonly unknown[] => [{ role: 'user', content }]

describeWithServices('the gateway', (services) => {
  const { upstream } = services

  it('answers a whole request with text, usage and cost, through one call upstream', async () => {
    const answer = await ask(services, { model: 'smart', messages: say('whole answer please'), user: 'member-1' })
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.text)).toMatchObject({ choices: [{ message: { content: 'This is a scripted answer.' } }] })
    const calls = await upstream.calls('whole answer please')
    expect(calls.map(({ model, state }) => ({ model, state }))).toEqual([{ model: 'scripted-smart', state: 'answered' }])
    // 19 characters in are 5 tokens at 1 USD per million, 26 out are 7 at 4 USD
    expect(Number(answer.headers.get('x-litellm-response-cost'))).toBeCloseTo(5e-6 + 28e-6, 9)
  })

  it('streams, with usage and cost in the last piece', async () => {
    await upstream.script({ contains: 'streamed please', script: { kind: 'text', text: 'one two three', chunks: 3, chunkDelayMs: 30 } })
    const answer = await ask(services, {
      model: 'smart',
      stream: true,
      stream_options: { include_usage: true },
      messages: say('streamed please'),
    })
    const events = answer.text.split('\n\n').filter((event) => event.startsWith('data: {'))
    expect(events.map((event) => /"content":"([^"]*)"/.exec(event)?.[1] ?? '').join('')).toBe('one two three')
    expect(events.at(-1)).toContain('"cost":')
    const [call] = await upstream.calls('streamed please')
    expect((call?.chunks.at(-1)?.at ?? 0) - (call?.chunks[0]?.at ?? 0)).toBeGreaterThanOrEqual(50)
  })

  it.each([
    ['fail-429', 429],
    ['fail-500', 500],
    ['fail-401', 401],
  ])('hands %s on after exactly one call upstream', async (model, status) => {
    const answer = await ask(services, { model, messages: say(`misbehave ${model}`) })
    expect(answer.status).toBe(status)
    expect(await upstream.calls(`misbehave ${model}`)).toHaveLength(1)
    // no cooldown: the next call goes upstream again
    await ask(services, { model, messages: say(`misbehave ${model}`) })
    expect(await upstream.calls(`misbehave ${model}`)).toHaveLength(2)
  })

  it('falls back where a fallback is configured, and says so', async () => {
    await upstream.script({ model: 'scripted-economy', contains: 'fall back', script: { kind: 'status', status: 500, message: 'down' } })
    const answer = await ask(services, { model: 'economy', messages: say('fall back please') })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('x-litellm-attempted-fallbacks')).toBe('1')
    expect(JSON.parse(answer.text)).toMatchObject({ model: expect.stringContaining('smollm2-135m') })
  })

  it('passes a caller who leaves on to the upstream', async () => {
    await upstream.script({ contains: 'leave early', script: { kind: 'text', text: 'a b c d e f g h', chunks: 8, chunkDelayMs: 500 } })
    const leaving = new AbortController()
    const asked = ask(services, { model: 'smart', stream: true, messages: say('leave early') }, leaving.signal).catch(() => undefined)
    await upstream.waitForCall((call) => call.messages[0]?.content === 'leave early' && call.chunks.length > 0)
    leaving.abort()
    await asked
    const call = await upstream.waitForCall((seen) => seen.messages[0]?.content === 'leave early' && seen.state !== 'open')
    expect(call.state).toBe('aborted')
  })

  it('writes nothing of what people say into its log, whatever goes wrong', async () => {
    const marker = 'a-very-private-sentence'
    for (const model of ['smart', 'fail-500', 'fail-401', 'fail-context', 'garbage', 'empty', 'cut', 'unreachable', 'no-such-model'])
      for (const stream of [false, true]) await ask(services, { model, stream, messages: say(marker) }).catch(() => undefined)
    const log = readFileSync(path.join(services.home, 'logs', 'litellm.log'), 'utf8')
    expect(log).not.toBe('')
    expect(log).not.toContain(marker)
  })

  it('lets nobody in without the key', async () => {
    const wrong: Services = { ...services, gateway: { ...services.gateway, key: 'sk-wrong' } }
    expect((await ask(wrong, { model: 'smart', messages: say('let me in') })).status).not.toBe(200)
    expect(await upstream.calls('let me in')).toEqual([])
  })
})

describeWithServices('the homeserver', ({ homeserver }) => {
  const call = async (method: string, route: string, token: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${homeserver.url}${route}`, {
      method,
      headers: { ...(token === '' ? {} : { authorization: `Bearer ${token}` }), 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: await response.json() }
  }

  it('is closed to strangers, and makes accounts for who holds the secret', async () => {
    const open = await call('POST', '/_matrix/client/v3/register', '', {
      username: 'stranger',
      password: 'x',
      auth: { type: 'm.login.dummy' },
    })
    expect(open.status).toBe(403)
    const { body } = await call('GET', '/_synapse/admin/v1/register', '')
    const { nonce } = body as { readonly nonce: string }
    const user = `person-${process.pid}`
    const mac = createHmac('sha1', homeserver.registrationSecret).update([nonce, user, 'password', 'notadmin'].join('\0')).digest('hex')
    const made = await call('POST', '/_synapse/admin/v1/register', '', { nonce, username: user, password: 'password', admin: false, mac })
    expect(made).toMatchObject({ status: 200, body: { user_id: `@${user}:localhost` } })
  })

  it('knows the assistant: an account of the appservice that gets devices without a login and can sync', async () => {
    const token = homeserver.appserviceToken
    const as = `user_id=${encodeURIComponent(homeserver.botUserId)}`
    const registration = { type: 'm.login.application_service', username: 'assistant', inhibit_login: true }
    expect([200, 400]).toContain((await call('POST', '/_matrix/client/v3/register', token, registration)).status)
    expect((await call('PUT', `/_matrix/client/v3/devices/TRIAL?${as}`, token, {})).status).toBeLessThan(300)
    const whoami = await call('GET', `/_matrix/client/v3/account/whoami?${as}&device_id=TRIAL`, token)
    expect(whoami.body).toMatchObject({ user_id: '@assistant:localhost', device_id: 'TRIAL' })
    expect((await call('GET', `/_matrix/client/v3/sync?timeout=0&${as}`, token)).status).toBe(200)
    await call('DELETE', `/_matrix/client/v3/devices/TRIAL?${as}`, token, {})
  })
})
