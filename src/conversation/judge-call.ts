import type { ModelRequest } from '../contracts/chat-model.ts'
import type { RailSubject } from '../contracts/guardrails.ts'
import type { JudgeAnswer, JudgeRequest } from '../guardrails/judge.ts'
import { callAndCollect, type CollectPorts } from './collect-answer.ts'

/** Providers need no name to answer a judge, and a child's must not reach them. */
const JUDGE_USER = 'judge'

/**
 * One call of the alias `judge`, booked on its own line of the tenant's ledger. Undefined if nothing came.
 */
export async function callJudge(ports: CollectPorts, subject: RailSubject, wanted: JudgeRequest): Promise<JudgeAnswer | undefined> {
  const { turn, attempt, calls, roomId, member, domain } = subject
  const { messages, maxTokens, schema } = wanted
  const request: ModelRequest = {
    alias: 'judge',
    messages,
    maxTokens,
    temperature: 0,
    endUser: JUDGE_USER,
    // what a child wrote goes only where a child's words may go
    tier: subject.tier,
    responseSchema: schema,
  }
  const booking = { turn, attempt, call: calls.next(), purpose: 'judge', roomId, member, domain } as const
  const { text, end } = await callAndCollect(ports, subject.tenant, booking, request, wanted.signal)
  if (end?.kind !== 'end' || end.usage === undefined) return undefined
  return { text, model: end.usage.model, standIn: end.usage.standIn }
}
