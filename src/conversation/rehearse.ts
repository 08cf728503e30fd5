import type { ModelRequest } from '../contracts/chat-model.ts'
import type { EvalAnswer, EvalQuestion, Rehearse } from '../contracts/evaluation.ts'
import type { Guardrails, RailStop, TurnRails } from '../contracts/guardrails.ts'
import type { Alias, Household } from '../contracts/household.ts'
import type { MemberId } from '../contracts/ids.ts'
import type { ContextMessage } from '../contracts/memory.ts'
import type { Sentences } from '../contracts/platform.ts'
import { buildMessages } from '../prompts/build-messages.ts'
import { CHILD_TOKENS } from './ask-model.ts'
import { callModel, type CallRequest, type ModelOutcome } from './call-model.ts'
import { createCallNumbers } from './call-numbers.ts'
import { checkQuestion, type Hidden } from './check-question.ts'
import { CHECK_FAILED } from './check-text.ts'
import { EVAL_USER, type EvalCallPorts, evalRoomOf } from './eval-call.ts'
import { turnIdOf } from './turn-id.ts'

export interface RehearsePorts extends EvalCallPorts {
  /** Rails that keep nothing: what a rehearsal says must not make anybody's next turn stricter. */
  readonly guardrails: Pick<Guardrails, 'open'>
  readonly sentences: Sentences
}

/** Nobody's: what a rehearsal says is not what a member has said. */
const NOBODY = { id: 'eval' as MemberId, name: 'Robin' }

/** Turns that nobody hears, made of the pieces of a turn in a room; their calls are booked with the purpose `eval`. */
export function createRehearsal(ports: RehearsePorts): Rehearse {
  return async (question, signal) => {
    try {
      return await rehearse(ports, question, signal)
    } catch (error) {
      return failed(error instanceof Error ? error.name : 'unknown', 'guardrail.failed')
    }
  }
}

/** A rehearsal as it goes on. */
interface Rehearsal {
  readonly question: EvalQuestion
  readonly household: Household
  readonly rails: TurnRails
  readonly booking: Pick<CallRequest['booking'], 'turn' | 'attempt' | 'roomId'>
  readonly calls: CallRequest['calls']
  readonly signal: AbortSignal
}

async function rehearse(ports: RehearsePorts, question: EvalQuestion, signal: AbortSignal): Promise<EvalAnswer> {
  const { tier, turns, locale, name, tenant, domain } = question
  const turn = turnIdOf(name)
  const roomId = evalRoomOf(name)
  const attempt = await ports.tenants.open(tenant).ledger.beginAttempt(turn)
  const calls = createCallNumbers()
  const subject = {
    tenant,
    roomId,
    room: EVAL_USER,
    member: NOBODY.id,
    domain,
    tier,
    locale,
    turn,
    attempt,
    calls,
    approved: false,
    signal,
  }
  const rails = ports.guardrails.open(subject)
  const before = earlier(turns, ports.clock.now())
  const asked = await checkQuestion(rails, { text: turns.at(-1) ?? '' }, { member: NOBODY, people: [NOBODY.name] }, before)
  if (asked.kind === 'stop') return stoppedAs(ports, question, asked)
  const household = ports.directory.current()
  if (tier === 'child' && household.standIn) return failed('no-real-model', 'room.no-real-model')
  const rehearsal: Rehearsal = { question, household, rails, booking: { turn, attempt, roomId }, calls, signal }
  const request = requestOf(ports, rehearsal, asked)
  if (request === undefined) return failed('not-configured', 'gateway.not-configured')
  return answerOf(ports, question, await call(ports, rehearsal, request))
}

/** What was said before, as a room would remember it; what the assistant said to it is not rehearsed. */
function earlier(turns: readonly string[], now: number): readonly ContextMessage[] {
  return turns.slice(0, -1).map((text, index, all) => ({
    eventId: `$eval-${String(index)}` as ContextMessage['eventId'],
    author: 'member',
    member: NOBODY.id,
    name: NOBODY.name,
    text,
    at: now - all.length + index,
  }))
}

function requestOf(
  { clock }: RehearsePorts,
  { question, household }: Rehearsal,
  { text, context, name, people }: Hidden,
): ModelRequest | undefined {
  const domain = household.domains.get(question.domain)
  const profile = household.profiles.get(question.profile ?? domain?.profile ?? '')
  if (domain === undefined || profile === undefined) return undefined
  const { tier, locale } = question
  const alias: Alias = question.alias ?? profile.alias ?? domain.alias
  const member = { name, locale, timeZone: 'UTC' }
  return {
    alias,
    messages: buildMessages({ domain, profile, member, people, tier, context, text, now: clock.now(), standIn: household.standIn }),
    maxTokens: tier === 'child' ? Math.min(domain.maxTokens, CHILD_TOKENS) : domain.maxTokens,
    temperature: undefined,
    endUser: EVAL_USER,
    tier,
  }
}

function call(ports: RehearsePorts, rehearsal: Rehearsal, request: ModelRequest): Promise<ModelOutcome> {
  const { question, household, rails, booking, calls, signal } = rehearsal
  const { tenant, member, domain } = question
  const { ledger } = ports.tenants.open(tenant)
  return callModel(
    { ...ports, ledger },
    {
      booking: { ...booking, purpose: 'eval', member, domain, price: household.prices.get(request.alias) },
      calls,
      request,
      reply: { rails, draft: undefined, withdrawal: () => undefined, signal },
    },
  )
}

function answerOf(ports: RehearsePorts, question: EvalQuestion, outcome: ModelOutcome): EvalAnswer {
  const { inputTokens, outputTokens, costNanoUsd, model } = outcome.totals
  return { ...heard(ports, question, outcome), model, inputTokens, outputTokens, costNanoUsd }
}

function heard(ports: RehearsePorts, question: EvalQuestion, outcome: ModelOutcome): EvalAnswer {
  switch (outcome.kind) {
    case 'answered':
      return said('answered', outcome.text.trim())
    case 'stopped':
      return stoppedAs(ports, question, outcome.stop)
    case 'refused':
      return said('refused', ports.sentences.say(outcome.sentence, question.locale))
    case 'failed':
      return failed(outcome.error.code, outcome.error.sentence)
    case 'exhausted':
      throw new Error('a rehearsal has no limits')
  }
}

/** A check that broke refuses in a room; here it shows nothing of the rules, and passes for no refusal. */
function stoppedAs({ sentences }: RehearsePorts, { locale }: EvalQuestion, stop: RailStop): EvalAnswer {
  if (stop.category === CHECK_FAILED.category) return failed(stop.category, stop.sentence)
  return said(stop.action === 'care' ? 'cared' : 'refused', sentences.say(stop.sentence, locale))
}

const NOTHING = { text: '', model: undefined, inputTokens: 0, outputTokens: 0, costNanoUsd: 0, fault: undefined }

function said(action: Exclude<EvalAnswer['action'], 'failed'>, text: string): EvalAnswer {
  return { ...NOTHING, action, text }
}

function failed(code: string, sentence: string): EvalAnswer {
  return { ...NOTHING, action: 'failed', fault: { code, sentence } }
}
