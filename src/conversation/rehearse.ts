import type { ModelRequest } from '../contracts/chat-model.ts'
import type { EvalAnswer, EvalQuestion, Rehearse } from '../contracts/evaluation.ts'
import type { Guardrails, RailStop } from '../contracts/guardrails.ts'
import type { Alias, Directory, Household } from '../contracts/household.ts'
import type { MemberId } from '../contracts/ids.ts'
import type { ContextMessage } from '../contracts/memory.ts'
import type { Sentences } from '../contracts/platform.ts'
import { buildMessages } from '../prompts/build-messages.ts'
import { CHILD_TOKENS } from './ask-model.ts'
import { createCallNumbers } from './call-numbers.ts'
import { checkText } from './check-text.ts'
import { callForEval, type EvalCallPorts, evalRoomOf } from './eval-call.ts'
import { turnIdOf } from './turn-id.ts'

export interface RehearsePorts extends EvalCallPorts {
  readonly directory: Pick<Directory, 'current'>
  readonly guardrails: Pick<Guardrails, 'open'>
  readonly sentences: Sentences
}

/** Providers need no name to answer a rehearsal. */
const EVAL_USER = 'eval'
/** Nobody's: what a rehearsal says must not count as what a member has said. */
const NOBODY = 'eval' as MemberId

/** Turns that nobody hears; their calls are booked with the purpose `eval`. */
export function createRehearsal(ports: RehearsePorts): Rehearse {
  return async (question, signal) => {
    try {
      return await rehearse(ports, question, signal)
    } catch (error) {
      return failed(error instanceof Error ? error.name : 'unknown')
    }
  }
}

async function rehearse(ports: RehearsePorts, question: EvalQuestion, signal: AbortSignal): Promise<EvalAnswer> {
  const { tier, turns, locale, name } = question
  const turn = turnIdOf(name)
  const attempt = await ports.tenants.open(question.tenant).ledger.beginAttempt(turn)
  const calls = createCallNumbers()
  const rails = ports.guardrails.open({
    tenant: question.tenant,
    roomId: evalRoomOf(name),
    room: EVAL_USER,
    member: NOBODY,
    domain: question.domain,
    tier,
    locale,
    turn,
    attempt,
    calls,
    approved: false,
    signal,
  })
  const before = turns.slice(0, -1)
  const checked = await checkText((text) => rails.checkInput(text, before), turns.at(-1) ?? '')
  if (checked.kind === 'stop') return stoppedAs(ports, question, checked)
  const household = ports.directory.current()
  if (tier === 'child' && household.standIn) return failed('no-real-model')
  const hidden = await Promise.all(before.map((text) => rails.hide(text)))
  const request = requestOf(ports, household, question, { text: checked.text, before: hidden })
  if (request === undefined) return failed('unknown-domain')
  const called = await callForEval(ports, question, { request, turn, attempt, call: calls.next(), signal })
  if (called.end?.kind !== 'end') return { ...failed(called.end?.error.code ?? 'no-answer'), costNanoUsd: called.costNanoUsd }
  const answer = await checkText((text) => rails.checkOutput(text, ''), called.text)
  const outcome =
    answer.kind === 'stop'
      ? stoppedAs(ports, question, answer)
      : { ...failed(''), action: 'answered' as const, text: answer.text, fault: undefined }
  return { ...outcome, model: called.end.usage?.model, costNanoUsd: called.costNanoUsd }
}

function stoppedAs({ sentences }: RehearsePorts, { locale }: EvalQuestion, stop: RailStop): EvalAnswer {
  return {
    ...failed(''),
    action: stop.action === 'care' ? 'cared' : 'refused',
    text: sentences.say(stop.sentence, locale),
    fault: undefined,
  }
}

function failed(fault: string): EvalAnswer {
  return { action: 'failed', text: '', model: undefined, costNanoUsd: 0, fault }
}

function requestOf(
  { clock }: RehearsePorts,
  household: Household,
  question: EvalQuestion,
  { text, before }: { readonly text: string; readonly before: readonly string[] },
): ModelRequest | undefined {
  const domain = household.domains.get(question.domain)
  const profile = household.profiles.get(question.profile ?? domain?.profile ?? '')
  if (domain === undefined || profile === undefined) return undefined
  const member = { name: 'Robin', locale: question.locale, timeZone: 'UTC' }
  const now = clock.now()
  const context = before.map((said, index): ContextMessage => ({
    eventId: `$eval-${String(index)}` as ContextMessage['eventId'],
    author: 'member',
    member: NOBODY,
    name: member.name,
    text: said,
    at: now - before.length + index,
  }))
  const { tier } = question
  const alias: Alias = question.alias ?? profile.alias ?? domain.alias
  return {
    alias,
    messages: buildMessages({ domain, profile, member, people: [member.name], tier, context, text, now, standIn: household.standIn }),
    maxTokens: tier === 'child' ? Math.min(domain.maxTokens, CHILD_TOKENS) : domain.maxTokens,
    temperature: undefined,
    endUser: EVAL_USER,
    tier,
  }
}
