import type { UseLimit } from '../contracts/allowance.ts'
import type { EdgeFacts, Inbox, NewOutboxRow, Outbox } from '../contracts/edge-store.ts'
import type { Guardrails, RailStop, RailSubject } from '../contracts/guardrails.ts'
import type { ContextMessage, RecallRequest } from '../contracts/memory.ts'
import type { Metrics, StopMetric } from '../contracts/metrics.ts'
import type { Log, Sentences } from '../contracts/platform.ts'
import type { RoomSender } from '../contracts/room-sender.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { apologise } from './apologise.ts'
import { askModel, type AskModelPorts, type Stage, withdrawal } from './ask-model.ts'
import type { CallTotals } from './call-model.ts'
import { createCallNumbers } from './call-numbers.ts'
import { checkQuestion, railSubject } from './check-question.ts'
import { checkText } from './check-text.ts'
import { type Draft, type DraftPorts, type DraftSubject, openDraft } from './draft.ts'
import { exhaustedWords, holdBack } from './hold-back.ts'
import { alertControl } from './control-alerts.ts'
import { type Jobs, rememberJob } from './jobs.ts'
import { isStricter } from './members.ts'
import { recallContext } from './recall-context.ts'
import { replyContent } from './reply.ts'
import { readScene, type Scene, type ScenePorts, tierNow } from './scene.ts'
import { startStages } from './stages.ts'
import { answerIdOf } from './turn-id.ts'
import type { Turn } from './turn.ts'
import { watchTurn } from './watch-turn.ts'
import { type Stopped, type StopPorts, stopped } from './stopped.ts'
import { inSentence, markdownOf, withNote, type Words, wordsOf, wordsOfCancelled } from './words.ts'

const RECALL_TOKENS = 6_000
/** The stand-in reads 2,048 tokens, its own answer included. */
const STAND_IN_RECALL_TOKENS = 400
const UNSEEN = { text: '', totals: undefined }

export interface AnswerPorts extends ScenePorts, DraftPorts, StopPorts, AskModelPorts {
  readonly clock: AskModelPorts['clock']
  readonly guardrails: Guardrails
  readonly tenants: Pick<TenantStores, 'open'>
  readonly inbox: Pick<Inbox, 'settle' | 'beginDraft' | 'draftSent'>
  readonly outbox: Pick<Outbox, 'commitReply'>
  readonly facts: Pick<EdgeFacts, 'bindings' | 'read' | 'write'>
  readonly sender: Pick<RoomSender, 'draft' | 'edit' | 'redact' | 'typing'>
  readonly sentences: Sentences
  readonly jobs: Jobs
  readonly metrics: Pick<Metrics, 'call' | 'stopped'>
  readonly log: Log
}

/** A turn that has ended, for its trace. */
export interface EndedTurn extends Omit<Stage, 'draft'> {
  readonly outcome: string
  readonly totals: CallTotals | undefined
  readonly edits: number
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
    return await perform(ports, turn, { scene: scene.value, store, stages, attempt, calls: createCallNumbers(), draft })
  } catch (error) {
    await apologise(ports, turn, draft, error)
    return undefined
  }
}

/** Steps 7 to 12, with everything at hand. */
async function perform(ports: AnswerPorts, turn: Turn, stage: Stage): Promise<EndedTurn> {
  const { scene, store, stages, draft } = stage
  // a child sees no draft; one of an earlier process may have been checked for grown-ups
  if (scene.tier === 'child' || (scene.tier === 'teen' && turn.draftBefore !== undefined)) await draft.takeBack(withdrawal(ports, scene))
  const approved = turn.approved || (scene.tier !== 'adult' && (await store.questions.isAllowed(scene.member.id, turn.text)))
  const subject = railSubject(turn, scene, { attempt: stage.attempt, calls: stage.calls, approved })
  const rails = ports.guardrails.open(subject)
  const context = await stages.measure('recall', () => recallContext(ports, store, turn.id, recallRequest(turn, scene)))
  const question = await stages.measure('check-input', () => checkQuestion(rails, turn, scene, context))
  const speaker = { ...ports, scene }
  if (question.kind === 'stop') return commitStop(ports, turn, stage, question)
  if (turn.cancelled !== undefined) return commit(ports, turn, stage, wordsOfCancelled(speaker, turn.cancelled, UNSEEN))
  if (scene.tier === 'child' && scene.household.standIn)
    return commit(ports, turn, stage, inSentence(speaker, 'room.no-real-model', 'no-real-model'))
  const hold = await stages.measure('allowance', () => holdBack(ports, turn, scene, store))
  if (hold.kind === 'stop') return commit(ports, turn, stage, hold.words, await limitAlert(ports, scene, hold.tenantLimit))
  const outcome = await stages.measure('model', () => askModel(ports, turn, stage, { rails, ...question, ...hold }))
  if (outcome.totals.firstTextAt !== undefined) stages.mark('first-text', outcome.totals.firstTextAt)
  if (outcome.kind === 'stopped') return commitStop(ports, turn, stage, outcome.stop, outcome.totals)
  if (outcome.kind === 'exhausted') {
    const { totals, limit } = outcome
    return commit(ports, turn, stage, { ...exhaustedWords(ports, scene.member, limit), totals })
  }
  const said = { outcome, question: turn.text, cancelled: turn.cancelled, isSeen: draft.pace.hasDraft }
  const judged = await judgeAgain(ports, turn, stage, { words: withNote(wordsOf(speaker, said), hold.hint), context, subject })
  return 'stop' in judged ? commitStop(ports, turn, stage, judged.stop, outcome.totals) : commit(ports, turn, stage, judged.words)
}

