import { CryptoEvent } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { MatrixEventEvent } from 'matrix-js-sdk'
import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk'
import type { Conversation, Received } from '../../contracts/conversation.ts'
import type { Inbox, InboxEntry } from '../../contracts/edge-store.ts'
import type { DeviceId, EventId, RoomId, UserId } from '../../contracts/ids.ts'
import type { DropReason } from '../../contracts/incoming.ts'
import type { CrashPoints, Log } from '../../contracts/platform.ts'
import type { Encryption } from '../../contracts/room-state.ts'
import { decryptEntry } from './decrypt-entry.ts'
import type { Decrypted } from './decrypt-entry.ts'
import { parseEvent } from './parse-event.ts'

/** Pauses between attempts to decrypt what has no key yet; the last one repeats. */
const RETRY_MS = [2_000, 5_000, 15_000, 30_000, 60_000] as const
/** An unsigned device is told to Control only after this time: a new login signs itself within seconds. */
const UNSIGNED_GRACE_MS = 5_000
/** Kept and retried this long after the notice; then settled as undecryptable. */
const GIVE_UP_MS = 7 * 86_400_000
/** Reactions and redactions are never encrypted in Matrix; everything else in an encrypted room must be. */
const ALWAYS_PLAIN = new Set(['m.reaction', 'm.room.redaction'])

export interface InboxPumpPorts {
  readonly client: MatrixClient
  readonly inbox: Inbox
  readonly conversation: Conversation
  readonly ownUserId: UserId
  readonly deviceId: DeviceId
  readonly crashPoints: CrashPoints
  readonly log: Log
  /** After this long without a key people are told, ms. */
  readonly noticeAfterMs: number
  encryptionOf(roomId: RoomId): Promise<Encryption>
  readonly now: () => number
}

interface Waiting {
  tries: number
  retryAt: number
  /** The same one for each attempt: the SDK remembers those that lack a key, and would keep every copy. */
  event: MatrixEvent | undefined
}

/** What cannot be handed over yet. */
type Unopened = Extract<Decrypted, { readonly kind: 'missing-key' | 'unsigned' }>

/** Takes committed events to the conversation, in their order; what cannot be decrypted yet steps aside and holds nobody up. */
export class InboxPump implements Disposable {
  readonly #ports: InboxPumpPorts
  readonly #handed = new Set<EventId>()
  readonly #waiting = new Map<EventId, Waiting>()
  #running = false
  #again = false
  #stopped = false
  #accepting = true
  #timer: NodeJS.Timeout | undefined

