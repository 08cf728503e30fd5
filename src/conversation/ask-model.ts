import { buildMessages } from '../prompts/build-messages.ts'
import type { CallNumbers, TurnRails } from '../contracts/guardrails.ts'
import type { Alias } from '../contracts/household.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { TenantStore } from '../contracts/tenant-stores.ts'
import { type CallPorts, callModel, type ModelOutcome } from './call-model.ts'
import type { Hidden } from './check-question.ts'
import type { Draft } from './draft.ts'
import type { Hold } from './hold-back.ts'
import { isStricter } from './members.ts'
import { type Scene, type ScenePorts, tierNow } from './scene.ts'
import type { Stages } from './stages.ts'
import { endUserOf } from './turn-id.ts'
import type { Turn } from './turn.ts'

/** Some 250 words: more than a child reads in one go. */
export const CHILD_TOKENS = 400

export interface AskModelPorts extends ScenePorts, Omit<CallPorts, 'ledger'> {
  readonly clock: CallPorts['clock']
  readonly sentences: Sentences
}

/** What a turn works with. */
export interface Stage {
  readonly scene: Scene
  readonly store: TenantStore
  readonly stages: Stages
  readonly attempt: number
  readonly calls: CallNumbers
  readonly draft: Draft
}

type Asked = Hidden & Pick<Extract<Hold, { readonly kind: 'go' }>, 'limits' | 'alias'> & { readonly rails: TurnRails }

/**
 * Steps 8, 10 and 11: opens the calls in the ledger within `limits`, streams, checks and shows. Where `alias` may not serve the
 * reader, the room's own model answers.
 */
export async function askModel(ports: AskModelPorts, turn: Turn, stage: Stage, asked: Asked): Promise<ModelOutcome> {
  const { alias = stage.scene.alias } = asked
  const outcome = await callAs(ports, turn, stage, { ...asked, alias })
  const isClosed = outcome.kind === 'failed' && ['not-for-minors', 'not-configured'].includes(outcome.error.code)
  return isClosed && alias !== stage.scene.alias ? callAs(ports, turn, stage, { ...asked, alias: stage.scene.alias }) : outcome
}

function callAs(
  ports: AskModelPorts,
  turn: Turn,
  stage: Stage,
  { rails, text, context, name, people, limits, alias }: Asked & { readonly alias: Alias },
): Promise<ModelOutcome> {
  const { scene, store, attempt, calls, draft } = stage
  const { household, domain, profile, member, tier, binding } = scene
  const messages = buildMessages({
    domain,
    profile,
    member: { ...member, name },
    people,
    tier,
    context,
    text,
    now: ports.clock.now(),
    standIn: household.standIn,
  })
  return callModel(
    { ...ports, ledger: store.ledger },
    {
      booking: {
        turn: turn.id,
        attempt,
        purpose: 'chat',
        roomId: binding.roomId,
        member: member.id,
        domain: domain.id,
        price: household.prices.get(alias),
        limits,
      },
      calls,
      request: {
        alias,
        messages,
        maxTokens: tier === 'child' ? Math.min(domain.maxTokens, CHILD_TOKENS) : domain.maxTokens,
        temperature: undefined,
        endUser: endUserOf(member.userId),
        tier,
      },
      reply: {
        rails,
        // a child never sees an answer grow, and nobody one that was taken back
        draft: tier !== 'child' && draft.pace.isOpen ? draft : undefined,
        withdrawal: () => (isStricter(tierNow(ports, binding), tier) ? withdrawal(ports, scene) : undefined),
        signal: turn.signal,
      },
    },
  )
}

/** What stands in place of an answer that somebody new must not read. */
export function withdrawal({ sentences }: Pick<AskModelPorts, 'sentences'>, { member }: Scene): string {
  return sentences.say('answer.withdrawn', member.locale)
}
