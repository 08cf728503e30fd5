import type { Inbox, Outbox } from '../contracts/edge-store.ts'
import type { Log, Sentences } from '../contracts/platform.ts'
import type { RoomState } from '../contracts/room-state.ts'
import type { Draft } from './draft.ts'
import type { Identity } from './identity.ts'
import { humansIn } from './members.ts'
import { replyContent } from './reply.ts'
import type { Turn } from './turn.ts'

export interface ApologyPorts {
  readonly inbox: Pick<Inbox, 'settle'>
  readonly outbox: Pick<Outbox, 'commitReply'>
  readonly sentences: Sentences
  readonly roomState: RoomState
  readonly identity: Identity
  readonly log: Log
}

/**
 * Answers for a surprise: logged without any text, and the person gets a sentence with the number that finds it. Throws only if
 * that cannot be committed either; then the message stays in the inbox.
 */
export async function apologise(ports: ApologyPorts, turn: Turn, draft: Draft | undefined, error: unknown): Promise<void> {
  const { message, binding, member } = turn
  ports.log.error('turn-failed', { turn: turn.id, room: message.roomId, ...describeError(error) })
  const mustSpeak = turn.beginCommit()
  if (turn.cancelled === 'shutdown') return
  if (!mustSpeak) {
    await ports.inbox.settle(turn.settles, 'redacted')
    return
  }
  const isShared = humansIn(ports.roomState.view(message.roomId), ports.identity.accounts).length !== 1
  const markdown = ports.sentences.say('turn.surprise', member.locale, { id: turn.id })
  const replaces = draft === undefined ? turn.draftBefore : await draft.forFinal()
  const content = replyContent({ message: { ...message, eventId: turn.replyTo }, isShared, markdown, draft: replaces })
  const row = { roomId: message.roomId, tenant: binding.tenant, source: message.eventId, turn: turn.id, content }
  await ports.outbox.commitReply({ settles: turn.settles, rows: [row], jobs: [] })
}

/** What a log may know of an error: its kind and place, since its message may quote people. */
export function describeError(error: unknown): { readonly error: string; readonly at: string | undefined } {
  if (!(error instanceof Error)) return { error: typeof error, at: undefined }
  return { error: error.name, at: /^\s+at (?<place>.+)$/mu.exec(error.stack ?? '')?.groups?.['place'] }
}
