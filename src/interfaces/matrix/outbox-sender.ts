import { setTimeout as delay } from 'node:timers/promises'
import type { Outbox, OutboxRow } from '../../contracts/edge-store.ts'
import type { DeviceId, EventId, RoomId } from '../../contracts/ids.ts'
import type { CrashPoints, Log } from '../../contracts/platform.ts'
import { encryptAttachment } from './encrypt-attachment.ts'
import type { EncryptedSender, SendOutcome, UploadOutcome } from './encrypted-sender.ts'
import { LimitedLine } from './limited-line.ts'
import type { SendAllowance } from './rate-limit.ts'
import { renderEdit, renderPart, renderPicture, splitContent } from './render-message.ts'
import type { MessageContent } from './render-message.ts'
import { draftTransaction, finalTransaction } from './transaction-ids.ts'

/** The homeserver forgets transaction ids after a day; older rows are first looked for in the room. */
const TRUST_TRANSACTION_MS = 12 * 3_600_000
/** Our clock and the homeserver's. */
const CLOCKS_APART_MS = 60_000
const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 30_000

export interface OutboxSenderPorts {
  readonly outbox: Outbox
  readonly sender: EncryptedSender
  readonly allowance: SendAllowance
  readonly deviceId: DeviceId
  /** Pins a message that was sent; never rejects. */
  readonly pin: (roomId: RoomId, eventId: EventId) => Promise<void>
  readonly crashPoints: CrashPoints
  readonly log: Log
  readonly now: () => number
}

/** What `EncryptedSender` needs beside the row. */
type PartSend = Pick<Parameters<EncryptedSender['send']>[0], 'transaction' | 'content' | 'sought' | 'allowPlain'>

/**
 * Sends what was committed: rooms side by side, one room in order. A row stays until the homeserver has it; a failed send is
 * tried again with growing pauses, a row whose room is gone is closed and counted.
 */
export class OutboxSender implements AsyncDisposable {
  readonly #ports: OutboxSenderPorts
  readonly #lanes = new Map<RoomId, Promise<void>>()
  readonly #stop = new AbortController()
  readonly #line: LimitedLine

  constructor(ports: OutboxSenderPorts) {
    this.#ports = ports
    this.#line = new LimitedLine(ports.now)
  }

