import { describe, expect, it, test } from 'vitest'
import type { EventId, RoomId, UserId } from '../../../src/contracts/ids.ts'
import { parseEvent } from '../../../src/interfaces/matrix/parse-event.ts'
import type { ClearEvent } from '../../../src/interfaces/matrix/parse-event.ts'

const assistant = '@assistant:localhost' as UserId

function clear(change: Partial<ClearEvent>): ClearEvent {
  return {
    roomId: '!room:localhost' as RoomId,
    eventId: '$event' as EventId,
    sender: '@robin:localhost',
    sentAt: 1_000,
    type: 'm.room.message',
    content: { msgtype: 'm.text', body: 'hello' },
    redacts: undefined,
    provenance: 'direct',
    ...change,
  }
}

const parse = (change: Partial<ClearEvent>): ReturnType<typeof parseEvent> => parseEvent(clear(change), assistant)
const message = (content: unknown): ReturnType<typeof parseEvent> => parse({ content })

describe('parseEvent', () => {
  it('makes a message of a text, with its mentions', () => {
    expect(message({ msgtype: 'm.text', body: 'hello', 'm.mentions': { user_ids: [assistant] } })).toEqual({
      kind: 'message',
      content: 'text',
      text: 'hello',
      roomId: '!room:localhost',
      eventId: '$event',
      sender: '@robin:localhost',
      sentAt: 1_000,
      threadRoot: undefined,
      replyTo: undefined,
      mentions: [assistant],
      provenance: 'direct',
    })
  })

  it('tells a thread from a reply: the fallback inside a thread is no reply', () => {
    const thread = { rel_type: 'm.thread', event_id: '$root', 'm.in_reply_to': { event_id: '$last' } }
    const inThread = (falling: boolean): unknown =>
      message({ msgtype: 'm.text', body: 'a', 'm.relates_to': { ...thread, is_falling_back: falling } })
    expect(inThread(true)).toMatchObject({ threadRoot: '$root', replyTo: undefined })
    expect(inThread(false)).toMatchObject({ threadRoot: '$root', replyTo: '$last' })
    expect(message({ msgtype: 'm.text', body: 'a', 'm.relates_to': { 'm.in_reply_to': { event_id: '$last' } } })).toMatchObject({
      threadRoot: undefined,
      replyTo: '$last',
    })
  })

  test.each([
    ['> <@robin:localhost> said\n> more\n\nanswer', 'answer'],
    ['> <@robin:localhost> said', ''],
    ['>no quote', '>no quote'],
  ])('a quote in front of a reply is not the word of its sender: %j', (body, text) => {
    expect(message({ msgtype: 'm.text', body, 'm.relates_to': { 'm.in_reply_to': { event_id: '$last' } } })).toMatchObject({ text })
  })

  it('leaves a quote alone where nothing is replied to', () => {
    expect(message({ msgtype: 'm.text', body: '> mine\n\nanswer' })).toMatchObject({ text: '> mine\n\nanswer' })
  })

  it('makes an edit of m.replace, with the new text only', () => {
    const content = {
      msgtype: 'm.text',
      body: '* new',
      'm.new_content': { msgtype: 'm.text', body: 'new' },
      'm.relates_to': { rel_type: 'm.replace', event_id: '$old' },
    }
    expect(message(content)).toMatchObject({ kind: 'edit', target: '$old', text: 'new', provenance: 'direct' })
  })

  test.each(['m.image', 'm.audio', 'm.video', 'm.file', 'm.location'])('%s is media without text', (msgtype) => {
    expect(message({ msgtype, body: 'IMG_1.jpg', url: 'mxc://x/y' })).toMatchObject({ kind: 'message', content: 'media', text: '' })
  })

  test.each(['m.sticker', 'm.poll.start', 'org.matrix.msc3381.poll.start'])('an event of type %s is media too', (type) => {
    expect(parse({ type, content: {} })).toMatchObject({ kind: 'message', content: 'media', text: '' })
  })

  it('reads reactions, and redactions of every room version', () => {
    const annotation = { rel_type: 'm.annotation', event_id: '$answer', key: '🛑' }
    expect(parse({ type: 'm.reaction', content: { 'm.relates_to': annotation } })).toMatchObject({
      kind: 'reaction',
      target: '$answer',
      key: '🛑',
    })
    expect(parse({ type: 'm.room.redaction', content: { redacts: '$gone' } })).toMatchObject({ kind: 'redaction', target: '$gone' })
    expect(parse({ type: 'm.room.redaction', content: {}, redacts: '$gone' })).toMatchObject({ kind: 'redaction', target: '$gone' })
  })

  test.each([
    ['own', { sender: assistant }],
    ['notice', { content: { msgtype: 'm.notice', body: 'a bot speaks' } }],
    ['unsupported-type', { type: 'org.example.unknown', content: { body: 'x' } }],
    ['unsupported-type', { type: '', content: undefined }],
    ['unsupported-type', { content: { msgtype: 'm.key.verification.request', body: 'x' } }],
    ['malformed', { content: undefined }],
    ['malformed', { content: null }],
    ['malformed', { content: 'text' }],
    ['malformed', { content: [] }],
    ['malformed', { content: {} }],
    ['malformed', { content: { msgtype: 'm.text' } }],
    ['malformed', { content: { msgtype: 'm.text', body: { toString: 'x' } } }],
    ['malformed', { content: { msgtype: 7, body: 'x' } }],
    ['malformed', { content: { msgtype: 'm.text', body: 'x', 'm.new_content': 'y' } }],
    ['malformed', { content: { msgtype: 'm.text', body: '* y', 'm.relates_to': { rel_type: 'm.replace', event_id: '$old' } } }],
    [
      'malformed',
      {
        content: {
          msgtype: 'm.text',
          body: '* y',
          'm.new_content': { msgtype: 'm.text', body: 'y' },
          'm.relates_to': { rel_type: 'm.replace', event_id: 7 },
        },
      },
    ],
    ['malformed', { type: 'm.reaction', content: {} }],
    ['malformed', { type: 'm.reaction', content: { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$x' } } }],
    ['malformed', { type: 'm.reaction', content: { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$x', key: 'x'.repeat(101) } } }],
    ['malformed', { type: 'm.room.redaction', content: null }],
    ['oversized', { content: { msgtype: 'm.text', body: 'x'.repeat(65_537) } }],
    ['oversized', { content: { msgtype: 'm.text', body: 'ü'.repeat(32_769) } }],
    [
      'oversized',
      {
        content: {
          msgtype: 'm.text',
          body: '*',
          'm.new_content': { msgtype: 'm.text', body: 'x'.repeat(65_537) },
          'm.relates_to': { rel_type: 'm.replace', event_id: '$old' },
        },
      },
    ],
  ] as const)('comes to nothing, as %s: %#', (reason, change) => {
    expect(parse(change)).toBe(reason)
  })

  it('takes broken side matters for absent: the text still counts', () => {
    const content = { msgtype: 'm.text', body: 'hello', 'm.mentions': { user_ids: [1] }, 'm.relates_to': 'x' }
    expect(message(content)).toMatchObject({ text: 'hello', mentions: [], threadRoot: undefined, replyTo: undefined })
  })
})
