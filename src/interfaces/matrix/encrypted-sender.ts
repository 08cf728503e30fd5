import { ClientEvent, HTTPError, MatrixError, MatrixEvent, Method } from 'matrix-js-sdk'
import type { MatrixClient, Room } from 'matrix-js-sdk'
import type { CryptoBackend } from 'matrix-js-sdk/lib/common-crypto/CryptoBackend.js'
import type { EventId, RoomId, UserId } from '../../contracts/ids.ts'
import type { Encryption } from '../../contracts/room-state.ts'
import { findSent, TRANSACTION_KEY } from './find-sent.ts'
import type { Sought } from './find-sent.ts'
import type { MessageContent } from './render-message.ts'

/** What became of one send. `gone`: the room will never take it (left, banned, too large). */
export type SendOutcome =
  | { readonly kind: 'sent'; readonly eventId: EventId }
  | { readonly kind: 'limited'; readonly retryAfterMs: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'gone'; readonly code: string }
  | { readonly kind: 'failed'; readonly code: string }

export type UploadOutcome = { readonly kind: 'uploaded'; readonly url: string } | Exclude<SendOutcome, { readonly kind: 'sent' }>

export interface EncryptedSenderPorts {
  readonly client: MatrixClient
  readonly ownUserId: UserId
  encryptionOf(roomId: RoomId): Encryption
  learned(roomId: RoomId, encryption: 'encrypted' | 'plain'): Promise<void>
}

interface SendRequest {
  readonly roomId: RoomId
  readonly transaction: string
  readonly content: MessageContent
  /** Only the one sentence that refuses an unencrypted room may be plain, and the server is asked again before it goes. */
  readonly allowPlain?: boolean
  /** Set where the transaction may have been used before and be forgotten by now: its event is looked for first. */
  readonly sought?: Sought | undefined
}

/** How long a send waits for the SDK to hear of a room it must encrypt for. */
const ROOM_WAIT_MS = 10_000
const GONE = new Set(['M_FORBIDDEN', 'M_NOT_FOUND', 'M_TOO_LARGE'])
/** Refusals of a token, of slowness and of haste: the same upload may be taken later. */
const PASSING_STATUSES = new Set([401, 408, 429])

/**
 * Sends `m.room.message` encrypted or not at all. It goes around the SDK's `sendEvent`, whose local echo keeps failed events
 * in the timeline and retries them by a clock of its own; encryption itself is the SDK's.
 */
export class EncryptedSender {
  readonly #ports: EncryptedSenderPorts

  constructor(ports: EncryptedSenderPorts) {
    this.#ports = ports
  }

  /** Never throws. Repeating it with the same transaction sends nothing twice and answers the same event id. */
  async send(request: SendRequest): Promise<SendOutcome> {
    try {
      const { client, ownUserId } = this.#ports
      const found = request.sought && (await findSent(client, ownUserId, request, request.sought))
      if (found !== undefined) return { kind: 'sent', eventId: found }
      const encryption = await this.#encryptionFor(request.roomId, request.allowPlain === true)
      if (encryption === 'unknown') return { kind: 'failed', code: 'encryption-unknown' }
      if (encryption === 'plain') {
        return request.allowPlain === true ? await this.#put(request, 'm.room.message', request.content) : { kind: 'refused' }
      }
      const event = await this.#encrypt(request)
      return await this.#put(request, event.getWireType(), event.getWireContent())
    } catch (error) {
      return outcomeOf(error)
    }
  }

