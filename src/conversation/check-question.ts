import type { RailStop, RailSubject, TurnRails } from '../contracts/guardrails.ts'
import type { ContextMessage } from '../contracts/memory.ts'
import { CHECK_FAILED, checkText } from './check-text.ts'
import type { Scene } from './scene.ts'
import type { Turn } from './turn.ts'

/** What a model may be given: nothing of it names what the rules keep from models. */
export interface Hidden {
  readonly text: string
  readonly context: readonly ContextMessage[]
  /** Who asks, and who is in the room. */
  readonly name: string
  readonly people: readonly string[]
}

export type CheckedQuestion = RailStop | ({ readonly kind: 'pass' } & Hidden)

/** Judges the question; hides in it, in what was said before and in the names of the people what the rules keep from models. */
export async function checkQuestion(
  rails: TurnRails,
  { text }: Pick<Turn, 'text'>,
  { member, people }: Pick<Scene, 'people'> & { readonly member: Pick<Scene['member'], 'id' | 'name'> },
  context: readonly ContextMessage[],
): Promise<CheckedQuestion> {
  const before = context.filter((message) => message.member === member.id).map((message) => message.text)
  const question = await checkText((core) => rails.checkInput(core, before), text)
  if (question.kind === 'stop') return question
  try {
    return {
      ...question,
      context: await Promise.all(
        context.map(async (message) => ({ ...message, name: await rails.hide(message.name), text: await rails.hide(message.text) })),
      ),
      name: await rails.hide(member.name),
      people: await Promise.all(people.map((name) => rails.hide(name))),
    }
  } catch {
    return CHECK_FAILED
  }
}

/** Whom the rails of a turn are opened for. */
export function railSubject(
  turn: Pick<Turn, 'id' | 'signal'>,
  { binding, member, domain, tier }: Pick<Scene, 'binding' | 'member' | 'tier'> & { readonly domain: Pick<Scene['domain'], 'id'> },
  attempt: Pick<RailSubject, 'attempt' | 'calls' | 'approved'>,
): RailSubject {
  return {
    tenant: binding.tenant,
    roomId: binding.roomId,
    room: binding.name,
    member: member.id,
    domain: domain.id,
    tier,
    locale: member.locale,
    turn: turn.id,
    signal: turn.signal,
    ...attempt,
  }
}