  constructor(ports: InboxPumpPorts) {
    this.#ports = ports
    ports.client.on(CryptoEvent.DevicesUpdated, this.#devicesChanged)
  }

  /** Entries that wait for a key at this moment. */
  get undecryptable(): number {
    return this.#waiting.size
  }

  accept(accepting: boolean): void {
    const resumes = accepting && !this.#accepting
    this.#accepting = accepting
    if (resumes) this.wake()
  }

  /** Something was committed, or a key came. Cheap; never throws. */
  wake(): void {
    this.#again = true
    if (this.#running || this.#stopped || !this.#accepting) return
    this.#running = true
    void this.#run().finally(() => {
      this.#running = false
      if (this.#again && this.#accepting) this.wake()
    })
  }

  [Symbol.dispose](): void {
    this.#stopped = true
    this.#ports.client.off(CryptoEvent.DevicesUpdated, this.#devicesChanged)
    clearTimeout(this.#timer)
  }

  async #run(): Promise<void> {
    let again = Number.POSITIVE_INFINITY
    while (this.#again && !this.#stopped && this.#accepting) {
      this.#again = false
      try {
        await this.#pass()
        again = Number.POSITIVE_INFINITY
      } catch (error) {
        this.#ports.log.error('inbox-pass-failed', { error: error instanceof Error ? error.name : 'unknown' })
        again = this.#ports.now() + RETRY_MS[0]
      }
    }
    // after every run: a timer that came a moment too early found nothing due, and no other would follow
    this.#schedule(Math.min(again, ...[...this.#waiting.values()].map((waiting) => waiting.retryAt)))
  }

  async #pass(): Promise<void> {
    const { client, inbox, conversation, now } = this.#ports
    const pending = await inbox.pending()
    this.#forgetSettled(pending)
    const due = pending.filter((entry) => !this.#handed.has(entry.eventId) && (this.#waiting.get(entry.eventId)?.retryAt ?? 0) <= now())
    if (due.length === 0) return
    const decrypted = await Promise.all(due.map((entry) => this.#open(client, entry)))
    this.#ports.crashPoints.reach('decrypted')
    const received: Received[] = []
    for (const [index, entry] of due.entries()) {
      const result = decrypted[index]
      if (result === undefined) continue
      const outcome = this.#sort(entry, result)
      if (typeof outcome !== 'string' && 'kind' in outcome) await this.#wait(entry, outcome)
      else if (typeof outcome === 'string') await inbox.settle([entry.eventId], outcome)
      else received.push(outcome)
    }
    for (const { incoming } of received) this.#handed.add(incoming.eventId)
    if (received.length > 0) await conversation.receive(received)
  }

  async #open(client: MatrixClient, entry: InboxEntry): Promise<Decrypted | 'plain-in-encrypted-room'> {
    const type = String(entry.raw['type'])
    if (type !== 'm.room.encrypted' && !ALWAYS_PLAIN.has(type)) {
      // unknown means the strict side: what is not known to be plain counts as encrypted
      if ((await this.#ports.encryptionOf(entry.roomId)) !== 'plain') return 'plain-in-encrypted-room'
    }
    return decryptEntry(client, entry, this.#waiting.get(entry.eventId)?.event)
  }

  #sort(entry: InboxEntry, result: Decrypted | 'plain-in-encrypted-room'): Received | DropReason | Unopened {
    if (result === 'plain-in-encrypted-room') return result
    if (result.kind === 'redacted') return 'redacted'
    if (result.kind !== 'clear') return result
    this.#waiting.delete(entry.eventId)
    const incoming = parseEvent(result.event, this.#ports.ownUserId)
    return typeof incoming === 'string' ? incoming : { incoming, draft: entry.draft }
  }

  async #wait(entry: InboxEntry, result: Unopened): Promise<void> {
    const { inbox, now, noticeAfterMs } = this.#ports
    const age = now() - entry.receivedAt
    const givenUp = result.kind === 'unsigned' ? await this.#tellUnsigned(result, age) : await this.#tellUndecryptable(entry, result, age)
    if (givenUp !== undefined) return inbox.settle([entry.eventId], givenUp)
    const waiting = this.#waiting.get(entry.eventId) ?? { tries: 0, retryAt: 0, event: undefined }
    if (result.kind === 'missing-key' && waiting.event === undefined) {
      waiting.event = result.retry
      waiting.event.on(MatrixEventEvent.Decrypted, (event) => {
        // failed attempts are told too
        if (!event.isDecryptionFailure()) this.#keyCame(entry.eventId)
      })
    }
    const pauseMs = RETRY_MS[Math.min(waiting.tries, RETRY_MS.length - 1)] ?? RETRY_MS[0]
    const untilNoticeMs = noticeAfterMs - age
    waiting.tries += 1
    waiting.retryAt = now() + (untilNoticeMs > 0 ? Math.min(pauseMs, untilNoticeMs) : pauseMs)
    this.#waiting.set(entry.eventId, waiting)
  }

  async #tellUnsigned({ sender, device }: Extract<Unopened, { kind: 'unsigned' }>, age: number): Promise<DropReason | undefined> {
    const { conversation, noticeAfterMs } = this.#ports
    if (age >= Math.min(UNSIGNED_GRACE_MS, noticeAfterMs)) await conversation.unsignedDevice(sender as UserId, device)
    return age >= noticeAfterMs ? 'unsigned-device' : undefined
  }

  async #tellUndecryptable(
    entry: InboxEntry,
    { session }: Extract<Unopened, { kind: 'missing-key' }>,
    age: number,
  ): Promise<DropReason | undefined> {
    const { conversation, inbox, now, noticeAfterMs } = this.#ports
    if (age >= noticeAfterMs && entry.noticedAt === undefined) {
      await conversation.undecryptable(entry.roomId, session, [entry.eventId])
      await inbox.noticed([entry.eventId], now())
    }
    return age >= GIVE_UP_MS ? 'undecryptable' : undefined
  }

  /** Somebody's devices are other ones now; one that was unsigned may have been signed. */
  readonly #devicesChanged = (): void => {
    const unsigned = [...this.#waiting.values()].filter((waiting) => waiting.event === undefined)
    for (const waiting of unsigned) waiting.retryAt = 0
    if (unsigned.length > 0) this.wake()
  }

  #keyCame(eventId: EventId): void {
    const waiting = this.#waiting.get(eventId)
    if (waiting !== undefined) waiting.retryAt = 0
    this.wake()
  }

  #forgetSettled(pending: readonly InboxEntry[]): void {
    const open = new Set(pending.map((entry) => entry.eventId))
    for (const eventId of this.#handed) if (!open.has(eventId)) this.#handed.delete(eventId)
    for (const eventId of this.#waiting.keys()) if (!open.has(eventId)) this.#waiting.delete(eventId)
  }

  #schedule(at: number): void {
    clearTimeout(this.#timer)
    if (this.#stopped || at === Number.POSITIVE_INFINITY) return
    this.#timer = setTimeout(() => this.wake(), Math.max(50, at - this.#ports.now()))
    this.#timer.unref()
  }
}
