import { setTimeout as delay } from 'node:timers/promises'
import { HttpApiEvent } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
import type { Conversation } from '../../contracts/conversation.ts'
import type { EdgeStore } from '../../contracts/edge-store.ts'
import type { DeviceId, RoomId, UserId } from '../../contracts/ids.ts'
import type { CrashPoints, HealthCheck, Log } from '../../contracts/platform.ts'
import type { RecordStore } from '../../contracts/record-store.ts'
import type { Fault, Result } from '../../contracts/result.ts'
import type { RoomSender } from '../../contracts/room-sender.ts'
import type { Encryption, Readers, RoomState } from '../../contracts/room-state.ts'
import { signIn } from './account.ts'
import type { AccountAccess } from './account.ts'
import { CatchUp } from './catch-up.ts'
import { askEncryption, EncryptedSender } from './encrypted-sender.ts'
import { ensureIdentity, SecretStorageKeys } from './identity.ts'
import type { RecoveryKeyFile } from './identity.ts'
import { InboxPump } from './inbox-pump.ts'
import { installIndexedDb } from './indexed-db/install.ts'
import { Invitations } from './invitations.ts'
import { MatrixRoomSender } from './matrix-room-sender.ts'
import { OutboxSender } from './outbox-sender.ts'
import { createReaders } from './device-readers.ts'
import { SendAllowance } from './rate-limit.ts'
import type { RateLimit } from './rate-limit.ts'
import { readSync } from './read-sync.ts'
import type { SyncContext } from './read-sync.ts'
import { pinMessage } from './pinned-message.ts'
import { RoomMirror } from './room-mirror.ts'
import { createSdkClient, setTrust, startSync, trimTimeline } from './sdk-client.ts'
import type { SignedIn } from './signed-in.ts'
import { DurableSyncStore } from './sync-store.ts'

const DEVICE_FACT = 'device'
const IDENTITY_FACT = 'identity-of-device'
const SIGN_IN_RETRY_MS = 1_000
const SIGN_IN_LAST_RETRY_MS = 30_000
/** /sync answers at the latest after 30 s; three times that without one is not synced. */
const SYNC_STALE_MS = 90_000
/** What runs at a stop may go on this long. */
const DRAIN_MS = 5_000

export interface MatrixEdgeOptions {
  readonly access: AccountAccess
  readonly trust: 'signed' | 'any'
  readonly displayName: string
  readonly rateLimit: RateLimit | undefined
  /** 32 bytes; opens the SDK's crypto store inside the record store. */
  readonly storageKey: Uint8Array
  readonly undecryptableNoticeMs: number
}

export interface MatrixEdgePorts {
  readonly store: EdgeStore
  readonly records: RecordStore
  readonly recoveryKey: RecoveryKeyFile
  readonly crashPoints: CrashPoints
  readonly log: Log
  readonly now: () => number
  /** Called once, when the account is known and sending is possible, before the first message is handed over. */
  connect(edge: {
    readonly sender: RoomSender
    readonly rooms: RoomState
    readonly readers: Readers
    readonly ownUserId: UserId
  }): Conversation
}

/** The encrypted edge while it runs. */
export interface MatrixEdge extends AsyncDisposable {
  readonly ownUserId: UserId
  readonly deviceId: DeviceId
  readonly ed25519: string
  health(): readonly HealthCheck[]
  /** Since the homeserver answered last, and how many messages wait for a key. */
  readings(): { readonly syncAgeSeconds: number; readonly undecryptable: number }
  /** Whether new messages are handed over. What comes meanwhile stays committed and is answered later. */
  accept(accepting: boolean): void
}

/**
 * Signs in, opens the crypto store, makes the device a signed one and starts to take messages. A homeserver that does not
 * answer is waited for; what a person must mend is a fault. Abort ends the waiting.
 */
