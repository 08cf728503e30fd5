import { EventEmitter } from 'node:events'
import { MatrixEventEvent } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
import { CryptoEvent, DecryptionFailureCode } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Conversation } from '../../../src/contracts/conversation.ts'
import type { Inbox, InboxEntry } from '../../../src/contracts/edge-store.ts'
import type { DeviceId, EventId, RoomId, UserId } from '../../../src/contracts/ids.ts'
import { InboxPump } from '../../../src/interfaces/matrix/inbox-pump.ts'

const roomId = '!room:localhost' as RoomId
const NOTICE_MS = 600_000

/** An event that cannot be decrypted until it is given its text. */
class SealedEvent extends EventEmitter {
  attempts = 0
  text: string | undefined
  reason: DecryptionFailureCode = DecryptionFailureCode.MEGOLM_UNKNOWN_INBOUND_SESSION_ID
  get decryptionFailureReason(): string | undefined {
    return this.isDecryptionFailure() ? this.reason : undefined
  }
  isRedacted = (): boolean => false
  isEncrypted = (): boolean => true
  isDecryptionFailure = (): boolean => this.text === undefined && this.attempts > 0
  attemptDecryption = (): Promise<void> => {
    this.attempts += 1
    this.emit(MatrixEventEvent.Decrypted, this)
    return Promise.resolve()
  }
  getSender = (): string => '@robin:localhost'
  getSenderKey = (): string => 'curve'
  getType = (): string => 'm.room.message'
  getWireContent = (): object => ({ session_id: 'S1', device_id: 'PHONE' })
  getOriginalContent = (): object => ({ msgtype: 'm.text', body: this.text })
}

class FakeClient extends EventEmitter {
  readonly made: SealedEvent[] = []
  readonly prepare: (event: SealedEvent) => void
  constructor(prepare: (event: SealedEvent) => void) {
    super()
    this.prepare = prepare
  }
  getEventMapper = () => (): SealedEvent => {
    const event = new SealedEvent()
    this.prepare(event)
    this.made.push(event)
    return event
  }
  decryptEventIfNeeded = (event: SealedEvent): Promise<void> => event.attemptDecryption()
  getCrypto = (): object => ({ getEncryptionInfoForEvent: () => Promise.resolve({ shieldReason: null }) })
}

/** A pump over one waiting event. `lateMs`: how far the clock stands behind the timers. */
function pumpOver(prepare: (event: SealedEvent) => void = () => undefined, lateMs = 0) {
  const client = new FakeClient(prepare)
  const entry = {
    roomId,
    eventId: '$1' as EventId,
    sequence: 1,
    sentAt: 0,
    receivedAt: Date.now(),
    raw: { type: 'm.room.encrypted' },
    draft: undefined,
    noticedAt: undefined,
  }
  const entries: InboxEntry[] = [entry]
  const said = { heard: [] as string[], notices: 0, unsigned: [] as string[], settled: [] as string[] }
  const inbox = {
    pending: () => Promise.resolve([...entries]),
    settle: (ids: readonly EventId[], reason: string) => {
      said.settled.push(reason)
      entries.splice(0, ids.length)
      return Promise.resolve()
    },
    noticed: (_ids: readonly EventId[], at: number) => {
      entries[0] = { ...entry, noticedAt: at }
      return Promise.resolve()
    },
  }
  const conversation = {
    receive: (batch: Parameters<Conversation['receive']>[0]) => {
      for (const { incoming } of batch) said.heard.push(incoming.kind === 'message' ? incoming.text : incoming.kind)
      return Promise.resolve()
    },
    undecryptable: () => {
      said.notices += 1
      return Promise.resolve()
    },
    unsignedDevice: (_user: UserId, device: string) => {
      said.unsigned.push(device)
      return Promise.resolve()
    },
  }
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
  const pump = new InboxPump({
    client: client as unknown as MatrixClient,
    inbox: inbox as unknown as Inbox,
    conversation: conversation as unknown as Conversation,
    ownUserId: '@assistant:localhost' as UserId,
    deviceId: 'D' as DeviceId,
    crashPoints: { reach: () => undefined },
    log,
    noticeAfterMs: NOTICE_MS,
    encryptionOf: () => Promise.resolve('encrypted'),
    now: () => Date.now() - lateMs,
  })
  pump.wake()
  return { client, pump, said, event: () => client.made[0] as SealedEvent }
}

describe('InboxPump', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('goes on trying when its timer comes a moment before the time', async () => {
    const { event, pump } = pumpOver(() => undefined, 1)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(event().attempts).toBeGreaterThanOrEqual(5)
    expect(pump.undecryptable).toBe(1)
  })

  it('gives notice once when the time for a key is over, and keeps trying', async () => {
    const { event, said } = pumpOver()
    await vi.advanceTimersByTimeAsync(NOTICE_MS - 1_000)
    expect(said.notices).toBe(0)
    await vi.advanceTimersByTimeAsync(3_600_000)
    expect(said.notices).toBe(1)
    expect(said.settled).toEqual([])
    event().text = 'late but there'
    await vi.advanceTimersByTimeAsync(60_000)
    expect(said.heard).toEqual(['late but there'])
  })

  it('holds one copy of what waits and one listener on it, however often it tries', async () => {
    const { client, event, pump } = pumpOver()
    await vi.advanceTimersByTimeAsync(2 * 3_600_000)
    expect(event().attempts).toBeGreaterThan(100)
    expect(client.made).toHaveLength(1)
    expect(event().listenerCount(MatrixEventEvent.Decrypted)).toBe(1)
    pump[Symbol.dispose]()
    expect(client.listenerCount(CryptoEvent.DevicesUpdated)).toBe(0)
  })

  it('is given up after a week', async () => {
    const { said } = pumpOver()
    await vi.advanceTimersByTimeAsync(8 * 86_400_000)
    expect(said.settled).toEqual(['undecryptable'])
  })

  it('hands a message over at once when its key comes', async () => {
    const { event, said } = pumpOver()
    await vi.advanceTimersByTimeAsync(10)
    event().text = 'here I am'
    event().emit(MatrixEventEvent.Decrypted, event())
    await vi.advanceTimersByTimeAsync(10)
    expect(said.heard).toEqual(['here I am'])
  })

  it('tells of an unsigned device only after the time a new login needs to sign itself, and hears it at once when it has', async () => {
    const { client, said } = pumpOver((event) => {
      event.reason = DecryptionFailureCode.UNSIGNED_SENDER_DEVICE
    })
    await vi.advanceTimersByTimeAsync(4_900)
    expect(said.unsigned).toEqual([])
    await vi.advanceTimersByTimeAsync(5_000)
    expect(said.unsigned).toEqual(['PHONE'])
    for (const event of client.made) event.text = 'signed now'
    vi.spyOn(client, 'prepare').mockImplementation((event) => {
      event.text = 'signed now'
    })
    client.emit(CryptoEvent.DevicesUpdated, ['@robin:localhost'], false)
    await vi.advanceTimersByTimeAsync(10)
    expect(said.heard).toEqual(['signed now'])
  })

  it('settles what an unsigned device said when nobody signed it in time', async () => {
    const { said } = pumpOver((event) => {
      event.reason = DecryptionFailureCode.UNSIGNED_SENDER_DEVICE
    })
    await vi.advanceTimersByTimeAsync(NOTICE_MS + 60_000)
    expect(said.settled).toEqual(['unsigned-device'])
  })
})
