import type { EdgeFacts, Inbox, Outbox } from '../contracts/edge-store.ts'
import type { Guardrails } from '../contracts/guardrails.ts'
import type { Tier } from '../contracts/household.ts'
import type { ContextMessage, RecallRequest } from '../contracts/memory.ts'
import type { Log, Sentences } from '../contracts/platform.ts'
import type { RoomSender } from '../contracts/room-sender.ts'
import type { TenantStore, TenantStores } from '../contracts/tenant-stores.ts'
import { buildMessages } from '../prompts/build-messages.ts'
import { apologise } from './apologise.ts'
import { type CallPorts, callModel, type CallTotals, type ModelOutcome } from './call-model.ts'
import { type Checked, checkText } from './check-text.ts'
import { type Draft, type DraftPorts, type DraftSubject, openDraft } from './draft.ts'
import { type Jobs, rememberJob } from './jobs.ts'
import { isStricter } from './members.ts'
import { recallContext } from './recall-context.ts'
import { replyContent } from './reply.ts'
import { readScene, type Scene, type ScenePorts, tierNow } from './scene.ts'
import { type Stages, startStages } from './stages.ts'
import { answerIdOf, endUserOf } from './turn-id.ts'
import type { Turn } from './turn.ts'
import { watchTurn } from './watch-turn.ts'
import { inSentence, markdownOf, type Words, wordsOf, wordsOfCancelled } from './words.ts'

const RECALL_TOKENS = 6_000
/** The stand-in reads 2,048 tokens, its own answer included. */
const STAND_IN_RECALL_TOKENS = 400
const UNSEEN = { text: '', totals: undefined }

export interface AnswerPorts extends ScenePorts, DraftPorts, Omit<CallPorts, 'ledger'> {
  readonly clock: CallPorts['clock']
  readonly guardrails: Guardrails
  readonly tenants: Pick<TenantStores, 'open'>
  readonly inbox: Pick<Inbox, 'settle' | 'beginDraft' | 'draftSent'>
  readonly outbox: Pick<Outbox, 'commitReply'>
  readonly facts: Pick<EdgeFacts, 'bindings' | 'read' | 'write'>
  readonly sender: Pick<RoomSender, 'draft' | 'edit' | 'redact' | 'typing'>
  readonly sentences: Sentences
  readonly jobs: Jobs
  readonly log: Log
}

/** A turn that has ended, for its trace. */
export interface EndedTurn extends Omit<Stage, 'draft'> {
  readonly outcome: string
  readonly totals: CallTotals | undefined
  readonly edits: number
}

/** What a turn works with. */
interface Stage {
  readonly scene: Scene
  readonly store: TenantStore
  readonly stages: Stages
  readonly attempt: number
  readonly draft: Draft
}

/**
 * One message, from its lane to its committed reply (steps 6 to 12 of the way of a message). Undefined if there is nothing to trace.
 * A surprise is caught here, once: it is logged, and the person gets a sentence with the number that finds it.
 */
export async function answer(ports: AnswerPorts, turn: Turn): Promise<EndedTurn | undefined> {
  let draft: Draft | undefined
  try {
    using _watch = watchTurn(ports, turn)
    const stages = startStages(ports.clock)
    const scene = await readScene(ports, turn.message)
    if (!scene.ok) {
      turn.beginCommit()
      await ports.inbox.settle(turn.settles, scene.error.reason)
      return undefined
    }
    const store = ports.tenants.open(scene.value.binding.tenant)
    const attempt = await store.ledger.beginAttempt(turn.id)
    draft = await openDraft(ports, draftSubject(ports, turn, scene.value, attempt))
    return await perform(ports, turn, { scene: scene.value, store, stages, attempt, draft })
  } catch (error) {
    await apologise(ports, turn, draft, error)
    return undefined
  }
}

/** Steps 7 to 12, with everything at hand. */
async function perform(ports: AnswerPorts, turn: Turn, stage: Stage): Promise<EndedTurn> {
  const { scene, store, stages, draft } = stage
  if (scene.tier !== 'adult') await draft.takeBack(withdrawal(ports, scene))
  const [question, context] = await Promise.all([
    stages.measure('check-input', () => checkQuestion(ports, scene, scene.tier, turn.text)),
    stages.measure('recall', () => recallContext(ports, store, turn.id, recallRequest(turn, scene))),
  ])
  const speaker = { ...ports, scene }
  if (question.kind === 'stop') return commit(ports, turn, stage, inSentence(speaker, question.sentence, question.verdict))
  if (turn.cancelled !== undefined) return commit(ports, turn, stage, wordsOfCancelled(speaker, turn.cancelled, UNSEEN))
  const outcome = await stages.measure('model', () => askModel(ports, turn, stage, { question: question.text, context }))
  if (outcome.totals.firstTextAt !== undefined) stages.mark('first-text', outcome.totals.firstTextAt)
  const said = { outcome, question: question.text, cancelled: turn.cancelled, isSeen: draft.pace.hasDraft }
  return commit(ports, turn, stage, await judgeAgain(ports, turn, stage, wordsOf(speaker, said)))
}

