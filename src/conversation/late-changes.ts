import type { Inbox } from '../contracts/edge-store.ts'
import type { Guardrails } from '../contracts/guardrails.ts'
import type { Binding, Member } from '../contracts/household.ts'
import type { IncomingEdit, IncomingRedaction } from '../contracts/incoming.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { createCallNumbers } from './call-numbers.ts'
import { railSubject } from './check-question.ts'
import { checkText } from './check-text.ts'
import type { Jobs } from './jobs.ts'
import { type ScenePorts, tierNow } from './scene.ts'
import { answerIdOf, turnIdOf } from './turn-id.ts'
import type { TurnsInFlight } from './turns-in-flight.ts'

/** A judge may be asked about an edit; nobody waits for it. */
const CHECK_LIMIT_MS = 30_000

export interface LateChangePorts extends ScenePorts {
  readonly inbox: Pick<Inbox, 'settle'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly guardrails: Pick<Guardrails, 'open'>
  readonly jobs: Jobs
  readonly turns: TurnsInFlight
}

/** An edit whose message was answered already: the memory follows, as far as the guardrails let it; the answer stands. */
export async function followLateEdit(ports: LateChangePorts, edit: IncomingEdit, binding: Binding, member: Member): Promise<void> {
  if (!(await untilRemembered(ports, edit))) return
  // homeservers let anybody "edit" anything; only the writer's own edit counts, and only while we know who that is
  if (ports.turns.senderOf(edit.target) === edit.sender) {
    const check = { id: turnIdOf(edit.eventId), signal: AbortSignal.timeout(CHECK_LIMIT_MS) }
    const scene = { binding, member, domain: { id: binding.domain }, tier: tierNow(ports, binding) }
    const rails = ports.guardrails.open(railSubject(check, scene, { attempt: 1, calls: createCallNumbers(), approved: false }))
    const checked = await checkText((text) => rails.checkInput(text, []), edit.text)
    await ports.tenants.open(binding.tenant).context.amend(edit.target, checked.kind === 'pass' ? edit.text : undefined)
  }
  await ports.inbox.settle([edit.eventId], 'late-edit')
}

/** A redaction of what was answered already: question and answer are forgotten. */
export async function followLateRedaction(
  ports: LateChangePorts,
  redaction: IncomingRedaction,
  binding: Binding | undefined,
): Promise<void> {
  if (!(await untilRemembered(ports, redaction))) return
  if (binding !== undefined) {
    const { context, questions } = ports.tenants.open(binding.tenant)
    await questions.forget(redaction.target)
    await context.amend(redaction.target, undefined)
    await context.amend(answerIdOf(redaction.target), undefined)
  }
  await ports.inbox.settle([redaction.eventId], 'redacted')
}

/** The message's own turn may still be about to remember it. False if the next process will answer it, with the change in it. */
async function untilRemembered({ turns, jobs }: LateChangePorts, { target }: IncomingEdit | IncomingRedaction): Promise<boolean> {
  const turn = turns.find(target)
  await turn?.finished
  await jobs.run()
  return turn?.cancelled !== 'shutdown'
}
