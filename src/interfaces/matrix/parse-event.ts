import { z } from 'zod'
import type { EventId, RoomId, UserId } from '../../contracts/ids.ts'
import type { DropReason, Incoming, IncomingMessage, KeyProvenance } from '../../contracts/incoming.ts'

/** Matrix bounds an event to 65,536 bytes; text beyond it can only come from a server that breaks the rules. */
const MAX_TEXT_BYTES = 65_536
const MEDIA = new Set(['m.image', 'm.audio', 'm.video', 'm.file', 'm.location'])
/** Clients still send polls under the name they had before they were in the specification. */
const MEDIA_EVENTS = new Set(['m.sticker', 'm.poll.start', 'org.matrix.msc3381.poll.start'])

const relation = z.object({
  rel_type: z.string().optional(),
  event_id: z.string().optional(),
  key: z.string().max(100).optional(),
  is_falling_back: z.boolean().optional(),
  'm.in_reply_to': z.object({ event_id: z.string() }).optional(),
})
const mentions = z.object({ user_ids: z.array(z.string()).max(1000).optional() })
/** MSC4391, a proposal: clients that know a bot's commands send name and arguments beside the text, which is then only a fallback. */
const argument = z.union([z.string().max(1000), z.number(), z.boolean()])
const command = z.object({
  command: z.string().regex(/^[\w-]{1,40}(?: [\w-]{1,40}){0,3}$/),
  arguments: z.union([z.record(z.string(), argument), z.array(argument).max(20)]).optional(),
})
const messageContent = z.object({
  msgtype: z.string(),
  body: z.string(),
  'm.relates_to': relation.optional().catch(undefined),
  'm.mentions': mentions.optional().catch(undefined),
  'm.new_content': z.object({ msgtype: z.string(), body: z.string() }).optional(),
  'org.matrix.msc4391.command': command.optional().catch(undefined),
})
const redactionContent = z.object({ redacts: z.string().optional() })
const reactionContent = z.object({ 'm.relates_to': relation })

/** A decrypted event as the parser needs it; everything in it comes from outside. */
export interface ClearEvent {
  readonly roomId: RoomId
  readonly eventId: EventId
  readonly sender: string
  readonly sentAt: number
  readonly type: string
  readonly content: unknown
  /** Top-level `redacts` of older room versions. */
  readonly redacts: string | undefined
  readonly provenance: KeyProvenance
  /** Curve25519 key of the device that wrote it; undefined where it was not encrypted. */
  readonly senderKey?: string | undefined
}

/** unknown -> typed: what the event is, or the reason why it comes to nothing. Never throws. */
export function parseEvent(event: ClearEvent, ownUserId: UserId): Incoming | DropReason {
  if (event.sender === ownUserId) return 'own'
  switch (event.type) {
    case 'm.room.message':
      return parseMessage(event)
    case 'm.reaction': {
      const parsed = reactionContent.safeParse(event.content)
      const relates = parsed.data?.['m.relates_to']
      if (relates?.rel_type !== 'm.annotation' || relates.event_id === undefined || relates.key === undefined) return 'malformed'
      return { ...baseOf(event), kind: 'reaction', target: relates.event_id as EventId, key: relates.key }
    }
    case 'm.room.redaction': {
      const target = event.redacts ?? redactionContent.safeParse(event.content).data?.redacts
      return target === undefined ? 'malformed' : { ...baseOf(event), kind: 'redaction', target: target as EventId }
    }
    default:
      return MEDIA_EVENTS.has(event.type) ? mediaEvent(event) : 'unsupported-type'
  }
}

/** What stands in an event type of its own has no text, and what it relates to does not matter. */
function mediaEvent(event: ClearEvent): Incoming {
  const { provenance } = event
  return {
    ...baseOf(event),
    kind: 'message',
    content: 'media',
    text: '',
    threadRoot: undefined,
    replyTo: undefined,
    mentions: [],
    provenance,
  }
}

function parseMessage(event: ClearEvent): Incoming | DropReason {
  const parsed = messageContent.safeParse(event.content)
  if (!parsed.success) return 'malformed'
  const content = parsed.data
  const texts = [content.body, content['m.new_content']?.body ?? '']
  if (texts.some((text) => Buffer.byteLength(text) > MAX_TEXT_BYTES)) return 'oversized'
  if (content.msgtype === 'm.notice') return 'notice'
  // an edit whose relation is broken is no message: its starred text would be answered as a new question
  const isEdit = content['m.relates_to']?.rel_type === 'm.replace' || content['m.new_content'] !== undefined
  return isEdit ? parseEdit(event, content) : parseNewMessage(event, content)
}

type MessageContent = z.infer<typeof messageContent>

function parseEdit(event: ClearEvent, { 'm.relates_to': relates, 'm.new_content': replacement }: MessageContent): Incoming | DropReason {
  if (relates?.rel_type !== 'm.replace' || relates.event_id === undefined || replacement === undefined) return 'malformed'
  const { provenance } = event
  return { ...baseOf(event), kind: 'edit', target: relates.event_id as EventId, text: replacement.body, provenance }
}

function parseNewMessage(event: ClearEvent, content: MessageContent): Incoming | DropReason {
  const isText = content.msgtype === 'm.text' || content.msgtype === 'm.emote'
  if (!isText && !MEDIA.has(content.msgtype)) return 'unsupported-type'
  const { threadRoot, replyTo } = readRelation(content)
  return {
    ...baseOf(event),
    kind: 'message',
    content: isText ? 'text' : 'media',
    text: isText ? textOf(content, replyTo !== undefined) : '',
    threadRoot,
    replyTo,
    mentions: (content['m.mentions']?.user_ids ?? []) as UserId[],
    provenance: event.provenance,
    senderKey: event.senderKey,
  }
}

function textOf({ body, 'org.matrix.msc4391.command': ordered }: MessageContent, isReply: boolean): string {
  if (ordered === undefined) return withoutReplyFallback(body, isReply)
  const values = Object.values(ordered.arguments ?? {}).map((value) =>
    /\s/u.test(String(value)) ? `"${String(value).replaceAll('"', '')}"` : String(value),
  )
  return [`!${ordered.command}`, ...values].join(' ')
}

function readRelation({ 'm.relates_to': relates }: MessageContent): Pick<IncomingMessage, 'threadRoot' | 'replyTo'> {
  const threadRoot = relates?.rel_type === 'm.thread' ? (relates.event_id as EventId | undefined) : undefined
  const isFallback = threadRoot !== undefined && relates?.is_falling_back === true
  const replyTo = isFallback ? undefined : (relates?.['m.in_reply_to']?.event_id as EventId | undefined)
  return { threadRoot, replyTo }
}

function baseOf(event: ClearEvent): { roomId: RoomId; eventId: EventId; sender: UserId; sentAt: number } {
  return { roomId: event.roomId, eventId: event.eventId, sender: event.sender as UserId, sentAt: event.sentAt }
}

/** Replies carried the quoted text in front until spec v1.13; some clients still send it, and a quote is not the sender's word. */
function withoutReplyFallback(body: string, isReply: boolean): string {
  if (!isReply || !body.startsWith('> ')) return body
  const lines = body.split('\n')
  const first = lines.findIndex((line) => !line.startsWith('>'))
  if (first < 0) return ''
  return lines.slice(first).join('\n').replace(/^\n+/, '')
}