  /**
   * Puts ciphertext that is meant for this room on the homeserver, which learns neither its name nor its kind. `refused` for a room
   * that is not encrypted: its key would be read by all. `gone`: the homeserver will never take it. Never throws.
   */
  async upload(roomId: RoomId, ciphertext: Uint8Array): Promise<UploadOutcome> {
    try {
      const encryption = await this.#encryptionFor(roomId, false)
      if (encryption === 'unknown') return { kind: 'failed', code: 'encryption-unknown' }
      if (encryption === 'plain') return { kind: 'refused' }
      const { content_uri: url } = await this.#ports.client.uploadContent(new Blob([ciphertext.slice()]), {
        type: 'application/octet-stream',
        includeFilename: false,
      })
      return { kind: 'uploaded', url }
    } catch (error) {
      return uploadOutcomeOf(error)
    }
  }

  async redact(roomId: RoomId, target: EventId, transaction: string, reason: string): Promise<SendOutcome> {
    const path = `/rooms/${encodeURIComponent(roomId)}/redact/${encodeURIComponent(target)}/${transaction}`
    try {
      const answer = await this.#ports.client.http.authedRequest<{ event_id: string }>(Method.Put, path, undefined, { reason })
      return { kind: 'sent', eventId: answer.event_id as EventId }
    } catch (error) {
      return outcomeOf(error)
    }
  }

  async #put(request: SendRequest, type: string, content: object): Promise<SendOutcome> {
    const path = `/rooms/${encodeURIComponent(request.roomId)}/send/${encodeURIComponent(type)}/${request.transaction}`
    const answer = await this.#ports.client.http.authedRequest<{ event_id: string }>(Method.Put, path, undefined, {
      ...content,
      [TRANSACTION_KEY]: request.transaction,
    })
    return { kind: 'sent', eventId: answer.event_id as EventId }
  }

  /** A room known as encrypted is never asked again; anything else is asked before something leaves. */
  async #encryptionFor(roomId: RoomId, mayBePlain: boolean): Promise<Encryption> {
    const known = this.#ports.encryptionOf(roomId)
    if (known === 'encrypted' || (known === 'plain' && !mayBePlain)) return known
    const asked = await askEncryption(this.#ports.client, roomId)
    if (asked !== 'unknown') await this.#ports.learned(roomId, asked)
    return asked
  }

  async #encrypt(request: SendRequest): Promise<MatrixEvent> {
    const room = await this.#roomOf(request.roomId)
    const event = new MatrixEvent({
      type: 'm.room.message',
      content: { ...request.content },
      room_id: request.roomId,
      sender: this.#ports.ownUserId,
      event_id: `~${request.transaction}`,
    })
    // encryptEvent stands in the SDK's internal interface only; the pinned version's types name it
    const crypto = this.#ports.client.getCrypto() as CryptoBackend | undefined
    if (crypto === undefined) throw new Error('encryption is not set up')
    try {
      await crypto.encryptEvent(event, room)
    } catch (error) {
      if (!isUnconfigured(error)) throw error
      await crypto.onCryptoEvent(room, await this.#encryptionEvent(request.roomId))
      await crypto.encryptEvent(event, room)
    }
    if (event.getWireType() !== 'm.room.encrypted') throw new Error('the SDK did not encrypt')
    return event
  }

  async #encryptionEvent(roomId: RoomId): Promise<MatrixEvent> {
    const content = await this.#ports.client.getStateEvent(roomId, 'm.room.encryption', '')
    return new MatrixEvent({ type: 'm.room.encryption', state_key: '', room_id: roomId, content, event_id: '$encryption', sender: '' })
  }

  #roomOf(roomId: RoomId): Promise<Room> {
    const { client } = this.#ports
    const room = client.getRoom(roomId)
    if (room !== null) return Promise.resolve(room)
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(undefined), ROOM_WAIT_MS)
      const heard = (found: Room): void => {
        if (found.roomId === roomId) finish(found)
      }
      const finish = (found: Room | undefined): void => {
        clearTimeout(timer)
        client.off(ClientEvent.Room, heard)
        if (found === undefined) reject(new Error('the room has not been synced'))
        else resolve(found)
      }
      client.on(ClientEvent.Room, heard)
    })
  }
}

/** Asks the homeserver. Only its clear word that there is no encryption makes a room plain. */
export async function askEncryption(client: MatrixClient, roomId: RoomId): Promise<Encryption> {
  try {
    const content: unknown = await client.getStateEvent(roomId, 'm.room.encryption', '')
    return content !== null && typeof content === 'object' && 'algorithm' in content ? 'encrypted' : 'unknown'
  } catch (error) {
    return error instanceof MatrixError && error.errcode === 'M_NOT_FOUND' ? 'plain' : 'unknown'
  }
}

function isUnconfigured(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Cannot encrypt event in unconfigured room')
}

/** A file is worth less than the messages behind it: whatever the homeserver, or a proxy before it, refuses is refused for good. */
function uploadOutcomeOf(error: unknown): Exclude<UploadOutcome, { readonly kind: 'uploaded' }> {
  const outcome = outcomeOf(error)
  if (outcome.kind !== 'failed' || !(error instanceof HTTPError)) return outcome
  const status = error.httpStatus ?? 0
  const isRefused = status >= 400 && status < 500 && !PASSING_STATUSES.has(status)
  return isRefused ? { kind: 'gone', code: error instanceof MatrixError ? outcome.code : `http-${String(status)}` } : outcome
}

function outcomeOf(error: unknown): Exclude<SendOutcome, { readonly kind: 'sent' }> {
  if (!(error instanceof MatrixError)) return { kind: 'failed', code: error instanceof Error ? error.name : 'unknown' }
  const code = error.errcode ?? `http-${String(error.httpStatus)}`
  if (error.isRateLimitError()) return { kind: 'limited', retryAfterMs: error.getRetryAfterMs() ?? 5_000 }
  return GONE.has(code) ? { kind: 'gone', code } : { kind: 'failed', code }
}