export async function openMatrixEdge(
  options: MatrixEdgeOptions,
  ports: MatrixEdgePorts,
  signal: AbortSignal,
): Promise<Result<MatrixEdge, Fault>> {
  const account = await signInWhenReachable(options, ports, signal)
  if (!account.ok) return account
  await claimStore(account.value, ports)
  const link = await openLink(account.value, options, ports)
  const { client, keys } = link
  const outbound = openOutbound(link, options, ports)
  ports.store.outbox.sendAs(account.value.deviceId)
  const conversation = ports.connect({
    sender: outbound.sender,
    rooms: link.mirror,
    readers: createReaders(client, options.trust),
    ownUserId: account.value.userId,
  })
  link.inbound.invitations = await Invitations.create({ ...link, facts: ports.store.facts, conversation, log: ports.log })

  await startSync(client, signal)
  const identity = await signDevice(client, account.value, keys, ports)
  if (!identity.ok) {
    client.stopClient()
    return identity
  }
  await nameAccount(client, options.displayName, ports)
  const { pump, catchUp } = openInbound(link, { conversation, noticeAfterMs: options.undecryptableNoticeMs }, ports)
  void outbound.outbox.flush()
  const deviceKeys = await client.getCrypto()?.getOwnDeviceKeys()
  return {
    ok: true,
    value: {
      ownUserId: account.value.userId,
      deviceId: account.value.deviceId,
      ed25519: deviceKeys?.ed25519 ?? '',
      health: () => healthOf(link.status, pump, ports.now()),
      readings: () => ({ syncAgeSeconds: (ports.now() - link.status.syncedAt) / 1000, undecryptable: pump.undecryptable }),
      accept: (accepting) => pump.accept(accepting),
      [Symbol.asyncDispose]: async () => {
        for (const part of [pump, catchUp, link.inbound.invitations]) part?.[Symbol.dispose]()
        await conversation.drain(DRAIN_MS)
        client.stopClient()
        await outbound.outbox[Symbol.asyncDispose]()
      },
    },
  }
}

/** Everything that hangs on one signed-in client. */
interface Link {
  readonly client: MatrixClient
  readonly ownUserId: UserId
  readonly deviceId: DeviceId
  readonly keys: SecretStorageKeys
  readonly mirror: RoomMirror
  readonly context: SyncContext
  readonly status: { syncedAt: number; loggedOut: boolean }
  /** Woken by each committed response; they are opened when the client can already be used. */
  readonly inbound: { pump?: InboxPump; catchUp?: CatchUp; invitations?: Invitations }
  readonly learned: (roomId: RoomId, encryption: 'encrypted' | 'plain') => Promise<void>
}

/** Nothing of the crypto store is opened before it is known to belong to this device. */
async function claimStore(account: SignedIn, { records, store, log }: MatrixEdgePorts): Promise<void> {
  const { userId, deviceId } = account
  if (records.owner === undefined) records.claim({ userId, deviceId })
  await store.facts.write(DEVICE_FACT, JSON.stringify({ userId, deviceId }))
  if (account.replacesLostDevice) log.warn('crypto-store-lost', { device: deviceId })
  installIndexedDb(records)
}

async function openLink(account: SignedIn, options: MatrixEdgeOptions, ports: MatrixEdgePorts): Promise<Link> {
  const { store, log } = ports
  const saved = await store.sync.savedSync()
  const mirror = new RoomMirror(await store.sync.rooms())
  const context: SyncContext = {
    ownUserId: account.userId,
    isKnown: (roomId) => mirror.has(roomId),
    // a first sync brings the past of every room; only what is said from now on is answered
    ignoreBefore: saved === undefined ? ports.now() - 60_000 : 0,
  }
  const keys = new SecretStorageKeys()
  const status = { syncedAt: 0, loggedOut: false }
  const inbound: Link['inbound'] = {}
  const syncStore = new DurableSyncStore({
    saved,
    store: store.sync,
    read: (response) => readSync(response, context),
    noteInvitations: (response) => inbound.invitations?.note(response) ?? Promise.resolve(),
    accepted: (batch) => {
      mirror.apply(batch)
      status.syncedAt = ports.now()
      for (const part of [inbound.pump, inbound.catchUp, inbound.invitations]) part?.wake()
      for (const room of batch.rooms) trimTimeline(client, room.roomId)
    },
  })
  const client = createSdkClient(account, { store: syncStore, callbacks: keys.callbacks, log })
  client.on(HttpApiEvent.SessionLoggedOut, () => {
    status.loggedOut = true
    log.error('matrix-logged-out', { device: account.deviceId })
  })
  await client.initRustCrypto({ cryptoDatabasePrefix: 'assistant', storageKey: Uint8Array.from(options.storageKey) })
  setTrust(client, options.trust)
  return {
    client,
    ownUserId: account.userId,
    deviceId: account.deviceId,
    keys,
    mirror,
    context,
    status,
    inbound,
    learned: async (roomId, encryption) => {
      if (encryption === 'encrypted') await store.sync.setEncrypted(roomId)
      mirror.setEncryption(roomId, encryption)
    },
  }
}

