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
import type { Encryption, RoomState } from '../../contracts/room-state.ts'
import { signIn } from './account.ts'
import type { AccountAccess } from './account.ts'
import { CatchUp } from './catch-up.ts'
import { askEncryption, EncryptedSender } from './encrypted-sender.ts'
import { findSent } from './find-sent.ts'
import { ensureIdentity, SecretStorageKeys } from './identity.ts'
import type { RecoveryKeyFile } from './identity.ts'
import { InboxPump } from './inbox-pump.ts'
import { installIndexedDb } from './indexed-db/install.ts'
import { Invitations } from './invitations.ts'
import { MatrixRoomSender } from './matrix-room-sender.ts'
import { OutboxSender } from './outbox-sender.ts'
import { SendAllowance } from './rate-limit.ts'
import type { RateLimit } from './rate-limit.ts'
import { readSync } from './read-sync.ts'
import type { SyncContext } from './read-sync.ts'
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
  connect(edge: { readonly sender: RoomSender; readonly rooms: RoomState; readonly ownUserId: UserId }): Conversation
}

/** The encrypted edge while it runs. */
export interface MatrixEdge extends AsyncDisposable {
  readonly ownUserId: UserId
  readonly deviceId: DeviceId
  readonly ed25519: string
  health(): readonly HealthCheck[]
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
  const { store, records, log } = ports
  const account = await signInWhenReachable(options, ports, signal)
  if (!account.ok) return account
  const { userId, deviceId } = account.value
  if (records.owner === undefined) records.claim({ userId, deviceId })
  await store.facts.write(DEVICE_FACT, JSON.stringify({ userId, deviceId }))
  if (account.value.replacesLostDevice) log.warn('crypto-store-lost', { device: deviceId })
  installIndexedDb(records)

  const saved = await store.sync.savedSync()
  const mirror = new RoomMirror(await store.sync.rooms())
  const context: SyncContext = {
    ownUserId: userId,
    isKnown: (roomId) => mirror.has(roomId),
    // a first sync brings the past of every room; only what is said from now on is answered
    ignoreBefore: saved === undefined ? ports.now() - 60_000 : 0,
  }
  const keys = new SecretStorageKeys()
  // the parts below meet in the store's callbacks, which the client calls only after it was started
  const parts: { pump?: InboxPump; catchUp?: CatchUp; invitations?: Invitations; client?: MatrixClient } = {}
  const status = { syncedAt: 0, loggedOut: false }
  const syncStore = new DurableSyncStore({
    saved,
    store: store.sync,
    read: (response) => readSync(response, context),
    noteInvitations: (response) => parts.invitations?.note(response) ?? Promise.resolve(),
    accepted: (batch) => {
      mirror.apply(batch)
      status.syncedAt = ports.now()
      parts.pump?.wake()
      parts.catchUp?.wake()
      parts.invitations?.wake()
      for (const room of batch.rooms) if (parts.client !== undefined) trimTimeline(parts.client, room.roomId)
    },
  })
  const client = createSdkClient(account.value, { store: syncStore, callbacks: keys.callbacks, log })
  parts.client = client
  client.on(HttpApiEvent.SessionLoggedOut, () => {
    status.loggedOut = true
    log.error('matrix-logged-out', { device: deviceId })
  })
  await client.initRustCrypto({ cryptoDatabasePrefix: 'assistant', storageKey: Uint8Array.from(options.storageKey) })
  setTrust(client, options.trust)

  const learned = async (roomId: RoomId, encryption: 'encrypted' | 'plain'): Promise<void> => {
    if (encryption === 'encrypted') await store.sync.setEncrypted(roomId)
    mirror.setEncryption(roomId, encryption)
  }
  const encryptionOf = async (roomId: RoomId): Promise<Encryption> => {
    const known = mirror.view(roomId).encryption
    if (known !== 'unknown') return known
    const asked = await askEncryption(client, roomId)
    if (asked !== 'unknown') await learned(roomId, asked)
    return asked
  }
  const allowance = new SendAllowance(options.rateLimit, ports.now)
  const sender = new EncryptedSender({ client, ownUserId: userId, encryptionOf: (roomId) => mirror.view(roomId).encryption, learned })
  const outbox = new OutboxSender({
    outbox: store.outbox,
    sender,
    allowance,
    deviceId,
    crashPoints: ports.crashPoints,
    log,
    findSent: (row, part) => findSent(client, userId, row, part),
    now: ports.now,
  })
  const conversation = ports.connect({
    sender: new MatrixRoomSender({ client, sender, outbox, allowance }),
    rooms: mirror,
    ownUserId: userId,
  })
  parts.invitations = await Invitations.create({ client, facts: store.facts, conversation, ownUserId: userId, log })

  await startSync(client, signal)
  const identity = await signDevice(client, account.value, keys, ports)
  if (!identity.ok) {
    client.stopClient()
    return identity
  }
  await nameAccount(client, options.displayName, ports)
  parts.catchUp = new CatchUp({
    client,
    store: store.sync,
    context,
    log,
    incompleteRooms: () => mirror.incomplete(),
    membersRead: (roomId, members) => mirror.replaceMembers(roomId, members),
    gapFilled: () => parts.pump?.wake(),
  })
  parts.pump = new InboxPump({
    client,
    inbox: store.inbox,
    conversation,
    ownUserId: userId,
    deviceId,
    crashPoints: ports.crashPoints,
    log,
    noticeAfterMs: options.undecryptableNoticeMs,
    encryptionOf,
    now: ports.now,
  })
  parts.catchUp.wake()
  parts.pump.wake()
  parts.invitations.wake()
  void outbox.flush()
  const ed25519 = (await client.getCrypto()?.getOwnDeviceKeys())?.ed25519 ?? ''
  const { pump, catchUp, invitations } = parts
  return {
    ok: true,
    value: {
      ownUserId: userId,
      deviceId,
      ed25519,
      health: () => healthOf(status, pump, ports.now()),
      accept: (accepting) => pump.accept(accepting),
      [Symbol.asyncDispose]: async () => {
        pump[Symbol.dispose]()
        catchUp[Symbol.dispose]()
        invitations[Symbol.dispose]()
        await conversation.drain(5_000)
        client.stopClient()
        await outbox[Symbol.asyncDispose]()
      },
    },
  }
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
