import { createDecipheriv, createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { OutboxContent } from '../../../src/contracts/edge-store.ts'
import type { DeviceId, EventId, RoomId, TenantId, TurnId, UserId } from '../../../src/contracts/ids.ts'
import { encryptAttachment } from '../../../src/interfaces/matrix/encrypt-attachment.ts'
import type { EncryptedSender, SendOutcome, UploadOutcome } from '../../../src/interfaces/matrix/encrypted-sender.ts'
import { OutboxSender } from '../../../src/interfaces/matrix/outbox-sender.ts'
import { TURN_KEY } from '../../../src/interfaces/matrix/render-message.ts'
import { finalTransaction } from '../../../src/interfaces/matrix/transaction-ids.ts'
import { type OpenHome, openHome } from '../data/open-stores.ts'
import { makeTemporaryHome } from '../data/temporary-home.ts'

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==', 'base64')

describe('an encrypted file', () => {
  test('is read with its key and checked by its hash, as the specification says', () => {
    const { ciphertext, keys } = encryptAttachment(PNG)
    expect(createHash('sha256').update(ciphertext).digest('base64').replace(/=+$/u, '')).toBe(keys.hashes.sha256)
    const iv = Buffer.from(keys.iv, 'base64')
    expect([iv.length, iv.subarray(8).equals(Buffer.alloc(8))]).toEqual([16, true])
    const decipher = createDecipheriv('aes-256-ctr', Buffer.from(keys.key.k, 'base64url'), iv)
    expect(Buffer.concat([decipher.update(ciphertext), decipher.final()])).toEqual(PNG)
    expect(keys).toMatchObject({ v: 'v2', key: { kty: 'oct', alg: 'A256CTR', ext: true } })
    expect(JSON.stringify(keys)).not.toContain('=')
  })

  test('has a key and a counter of its own each time', () => {
    const [one, other] = [encryptAttachment(PNG), encryptAttachment(PNG)]
    expect(one.keys.key.k).not.toBe(other.keys.key.k)
    expect(one.keys.iv).not.toBe(other.keys.iv)
    expect(Buffer.from(one.ciphertext).equals(Buffer.from(other.ciphertext))).toBe(false)
  })
})

describe('a picture in the outbox', () => {
  let home: ReturnType<typeof makeTemporaryHome>
  let open: OpenHome
  let uploads: UploadOutcome[]
  let sends: SendOutcome[]
  let sent: Parameters<EncryptedSender['send']>[0][]
  let uploaded: Uint8Array[]
  let warned: string[]
  beforeEach(() => {
    home = makeTemporaryHome()
    open = openHome(home.path)
    uploads = []
    sends = []
    sent = []
    uploaded = []
    warned = []
  })
  afterEach(async () => {
    await open[Symbol.asyncDispose]()
    home[Symbol.dispose]()
  })

  const content: OutboxContent = {
    kind: 'answer',
    markdown: 'Here it is.',
    replyTo: '$order' as EventId,
    threadRoot: undefined,
    mentions: [],
    draft: undefined,
    picture: { data: PNG.toString('base64'), width: 1, height: 1, fileName: 'spend.png', description: 'What was spent' },
  }
  const flush = async (): Promise<void> => {
    const { outbox } = open.edge
    const sender = {
      send: async (request: Parameters<EncryptedSender['send']>[0]): Promise<SendOutcome> => {
        sent.push(request)
        return sends.shift() ?? { kind: 'sent', eventId: `$sent-${String(sent.length)}` as EventId }
      },
      upload: async (_room: RoomId, ciphertext: Uint8Array): Promise<UploadOutcome> => {
        uploaded.push(ciphertext)
        return uploads.shift() ?? { kind: 'uploaded', url: 'mxc://home/one' }
      },
    } as unknown as EncryptedSender
    await using lanes = new OutboxSender({
      outbox,
      sender,
      allowance: { count: () => undefined, refused: () => undefined } as never,
      deviceId: 'DEVICE' as DeviceId,
      pin: () => Promise.resolve(),
      crashPoints: { reach: () => undefined },
      log: { info: () => undefined, warn: (event) => void warned.push(event), error: () => undefined },
      now: () => Date.now(),
    })
    await lanes.flush()
  }
  const commit = (changes: Partial<OutboxContent> = {}): Promise<void> =>
    open.edge.outbox.commitReply({
      settles: [],
      rows: [
        {
          roomId: '!room' as RoomId,
          tenant: 'family' as TenantId,
          source: '$order',
          turn: 'T1' as TurnId,
          content: { ...content, ...changes },
        },
      ],
      jobs: [],
    })

  test('is uploaded as ciphertext and sent after its text', async () => {
    await commit()
    await flush()
    expect(sent.map((request) => request.content['msgtype'])).toEqual(['m.text', 'm.image'])
    expect(sent[1]?.content).toMatchObject({
      body: 'What was spent',
      filename: 'spend.png',
      file: { url: 'mxc://home/one', v: 'v2' },
      info: { mimetype: 'image/png', w: 1, h: 1, size: PNG.length },
    })
    expect(Buffer.from(uploaded[0] ?? []).includes('PNG')).toBe(false)
    expect(sent[1]?.transaction).not.toBe(sent[0]?.transaction)
    expect(await open.edge.outbox.pending()).toEqual([])
  })

  test('that the homeserver does not take is given up: its text was said, and the room goes on', async () => {
    await commit()
    uploads.push({ kind: 'gone', code: 'M_TOO_LARGE' })
    await flush()
    expect(sent.map((request) => request.content['msgtype'])).toEqual(['m.text'])
    expect(warned).toEqual(['outbox-picture-left-out'])
    expect(await open.edge.outbox.pending()).toEqual([])
  })

  test('is no part that somebody who reads the text waits for, and stays in its thread without ringing', async () => {
    await commit({ threadRoot: '$root' as EventId, mentions: ['@robin:home' as UserId] })
    await flush()
    expect(sent.map((request) => request.content[TURN_KEY])).toEqual([
      { id: 'T1', part: 0, parts: 1 },
      { id: 'T1', part: 1, parts: 1 },
    ])
    expect(sent[1]?.content).toMatchObject({ 'm.mentions': {}, 'm.relates_to': { rel_type: 'm.thread', event_id: '$root' } })
  })

  test('does not follow a text that the room did not take', async () => {
    await commit()
    sends.push({ kind: 'gone', code: 'M_FORBIDDEN' })
    await flush()
    expect([sent.length, uploaded.length]).toEqual([1, 0])
    expect(await open.edge.outbox.pending()).toEqual([])
  })

  test('never goes plain, not even where its text may', async () => {
    await commit({ kind: 'notice' })
    await flush()
    expect(sent.map(({ content: { msgtype }, allowPlain }) => [msgtype, allowPlain])).toEqual([
      ['m.notice', true],
      ['m.image', false],
    ])
  })

  test('is left out of a room that is not encrypted', async () => {
    await commit({ kind: 'notice' })
    uploads.push({ kind: 'refused' })
    await flush()
    expect(sent.map((request) => request.content['msgtype'])).toEqual(['m.notice'])
    expect(await open.edge.outbox.pending()).toEqual([])
  })

  test('is uploaded again after a passing failure', async () => {
    await commit()
    uploads.push({ kind: 'limited', retryAfterMs: 1 })
    await flush()
    expect(uploaded).toHaveLength(2)
    expect(sent.map((request) => request.content['msgtype'])).toEqual(['m.text', 'm.image'])
  })

  test('is sent in the same transaction after a process died between the two', async () => {
    await commit()
    const [row] = await open.edge.outbox.pending()
    await open.edge.outbox.claim(row?.id ?? 0, 'DEVICE' as DeviceId)
    await open.edge.outbox.partSent(row?.id ?? 0, 0, '$text' as EventId)
    await flush()
    expect(sent.map((request) => request.content['msgtype'])).toEqual(['m.image'])
    expect(sent[0]?.transaction).toBe(finalTransaction('$order', 1))
    expect(await open.edge.outbox.pending()).toEqual([])
  })
  test('that was sent before the process died is not uploaded again', async () => {
    await commit()
    const [row] = await open.edge.outbox.pending()
    await open.edge.outbox.partSent(row?.id ?? 0, 0, '$text' as EventId)
    await open.edge.outbox.partSent(row?.id ?? 0, 1, '$picture' as EventId)
    await flush()
    expect([sent.length, uploaded.length]).toEqual([0, 0])
    expect(await open.edge.outbox.pending()).toEqual([])
  })
})