function openOutbound(
  link: Link,
  options: MatrixEdgeOptions,
  ports: MatrixEdgePorts,
): { readonly sender: MatrixRoomSender; readonly outbox: OutboxSender } {
  const { client, ownUserId, deviceId, mirror, learned } = link
  const { crashPoints, log, now } = ports
  const allowance = new SendAllowance(options.rateLimit, now)
  const encrypted = new EncryptedSender({ client, ownUserId, encryptionOf: (roomId) => mirror.view(roomId).encryption, learned })
  const outbox = new OutboxSender({
    outbox: ports.store.outbox,
    sender: encrypted,
    pin: (roomId, eventId) => pinMessage({ client, facts: ports.store.facts, log }, roomId, eventId),
    allowance,
    deviceId,
    crashPoints,
    log,
    now,
  })
  return { outbox, sender: new MatrixRoomSender({ client, sender: encrypted, outbox, allowance }) }
}

function openInbound(
  link: Link,
  options: { readonly conversation: Conversation; readonly noticeAfterMs: number },
  ports: MatrixEdgePorts,
): { readonly pump: InboxPump; readonly catchUp: CatchUp } {
  const { client, mirror, inbound } = link
  const { store, log, crashPoints, now } = ports
  const catchUp = new CatchUp({
    client,
    store: store.sync,
    context: link.context,
    log,
    incompleteRooms: () => mirror.incomplete(),
    gapsOf: (roomId) => mirror.gapsOf(roomId),
    membersRead: (roomId, members) => mirror.replaceMembers(roomId, members),
    gapFilled: () => inbound.pump?.wake(),
  })
  const encryptionOf = async (roomId: RoomId): Promise<Encryption> => {
    const known = mirror.view(roomId).encryption
    if (known !== 'unknown') return known
    const asked = await askEncryption(client, roomId)
    if (asked !== 'unknown') await link.learned(roomId, asked)
    return asked
  }
  const pump = new InboxPump({ ...link, ...options, inbox: store.inbox, crashPoints, log, encryptionOf, now })
  Object.assign(inbound, { pump, catchUp })
  for (const part of [catchUp, pump, inbound.invitations]) part?.wake()
  return { pump, catchUp }
}

async function signInWhenReachable(
  options: MatrixEdgeOptions,
  ports: MatrixEdgePorts,
  signal: AbortSignal,
): Promise<Result<SignedIn, Fault>> {
  const stored = await ports.store.facts.read(DEVICE_FACT)
  const lastDevice = stored === undefined ? undefined : (JSON.parse(stored) as { userId: string; deviceId: string })
  const known = { storeOwner: ports.records.owner, lastDevice }
  for (let pauseMs = SIGN_IN_RETRY_MS; ; pauseMs = Math.min(pauseMs * 2, SIGN_IN_LAST_RETRY_MS)) {
    const account = await signIn(options.access, known)
    if (account.ok || account.error.code !== 'unreachable') return account
    ports.log.warn('homeserver-unreachable', { nextTryMs: pauseMs })
    try {
      await delay(pauseMs, undefined, { signal })
    } catch {
      return account
    }
  }
}

/** Once a device is known to be signed, later starts do not ask again: it costs three requests. */
async function signDevice(
  client: MatrixClient,
  account: SignedIn,
  keys: SecretStorageKeys,
  ports: MatrixEdgePorts,
): Promise<Result<true, Fault>> {
  if ((await ports.store.facts.read(IDENTITY_FACT)) === account.deviceId) return { ok: true, value: true }
  const identity = await ensureIdentity(client, keys, ports.recoveryKey)
  if (!identity.ok) return identity
  await ports.store.facts.write(IDENTITY_FACT, account.deviceId)
  ports.log.info('identity', { state: identity.value, device: account.deviceId })
  return { ok: true, value: true }
}

async function nameAccount(client: MatrixClient, name: string, ports: MatrixEdgePorts): Promise<void> {
  if ((await ports.store.facts.read('display-name')) === name) return
  try {
    await client.setDisplayName(name)
    await ports.store.facts.write('display-name', name)
  } catch {
    ports.log.warn('display-name-not-set')
  }
}

function healthOf(
  status: { readonly syncedAt: number; readonly loggedOut: boolean },
  pump: InboxPump,
  now: number,
): readonly HealthCheck[] {
  const ageMs = now - status.syncedAt
  return [
    { name: 'signed-in', ok: !status.loggedOut, detail: status.loggedOut ? 'the homeserver has logged this device out' : 'ok' },
    { name: 'synced', ok: ageMs < SYNC_STALE_MS, detail: `last response ${String(Math.round(ageMs / 1000))} s ago` },
    { name: 'decryption', ok: true, detail: `${String(pump.undecryptable)} waiting for a key` },
  ]
}