/** Steps 8, 10 and 11. */
function askModel(
  ports: AnswerPorts,
  turn: Turn,
  stage: Stage,
  asked: { question: string; context: readonly ContextMessage[] },
): Promise<ModelOutcome> {
  const { scene, store, attempt, draft } = stage
  const { household, domain, profile, member, alias, people, tier, binding } = scene
  const { question: text, context } = asked
  const messages = buildMessages({ domain, profile, member, people, context, text, now: ports.clock.now(), standIn: household.standIn })
  return callModel(
    { ...ports, ledger: store.ledger },
    {
      booking: { turn: turn.id, attempt, roomId: binding.roomId, member: member.id, domain: domain.id, price: household.prices.get(alias) },
      request: { alias, messages, maxTokens: domain.maxTokens, temperature: undefined, endUser: endUserOf(member.userId) },
      reply: {
        audience: { tier, locale: member.locale },
        // only adults see an answer grow, and none that was taken back
        draft: tier === 'adult' && draft.pace.isOpen ? draft : undefined,
        withdrawal: () => (isStricter(tierNow(ports, binding), tier) ? withdrawal(ports, scene) : undefined),
        signal: turn.signal,
      },
    },
  )
}

/** If the room became stricter while the model wrote, question and whole answer are judged as if they had come now. */
async function judgeAgain(ports: AnswerPorts, turn: Turn, { scene, draft }: Stage, words: Words | undefined): Promise<Words | undefined> {
  let safe = words
  let judgedFor = scene.tier
  for (let tier = scene.tier; isStricter((tier = tierNow(ports, scene.binding)), judgedFor); judgedFor = tier) {
    await draft.takeBack(withdrawal(ports, scene))
    if (safe === undefined || safe.text === '') continue
    const question = await checkQuestion(ports, scene, tier, turn.text)
    const text = safe.text
    const answer =
      question.kind === 'stop'
        ? question
        : await checkText((core) => ports.guardrails.checkOutput({ tier, locale: scene.member.locale, text: core }), text)
    safe =
      answer.kind === 'stop'
        ? { ...inSentence({ ...ports, scene }, answer.sentence, 'refused'), totals: safe.totals }
        : { ...safe, text: answer.text }
  }
  return safe
}

/** Step 12. Reply, settled entries and what to remember in one transaction; silence settles too. */
async function commit(ports: AnswerPorts, turn: Turn, stage: Stage, words: Words | undefined): Promise<EndedTurn> {
  const { scene, stages, draft } = stage
  const ended = (outcome: string): EndedTurn => ({ ...stage, outcome, totals: words?.totals, edits: draft.pace.edits })
  const replaces = words === undefined ? undefined : await draft.forFinal()
  const mayCommit = turn.beginCommit()
  if (turn.cancelled === 'shutdown') return ended('shutdown')
  if (!mayCommit || words === undefined) {
    await draft.takeBack(ports.sentences.say('gateway.aborted', scene.member.locale))
    await ports.inbox.settle(turn.settles, mayCommit ? 'answered' : 'redacted')
    return ended(mayCommit ? 'stopped' : 'redacted')
  }
  const { message } = turn
  const { roomId, eventId } = message
  const { tenant } = scene.binding
  const content = replyContent({ message, isShared: scene.isShared, markdown: markdownOf(words), draft: replaces })
  const messages = toRemember(turn, scene, words)
  await stages.measure('commit', () =>
    ports.outbox.commitReply({
      settles: turn.settles,
      rows: [{ roomId, tenant, source: eventId, turn: turn.id, content }],
      jobs: messages.length === 0 ? [] : [rememberJob(tenant, { roomId, threadRoot: message.threadRoot, messages })],
    }),
  )
  ports.jobs.wake()
  return ended(words.outcome)
}

/** Question and answer at the time of the question: what comes after it in the room, `new` for instance, comes after both. */
function toRemember({ message }: Turn, { member, profile }: Scene, { question, text }: Words): readonly ContextMessage[] {
  if (question === undefined) return []
  const { eventId, sentAt } = message
  return [
    { eventId, author: 'member', member: member.id, name: member.name, text: question, at: sentAt },
    { eventId: answerIdOf(eventId), author: 'assistant', member: undefined, name: profile.name, text: text.trim(), at: sentAt + 1 },
  ]
}

function checkQuestion({ guardrails }: AnswerPorts, { member }: Scene, tier: Tier, text: string): Promise<Checked> {
  return checkText((core) => guardrails.checkInput({ tier, locale: member.locale, text: core }), text)
}

function recallRequest({ message }: Turn, { audience, audienceSince, household }: Scene): RecallRequest {
  const { roomId, threadRoot } = message
  return { roomId, threadRoot, audience, audienceSince, tokenLimit: household.standIn ? STAND_IN_RECALL_TOKENS : RECALL_TOKENS }
}

function withdrawal({ sentences }: AnswerPorts, { member }: Scene): string {
  return sentences.say('answer.withdrawn', member.locale)
}

function draftSubject({ sentences }: AnswerPorts, turn: Turn, { isShared, member }: Scene, attempt: number): DraftSubject {
  const { message, draftBefore } = turn
  return {
    roomId: message.roomId,
    source: message.eventId,
    attempt,
    before: draftBefore,
    content: (markdown) => replyContent({ message, isShared, markdown, draft: undefined }),
    checkedAgain: sentences.say('answer.draft-replaced', member.locale),
  }
}