  /** Resolves when each room's lane has sent what is committed now, or has gone to wait for another try. */
  async flush(): Promise<void> {
    const rows = await this.#ports.outbox.pending()
    const rooms = new Set(rows.map((row) => row.roomId))
    await Promise.all([...rooms].map((roomId) => this.#laneOf(roomId)))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.allSettled(this.#lanes.values())
  }

  #laneOf(roomId: RoomId): Promise<void> {
    const running = this.#lanes.get(roomId)
    // a lane reads its rows again before it ends, so one that runs will see what was committed meanwhile
    const lane = (running ?? Promise.resolve()).then(() => this.#drain(roomId))
    const tracked = lane.finally(() => {
      if (this.#lanes.get(roomId) === tracked) this.#lanes.delete(roomId)
    })
    this.#lanes.set(roomId, tracked)
    return tracked
  }

  async #drain(roomId: RoomId): Promise<void> {
    if (this.#stop.signal.aborted) return
    const rows = (await this.#ports.outbox.pending()).filter((row) => row.roomId === roomId)
    for (const row of rows) {
      if (!(await this.#sendRow(row))) return
    }
  }

  /** False if the row is left for a later try. */
  async #sendRow(row: OutboxRow): Promise<boolean> {
    const { outbox, deviceId, now } = this.#ports
    const isDoubtful = (row.device !== undefined && row.device !== deviceId) || now() - row.createdAt > TRUST_TRANSACTION_MS
    const sought = isDoubtful ? { source: row.source, since: row.createdAt - CLOCKS_APART_MS } : undefined
    if (row.device === undefined) await outbox.claim(row.id, deviceId)
    const draft = await this.#draftOf(row)
    if (draft === 'later') return false
    const texts = splitContent(row.content)
    const said = await this.#sendTexts(row, texts, { draft, sought })
    if (said === 'later') return false
    // a room that does not take the text gets no picture of it
    if (said === 'sent' && (await this.#sendPicture(row, { part: texts.length, sought })) === 'later') return false
    await outbox.sent(row.id, now())
    return true
  }

  async #sendTexts(
    row: OutboxRow,
    texts: readonly string[],
    { draft, sought }: { readonly draft: EventId | undefined; readonly sought: PartSend['sought'] },
  ): Promise<'sent' | 'later' | 'gone'> {
    for (const part of texts.keys()) {
      if (part < row.sentParts) continue
      const content = contentOf(row, { texts, part, draft })
      const eventId = await this.#sendPart(row, part, { content, sought, allowPlain: mayBePlain(row) })
      if (eventId === 'later') return 'later'
      if (eventId === 'gone') return 'gone'
      // before the part is noted: a process that dies in between sends the same event again, and pins it then
      if (part === 0 && row.content.pin === true) await this.#ports.pin(row.roomId, eventId)
      await this.#ports.outbox.partSent(row.id, part, eventId)
    }
    return 'sent'
  }

  /**
   * The part behind the texts, if there is a picture. One that the homeserver does not take is given up: its text has been said. A
   * process that dies after the upload uploads again; the transaction is the same, so that one message comes of it.
   */
  async #sendPicture(
    row: OutboxRow,
    { part, sought }: { readonly part: number; readonly sought: PartSend['sought'] },
  ): Promise<'done' | 'later'> {
    const { picture } = row.content
    if (picture === undefined || row.sentParts > part) return 'done'
    const { ciphertext, keys } = encryptAttachment(Buffer.from(picture.data, 'base64'))
    const url = await this.#untilDone(row, () => this.#ports.sender.upload(row.roomId, ciphertext), 'outbox-picture-left-out')
    if (url === 'later') return 'later'
    if (url === 'gone') return 'done'
    const mark = { kind: 'final', turn: row.turn, part, parts: part } as const
    const content = renderPicture(row.content, picture, { file: { ...keys, url }, mark })
    // its key stands in the event, so that it goes encrypted or not at all
    const eventId = await this.#sendPart(row, part, { content, sought, allowPlain: false })
    if (eventId === 'later') return 'later'
    if (eventId !== 'gone') await this.#ports.outbox.partSent(row.id, part, eventId)
    return 'done'
  }

  /** The event the final replaces. Its id was lost in a crash: it is found in the room, or the same transaction answers it again. */
  async #draftOf(row: OutboxRow): Promise<EventId | undefined | 'later'> {
    const { draft } = row.content
    if (draft === undefined || draft.eventId !== undefined) return draft?.eventId
    const content = renderPart(row.content, '…', { kind: 'live' })
    const source = row.source as EventId
    const transaction = draftTransaction(source)
    const sent = await this.#untilSent(row, { transaction, content, sought: { source, since: 0 }, allowPlain: mayBePlain(row) })
    return sent === 'gone' ? undefined : sent
  }

  async #sendPart(row: OutboxRow, part: number, send: Omit<PartSend, 'transaction'>): Promise<EventId | 'later' | 'gone'> {
    this.#ports.crashPoints.reach('final.before')
    const sent = await this.#untilSent(row, { ...send, transaction: finalTransaction(row.source, part) })
    this.#ports.crashPoints.reach('final.after')
    return sent
  }

  async #untilSent(row: OutboxRow, send: PartSend): Promise<EventId | 'later' | 'gone'> {
    return (await this.#untilDone(row, () => this.#attempt(row, send))) as EventId | 'later' | 'gone'
  }

  async #untilDone(row: OutboxRow, attempt: () => Promise<SendOutcome | UploadOutcome>, givenUp = 'outbox-row-closed'): Promise<string> {
    const { log } = this.#ports
    for (let pauseMs = FIRST_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_RETRY_MS)) {
      const outcome = await this.#line.send(attempt, this.#stop.signal)
      switch (outcome?.kind) {
        case undefined:
          return 'later'
        case 'sent':
          return outcome.eventId
        case 'uploaded':
          return outcome.url
        case 'gone':
        case 'refused':
          log.warn(givenUp, { row: row.id, room: row.roomId, reason: outcome.kind === 'gone' ? outcome.code : 'plain-room' })
          return 'gone'
        case 'failed':
          log.warn('outbox-send-failed', { row: row.id, room: row.roomId, code: outcome.code, nextTryMs: pauseMs })
          if (!(await this.#pause(pauseMs))) return 'later'
      }
    }
  }

  async #attempt(row: OutboxRow, send: PartSend): Promise<SendOutcome> {
    const { sender, allowance } = this.#ports
    const outcome = await sender.send({ roomId: row.roomId, ...send })
    allowance.count()
    if (outcome.kind === 'limited') allowance.refused()
    return outcome
  }

  async #pause(pauseMs: number): Promise<boolean> {
    try {
      await delay(pauseMs, undefined, { signal: this.#stop.signal })
      return true
    } catch {
      return false
    }
  }
}

/** Notices alone: what they say to a room without encryption is that it must be encrypted. */
function mayBePlain({ content }: OutboxRow): boolean {
  return content.kind === 'notice'
}

function contentOf(
  row: OutboxRow,
  place: { readonly texts: readonly string[]; readonly part: number; readonly draft: EventId | undefined },
): MessageContent {
  const { texts, part, draft } = place
  const mark = { kind: 'final', turn: row.turn, part, parts: texts.length } as const
  const text = texts[part] ?? ''
  return part === 0 && draft !== undefined ? renderEdit(row.content, text, { target: draft, mark }) : renderPart(row.content, text, mark)
}
