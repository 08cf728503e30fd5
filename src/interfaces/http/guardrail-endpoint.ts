import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Tier } from '../../contracts/household.ts'
import type { Log } from '../../contracts/platform.ts'
import type { Fault, Result } from '../../contracts/result.ts'
import { parseGuardrailRequest, strictest } from './guardrail-request.ts'
import type { GuardrailRequest, GuardrailText } from './guardrail-request.ts'

/** What a check says of one text; `sentence` is for whoever sent it. */
export type TextVerdict =
  | { readonly kind: 'pass' }
  | { readonly kind: 'change'; readonly text: string }
  | { readonly kind: 'block'; readonly sentence: string }

export interface GuardrailPorts {
  /** What the gateway sends as `x-api-key` or as bearer. */
  readonly key: string
  /** The loosest tier: a request can name a stricter one, never a looser one. */
  readonly tier: Tier
  /** A throw blocks. */
  readonly check: (text: string, about: Omit<GuardrailText, 'text'> & { readonly tier: Tier }) => TextVerdict
  /** A sentence where this model may not answer people of this tier. */
  readonly refuseModel: (model: string | undefined, tier: Tier) => string | undefined
  /** Said when a text could not be checked. */
  readonly unchecked: string
  readonly log: Log
}

/** The path is LiteLLM's: it appends it to `api_base`. */
export const guardrailPath = '/beta/litellm_basic_guardrail_api'
/** Bytes; the wire carries the texts of a request twice. */
const largestBody = 2 * 1_048_576
/** Characters of a growing answer that are withheld until more of it is known, so that nothing is shown by halves. */
const holdback = 300
/** LiteLLM keeps an idle connection for 15 s; whoever closes first breaks the request that is just leaving, and that request is then refused. */
const keepIdleMs = 65_000

type Wire =
  | { readonly action: 'NONE'; readonly stream_holdback_chars?: readonly number[] }
  | { readonly action: 'GUARDRAIL_INTERVENED'; readonly texts: readonly string[]; readonly stream_holdback_chars?: readonly number[] }
  | { readonly action: 'BLOCKED'; readonly blocked_reason: string }

/** Answers LiteLLM's Generic Guardrail API on the loopback interface until disposed. Nothing of a text is logged. A port already taken is a fault. */
export function openGuardrailEndpoint(port: number, ports: GuardrailPorts): Promise<Result<AsyncDisposable, Fault<'port-taken'>>> {
  const server = createServer({ keepAliveTimeout: keepIdleMs }, (request, response) => {
    void answer(request, ports).then(({ status, body }) => {
      // what is left of a body that was not read must not be taken for the next request
      const closing = status === 200 ? {} : { connection: 'close' }
      response.writeHead(status, { 'content-type': 'application/json', ...closing }).end(`${JSON.stringify(body)}\n`)
    })
  })
  return new Promise((resolve) => {
    server.once('error', () => {
      const sentence = `Port ${String(port)} is taken, and the check for other clients needs it. Stop what uses it, or set AI_OPS_PORT_BASE to another range.`
      resolve({ ok: false, error: { code: 'port-taken', sentence } })
    })
    server.listen(port, '127.0.0.1', () => resolve({ ok: true, value: { [Symbol.asyncDispose]: () => close(server) } }))
  })
}

interface HttpAnswer {
  readonly status: number
  readonly body: object
}

/** Never rejects: what goes wrong while a text is checked blocks it. */
async function answer(request: IncomingMessage, ports: GuardrailPorts): Promise<HttpAnswer> {
  if (request.method !== 'POST' || request.url?.split('?')[0] !== guardrailPath) return { status: 404, body: { error: 'not found' } }
  if (!isKey(request, ports.key)) return { status: 401, body: { error: 'wrong key' } }
  const text = await readBody(request)
  if (text === undefined) return { status: 413, body: { error: 'too large' } }
  const asked = parseGuardrailRequest(parseJson(text))
  if (asked === undefined) return { status: 400, body: { error: 'not a guardrail request' } }
  const wire = await judge(asked, ports).catch((error: unknown): Wire => {
    ports.log.error('client-check-failed', { reason: error instanceof Error ? error.name : 'unknown' })
    return { action: 'BLOCKED', blocked_reason: ports.unchecked }
  })
  if (wire.action !== 'NONE') ports.log.info('client-text', { answer: asked.isAnswer, action: wire.action })
  return { status: 200, body: wire }
}

async function judge(asked: GuardrailRequest, ports: GuardrailPorts): Promise<Wire> {
  const tier = strictest([ports.tier, asked.tier]) ?? 'child'
  const refused = asked.isAnswer ? undefined : ports.refuseModel(asked.model, tier)
  if (refused !== undefined) return { action: 'BLOCKED', blocked_reason: refused }
  // nobody looks into pictures, so minors get and send none
  if (asked.hasImages && tier !== 'adult') return { action: 'BLOCKED', blocked_reason: ports.unchecked }
  const direction = asked.isAnswer ? 'out' : 'in'
  const toolTexts = asked.toolArguments.map((text): GuardrailText => ({ text, direction, isInstruction: false }))
  const verdicts: TextVerdict[] = []
  for (const { text, ...about } of [...asked.texts, ...toolTexts]) {
    // a check is synchronous: others must get their turn between two texts
    await breathe()
    const verdict = ports.check(text, { tier, ...about })
    if (verdict.kind === 'block') return { action: 'BLOCKED', blocked_reason: verdict.sentence }
    verdicts.push(verdict)
  }
  return toPassed(asked, verdicts)
}

function toPassed({ isAnswer, texts }: GuardrailRequest, verdicts: readonly TextVerdict[]): Wire {
  const withheld = isAnswer ? { stream_holdback_chars: texts.map(() => holdback) } : {}
  const passed = texts.map(({ text }, index) => {
    const verdict = verdicts[index]
    return verdict?.kind === 'change' ? verdict.text : text
  })
  const isChanged = passed.some((text, index) => text !== texts[index]?.text)
  return isChanged ? { action: 'GUARDRAIL_INTERVENED', texts: passed, ...withheld } : { action: 'NONE', ...withheld }
}

function isKey({ headers }: IncomingMessage, key: string): boolean {
  const given = headers['x-api-key'] ?? headers.authorization?.replace(/^Bearer /i, '')
  if (typeof given !== 'string') return false
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(key))
}

/** undefined: larger than allowed, or broken off. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > largestBody) return undefined
      chunks.push(chunk)
    }
  } catch {
    return undefined
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
