import { MatrixEventEvent } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
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
}

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
    clearTimeout(this.#timer)
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#stopped && this.#accepting) {
      this.#again = false
      try {
        await this.#pass()
      } catch (error) {
        this.#ports.log.error('inbox-pass-failed', { error: error instanceof Error ? error.name : 'unknown' })
        this.#schedule(this.#ports.now() + RETRY_MS[0])
      }
    }
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
      if (outcome === 'waits') await this.#wait(entry, result)
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
    return decryptEntry(client, entry)
  }

  #sort(entry: InboxEntry, result: Decrypted | 'plain-in-encrypted-room'): Received | DropReason | 'waits' {
    if (result === 'plain-in-encrypted-room') return result
    if (result.kind === 'redacted') return 'redacted'
    if (result.kind !== 'clear') return 'waits'
    this.#waiting.delete(entry.eventId)
    const incoming = parseEvent(result.event, this.#ports.ownUserId)
    return typeof incoming === 'string' ? incoming : { incoming, draft: entry.draft }
  }

  async #wait(entry: InboxEntry, result: Decrypted | 'plain-in-encrypted-room'): Promise<void> {
    const { conversation, inbox, now, noticeAfterMs } = this.#ports
    const age = now() - entry.receivedAt
    if (typeof result !== 'string' && result.kind === 'unsigned') {
      if (age >= UNSIGNED_GRACE_MS) await conversation.unsignedDevice(result.sender as UserId, result.device)
      if (age >= noticeAfterMs) return inbox.settle([entry.eventId], 'unsigned-device')
    }
    if (typeof result !== 'string' && result.kind === 'missing-key') {
      result.retry.once(MatrixEventEvent.Decrypted, () => this.#keyCame(entry.eventId))
      if (age >= noticeAfterMs && entry.noticedAt === undefined) {
        await conversation.undecryptable(entry.roomId, result.session, [entry.eventId])
        await inbox.noticed([entry.eventId], now())
      }
      if (age >= GIVE_UP_MS) return inbox.settle([entry.eventId], 'undecryptable')
    }
    const waiting = this.#waiting.get(entry.eventId) ?? { tries: 0, retryAt: 0 }
    const pauseMs = RETRY_MS[Math.min(waiting.tries, RETRY_MS.length - 1)] ?? RETRY_MS[0]
    const untilNoticeMs = noticeAfterMs - age
    waiting.tries += 1
    waiting.retryAt = now() + (untilNoticeMs > 0 ? Math.min(pauseMs, untilNoticeMs) : pauseMs)
    this.#waiting.set(entry.eventId, waiting)
    this.#schedule(waiting.retryAt)
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
    const next = Math.min(at, ...[...this.#waiting.values()].map((waiting) => waiting.retryAt))
    this.#timer = setTimeout(() => this.wake(), Math.max(50, next - this.#ports.now()))
    this.#timer.unref()
  }
}
