import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import type { Tier } from '../../../src/contracts/household.ts'
import type { RailInput, RailPolicy } from '../../../src/contracts/rails.ts'
import { createRailEngine } from '../../../src/guardrails/engine.ts'
import { createPresidioFinder } from '../../../src/guardrails/presidio.ts'
import { strictPolicy } from './policy-fixture.ts'

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

interface Asked {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly body: unknown
}

/** An analyzer that answers as it is told. */
async function serve(answer: (response: ServerResponse) => void): Promise<{ readonly url: string; readonly asked: Asked[] }> {
  const asked: Asked[] = []
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    asked.push({ method: request.method, url: request.url, body: JSON.parse(Buffer.concat(pieces).toString()) })
    answer(response)
  }
  const server = createServer((request, response) => void respond(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, asked }
}

function finder(url: string | undefined): {
  readonly find: ReturnType<typeof createPresidioFinder>
  readonly warned: string[]
  readonly clock: { now: number }
} {
  const warned: string[] = []
  const clock = { now: 1_000_000 }
  const log = { warn: (event: string, facts: unknown) => void warned.push(`${event} ${JSON.stringify(facts)}`) }
  return { find: createPresidioFinder({ url: () => url, log, now: () => clock.now }), warned, clock }
}

const { signal } = new AbortController()
const json = (content: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(content))

describe('createPresidioFinder', () => {
  test('asks the analyzer for names, and counts UTF-16 where it counts code points', async () => {
    const text = '😀 Zoltan is here'
    const { url, asked } = await serve(json([{ entity_type: 'PERSON', start: 2, end: 8, score: 0.85, analysis_explanation: null }]))
    const { find, warned } = finder(`${url}/`)
    expect(await find(text, 'de', signal)).toEqual([{ type: 'PERSON', start: 3, end: 9 }])
    expect(text.slice(3, 9)).toBe('Zoltan')
    expect(asked).toEqual([{ method: 'POST', url: '/analyze', body: { text, language: 'de', entities: ['PERSON'], score_threshold: 0.5 } }])
    expect(warned).toEqual([])
  })

  test('without an address, or without words, nobody is asked', async () => {
    const { url, asked } = await serve(json([]))
    expect(await finder(undefined).find('Zoltan', 'en', signal)).toEqual([])
    expect(await finder(url).find(' \n', 'en', signal)).toEqual([])
    expect(asked).toEqual([])
  })

  test.each<readonly [what: string, answer: (response: ServerResponse) => void]>([
    ['an error', (response) => void response.writeHead(500).end('{"error":"no German here"}')],
    ['no JSON', (response) => void response.end('<html>')],
    ['no list', json({ results: [] })],
    ['a result that is none', json(['PERSON'])],
    ['an end behind the text', json([{ entity_type: 'PERSON', start: 0, end: 99 }])],
    ['a span that is empty', json([{ entity_type: 'PERSON', start: 3, end: 3 }])],
    ['an address elsewhere', (response) => void response.writeHead(307, { location: 'http://127.0.0.1:9/analyze' }).end()],
    ['a connection that ends', (response) => void response.destroy()],
    ['nothing in time', () => undefined],
  ])('%s finds nothing and is logged without a word of the text', async (_what, answer) => {
    const { url } = await serve(answer)
    const { find, warned } = finder(url)
    expect(await find('Zoltan is here', 'en', signal)).toEqual([])
    expect(warned).toEqual([expect.stringMatching(/^presidio-failed \{"error":"\w+"\}$/)])
  })

  test('failures are logged once a minute', async () => {
    const { find, warned, clock } = finder('http://127.0.0.1:9')
    await find('a', 'en', signal)
    clock.now += 59_999
    await find('a', 'en', signal)
    expect(warned).toHaveLength(1)
    clock.now += 1
    await find('a', 'en', signal)
    expect(warned).toHaveLength(2)
  })

  test('a turn that was stopped is no failure', async () => {
    const { url } = await serve(() => undefined)
    const { find, warned } = finder(url)
    const stop = new AbortController()
    const finding = find('Zoltan', 'en', stop.signal)
    stop.abort()
    expect([await finding, warned]).toEqual([[], []])
  })
})

describe('known spans in the engine', () => {
  const policy: RailPolicy = { ...strictPolicy, pii: { ...strictPolicy.pii, in: ['PHONE_NUMBER', 'PERSON'] } }
  const engine = createRailEngine({
    policies: new Map<Tier, RailPolicy>([['child', policy]]),
    household: { names: [], addresses: [], countries: ['DE'] },
    learned: [],
  })
  const text = '😀 zoltan has 0171 1234567'
  const check = (more: Partial<RailInput>): string | undefined =>
    engine.check({ tier: 'child', direction: 'in', locale: 'de', text, ...more }).redacted

  test('are taken out where the policy names their type, and come second to what the rails find', () => {
    const name = { type: 'PERSON', start: 3, end: 9 }
    expect(check({})).toBe('😀 zoltan has [PHONE_1]')
    expect(check({ knownSpans: [name] })).toBe('😀 [NAME_1] has [PHONE_1]')
    expect(check({ knownSpans: [{ ...name, end: text.length }] })).toBe('😀 zoltan has [PHONE_1]')
    expect(check({ knownSpans: [{ ...name, type: 'NRP' }] })).toBe('😀 zoltan has [PHONE_1]')
  })
})
