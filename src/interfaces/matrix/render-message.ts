import MarkdownIt from 'markdown-it'
import type { OutboxContent, OutboxPicture } from '../../contracts/edge-store.ts'
import type { EventId, TurnId } from '../../contracts/ids.ts'
import type { AttachmentKeys } from './encrypt-attachment.ts'
import { splitText } from './split-text.ts'

/** Bytes of text a part holds at first; a part whose HTML or escapes swell it is split further. */
const MAX_PART_BYTES = 8_000
/**
 * Bytes of JSON an event may have before encryption: Megolm and base64 make them about 1.34 times as many, the limit of an
 * event is 65,536, and the envelope (sender key, relation, signatures of other servers) needs the rest.
 */
const MAX_CONTENT_BYTES = 44_000
/** Inside the ciphertext of every reply: its turn and part, so that a client knows its answer and the last part of it. */
export const TURN_KEY = 'io.ai-ops.turn'
/** MSC4357: the text is still growing; absent in the final. */
export const LIVE_KEY = 'org.matrix.msc4357.live'

// html off: what the model writes as HTML is shown as text; images off: a remote picture would tell its server who reads
const markdown = new MarkdownIt({ html: false, linkify: false, breaks: true }).disable('image')
markdown.validateLink = (url) => /^(https?:|mailto:)/i.test(url.trim())
/** The specification's attributes; a link's title and a cell's style are not among them. */
const ATTRIBUTES: ReadonlySet<string> = new Set(['href', 'start'])
markdown.core.ruler.push('matrix-attributes', ({ tokens }) => {
  for (const token of tokens.flatMap((block) => [block, ...(block.children ?? [])])) {
    token.attrs = token.attrs?.filter(([name]) => ATTRIBUTES.has(name)) ?? null
  }
})

/** Markdown as Matrix HTML, with tags of the specification's list only; undefined where plain text says the same. */
export function toMatrixHtml(text: string): string | undefined {
  const html = markdown.render(text).trim()
  const inner = html.startsWith('<p>') && html.endsWith('</p>') ? html.slice(3, -4) : html
  const isPlain = !inner.includes('<') && inner === markdown.utils.escapeHtml(text.trim())
  return isPlain ? undefined : inner.includes('<p>') ? html : inner
}

/** As long as ids get, for measuring. */
const LONGEST_ID = '$'.padEnd(64, 'x')

/** The texts of the events a content needs, each below the size limit even as an edit, the largest form it can take. Never empty. */
export function splitContent(content: OutboxContent): readonly string[] {
  const fits = (text: string): boolean => {
    const edit = renderEdit(content, text, {
      target: LONGEST_ID as EventId,
      mark: { kind: 'final', turn: LONGEST_ID as TurnId, part: 99, parts: 99 },
    })
    return Buffer.byteLength(JSON.stringify(edit)) <= MAX_CONTENT_BYTES
  }
  const split = (text: string, maxBytes: number): readonly string[] =>
    splitText(text, maxBytes).flatMap((part) => (fits(part) || maxBytes < 500 ? [part] : split(part, Math.floor(maxBytes / 2))))
  return split(content.markdown, MAX_PART_BYTES)
}

/** The content of one event, before encryption. */
export type MessageContent = Readonly<Record<string, unknown>>

/** What marks an event: `live` while the text still grows, else its turn and place among the parts. */
export type EventMark =
  | { readonly kind: 'live' }
  | { readonly kind: 'final'; readonly turn: TurnId | undefined; readonly part: number; readonly parts: number }

/** One part of what the assistant says. Only the first part is a reply and mentions; every part stays in its thread. */
export function renderPart(content: OutboxContent, text: string, mark: EventMark): MessageContent {
  const isFirst = mark.kind === 'live' || mark.part === 0
  return {
    ...textContent(content, text),
    'm.mentions': isFirst && content.mentions.length > 0 ? { user_ids: content.mentions } : {},
    ...relationOf(content, isFirst),
    ...markOf(mark),
  }
}

/**
 * A picture of the assistant's, behind the text it belongs to; what it shows stands in its body for those who do not see it. Its
 * part follows those of the text and is not counted among them: who waits for the last waits for no picture, which may be given up.
 */
export function renderPicture(
  content: OutboxContent,
  { data, width, height, fileName, description }: OutboxPicture,
  options: { readonly file: AttachmentKeys & { readonly url: string }; readonly mark: EventMark },
): MessageContent {
  return {
    msgtype: 'm.image',
    body: description,
    filename: fileName,
    file: options.file,
    info: { mimetype: 'image/png', w: width, h: height, size: Buffer.byteLength(data, 'base64') },
    'm.mentions': {},
    ...relationOf(content, false),
    ...markOf(options.mark),
  }
}

/** The same text as an edit of an event already sent. Mentions stand inside `m.new_content`, so that an edit rings nobody twice. */
export function renderEdit(
  content: OutboxContent,
  text: string,
  options: { readonly target: EventId; readonly mark: EventMark },
): MessageContent {
  const fresh = { ...textContent(content, text), ...markOf(options.mark) }
  return {
    ...fresh,
    body: `* ${text}`,
    'm.mentions': {},
    'm.new_content': { ...fresh, 'm.mentions': content.mentions.length > 0 ? { user_ids: content.mentions } : {} },
    'm.relates_to': { rel_type: 'm.replace', event_id: options.target },
  }
}

function markOf(mark: EventMark): MessageContent {
  if (mark.kind === 'live') return { [LIVE_KEY]: {} }
  return mark.turn === undefined ? {} : { [TURN_KEY]: { id: mark.turn, part: mark.part, parts: mark.parts } }
}

function textContent(content: OutboxContent, text: string): MessageContent {
  const html = toMatrixHtml(text)
  return {
    msgtype: content.kind === 'notice' || content.quiet === true ? 'm.notice' : 'm.text',
    body: text,
    ...(html === undefined ? {} : { format: 'org.matrix.custom.html', formatted_body: html }),
  }
}

function relationOf(content: OutboxContent, isFirst: boolean): MessageContent {
  const reply = isFirst ? content.replyTo : undefined
  if (content.threadRoot !== undefined) {
    return {
      'm.relates_to': {
        rel_type: 'm.thread',
        event_id: content.threadRoot,
        is_falling_back: true,
        'm.in_reply_to': { event_id: reply ?? content.threadRoot },
      },
    }
  }
  return reply === undefined ? {} : { 'm.relates_to': { 'm.in_reply_to': { event_id: reply } } }
}