type JudgedAgain = { readonly words: Words | undefined } | { readonly stop: RailStop }

/** If the room became stricter while the model wrote, question and whole answer are judged as if they had come now. */
async function judgeAgain(
  ports: AnswerPorts,
  turn: Turn,
  stage: Stage,
  {
    words,
    context,
    subject,
  }: { readonly words: Words | undefined; readonly context: readonly ContextMessage[]; readonly subject: RailSubject },
): Promise<JudgedAgain> {
  const { scene, draft } = stage
  let safe = words
  let judgedFor = scene.tier
  for (let tier = scene.tier; isStricter((tier = tierNow(ports, scene.binding)), judgedFor); judgedFor = tier) {
    await draft.takeBack(withdrawal(ports, scene))
    if (safe === undefined || safe.text === '') continue
    const rails = ports.guardrails.open({ ...subject, tier })
    const question = await checkQuestion(rails, turn, scene, context)
    if (question.kind === 'stop') return { stop: question }
    const answer = await checkText((core) => rails.checkOutput(core, ''), safe.text)
    if (answer.kind === 'stop') return { stop: answer }
    safe = { ...safe, text: answer.text }
  }
  return { words: safe }
}

/** What the guardrails stopped: a kind or caring sentence, and with it what guardians are told. */
async function commitStop(ports: AnswerPorts, turn: Turn, stage: Stage, stop: RailStop, totals?: CallTotals): Promise<EndedTurn> {
  if (turn.cancelled !== undefined)
    return commit(ports, turn, stage, wordsOfCancelled({ ...ports, scene: stage.scene }, turn.cancelled, { text: '', totals }))
  ports.metrics.stopped(countable(stop, stage.scene.tier))
  const { words, rows } = await stopped(ports, turn, stage, stop)
  return commit(ports, turn, stage, { ...words, totals }, rows)
}

/** Owners hear once a period that a household's limit is used up. */
async function limitAlert(
  ports: AnswerPorts,
  { household, binding }: Scene,
  limit: UseLimit | undefined,
): Promise<readonly NewOutboxRow[]> {
  if (limit === undefined) return []
  const { tenant } = binding
  const name = household.tenants.get(tenant)?.name ?? tenant
  const source = `limit:${tenant}:${limit.unit}:${String(limit.until)}`
  return alertControl(ports, { household, tenant, source, key: 'control.limit-reached', values: { name, id: tenant } })
}

/** Which of a minor's questions were met with care is nobody's at home: a number may not tell it from a refusal. */
function countable({ rail, direction, action }: RailStop, tier: Scene['tier']): StopMetric {
  return { rail, direction, action: tier === 'adult' ? action : 'refuse', tier }
}

/** Step 12. Reply, settled entries and what to remember in one transaction; silence settles too. */
async function commit(
  ports: AnswerPorts,
  turn: Turn,
  stage: Stage,
  words: Words | undefined,
  further: Stopped['rows'] = [],
): Promise<EndedTurn> {
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
  const answered = { ...message, eventId: turn.replyTo }
  const content = replyContent({ message: answered, isShared: scene.isShared, markdown: markdownOf(words), draft: replaces })
  const messages = toRemember(turn, scene, words)
  await stages.measure('commit', () =>
    ports.outbox.commitReply({
      settles: turn.settles,
      rows: [{ roomId, tenant, source: eventId, turn: turn.id, content }, ...further],
      jobs: messages.length === 0 ? [] : [rememberJob(tenant, { roomId, threadRoot: message.threadRoot, messages })],
    }),
  )
  ports.jobs.wake()
  return ended(words.outcome)
}

/** Question and answer at the time of the question: what comes after it in the room, `new` for instance, comes after both. */
function toRemember({ message, replyTo }: Turn, { member, profile }: Scene, { question, text }: Words): readonly ContextMessage[] {
  if (question === undefined) return []
  const { sentAt } = message
  return [
    { eventId: replyTo, author: 'member', member: member.id, name: member.name, text: question, at: sentAt },
    { eventId: answerIdOf(replyTo), author: 'assistant', member: undefined, name: profile.name, text: text.trim(), at: sentAt + 1 },
  ]
}

function recallRequest({ message }: Turn, { audience, audienceSince, household }: Scene): RecallRequest {
  const { roomId, threadRoot } = message
  return { roomId, threadRoot, audience, audienceSince, tokenLimit: household.standIn ? STAND_IN_RECALL_TOKENS : RECALL_TOKENS }
}

function draftSubject({ sentences }: AnswerPorts, turn: Turn, { isShared, member }: Scene, attempt: number): DraftSubject {
  const { message, draftBefore } = turn
  return {
    roomId: message.roomId,
    source: message.eventId,
    attempt,
    before: draftBefore,
    content: (markdown) => replyContent({ message: { ...message, eventId: turn.replyTo }, isShared, markdown, draft: undefined }),
    checkedAgain: sentences.say('answer.draft-replaced', member.locale),
  }
}
