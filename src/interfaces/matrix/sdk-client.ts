import { ClientEvent, createClient, Filter, SyncState } from 'matrix-js-sdk'
import type { ICreateClientOpts, MatrixClient, SyncStateData } from 'matrix-js-sdk'
import { AllDevicesIsolationMode, OnlySignedDevicesIsolationMode } from 'matrix-js-sdk/lib/crypto-api/index.js'
import type { CryptoCallbacks } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { logger as sdkLogger } from 'matrix-js-sdk/lib/logger.js'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import { RustBackupManager } from 'matrix-js-sdk/lib/rust-crypto/backup.js'
import type { Log } from '../../contracts/platform.ts'
import type { SignedIn } from './signed-in.ts'

/** More than this in one response is a gap, filled by /messages; homeservers cap it lower (Synapse: `filter_timeline_limit`). */
const TIMELINE_LIMIT = 500
/** Live timelines grow without bound in the SDK (6.8 KB a message); past this many events they are let go. */
const KEPT_EVENTS = 50

/** A client for plain requests: no crypto, no /sync, and nothing printed. */
export function createRequestClient(options: {
  readonly homeserver: string
  readonly token?: string
  readonly queryParams?: Readonly<Record<string, string>>
}): MatrixClient {
  silenceGlobalLogger()
  return createClient({
    baseUrl: options.homeserver,
    logger: quietLogger(undefined),
    ...(options.token === undefined ? {} : { accessToken: options.token }),
    ...(options.queryParams === undefined ? {} : { queryParams: { ...options.queryParams } }),
  })
}

/**
 * The SDK's client of one signed-in device. Its log carries no text of people, but also nothing we promised for it: only
 * that something was wrong, and of which kind, reaches ours.
 */
export function createSdkClient(
  account: SignedIn,
  options: { readonly store?: NonNullable<ICreateClientOpts['store']>; readonly callbacks: CryptoCallbacks; readonly log: Log },
): MatrixClient {
  silenceGlobalLogger()
  backUpAtOnce()
  return createClient({
    baseUrl: account.homeserver,
    userId: account.userId,
    deviceId: account.deviceId,
    accessToken: account.token,
    ...(account.queryParams === undefined ? {} : { queryParams: { ...account.queryParams } }),
    ...(options.store === undefined ? {} : { store: options.store }),
    cryptoCallbacks: options.callbacks,
    logger: quietLogger(options.log),
    disableVoip: true,
  })
}

/**
 * The SDK backs new room keys up at a random moment of ten seconds, to spare homeservers with many clients. What came in
 * that time would be lost with the store: a question nobody can read any more, or a past that other devices do not see.
 */
function backUpAtOnce(): void {
  Object.assign(RustBackupManager, { maxBackupLoopStartDelayMillis: 0 })
}

/** strict: devices their owner has not signed get no keys and are not heard (MSC4153). */
export function setTrust(client: MatrixClient, trust: 'signed' | 'any'): void {
  const mode = trust === 'signed' ? new OnlySignedDevicesIsolationMode() : new AllDevicesIsolationMode(false)
  client.getCrypto()?.setDeviceIsolationMode(mode)
}

/** Starts /sync for a bot: lazy members, no presence, no receipts, no typing. Resolves when the homeserver's first response is processed and kept. */
export async function startSync(client: MatrixClient, signal: AbortSignal): Promise<void> {
  const filter = Filter.fromJson(client.getSafeUserId(), '', {
    presence: { types: [] },
    room: {
      timeline: { limit: TIMELINE_LIMIT },
      state: { lazy_load_members: true },
      ephemeral: { types: [] },
      account_data: { types: [] },
    },
  })
  const prepared = new Promise<void>((resolve, reject) => {
    const heard = (state: SyncState, _before: SyncState | null, data?: SyncStateData): void => {
      // what was kept is told first; the homeserver's own answer may edit or take back what waits in the inbox
      const isFromHomeserver = (state === SyncState.Prepared || state === SyncState.Syncing) && data?.fromCache !== true
      if (!isFromHomeserver) return
      client.off(ClientEvent.Sync, heard)
      resolve()
    }
    client.on(ClientEvent.Sync, heard)
    signal.addEventListener('abort', () => reject(new Error('stopped before the first sync')), { once: true })
  })
  await client.startClient({ filter, lazyLoadMembers: true, disablePresence: true, initialSyncLimit: TIMELINE_LIMIT })
  withoutCalls(client)
  await prepared
}

/** Lets go of what a room's live timeline holds once it is long; nothing of ours reads it later. */
export function trimTimeline(client: MatrixClient, roomId: string): void {
  const room = client.getRoom(roomId)
  if (room !== null && room.getLiveTimeline().getEvents().length > KEPT_EVENTS) room.resetLiveTimeline(null, null)
}

/** Parts of the SDK print through this logger whatever logger they were given; its types hide that it is a loglevel one. */
function silenceGlobalLogger(): void {
  const global = sdkLogger as unknown as { methodFactory: () => () => void; rebuild(): void }
  // not by its level: each logger made from it sets its own, but takes over how it prints
  global.methodFactory = () => () => undefined
  global.rebuild()
}

/** Calls are not ours: without this the SDK looks for one in every room at every change of state, and prints what it finds. */
function withoutCalls(client: MatrixClient): void {
  const { startMatrixRTC } = client as unknown as { startMatrixRTC: () => void }
  client.off(ClientEvent.Sync, startMatrixRTC)
}

function quietLogger(log: Log | undefined): Logger {
  const silent = (): void => undefined
  const logger: Logger = {
    trace: silent,
    debug: silent,
    info: silent,
    warn: silent,
    error: (...parts: unknown[]) => log?.warn('matrix-sdk-error', { kind: parts.map(kindOf).find((kind) => kind !== undefined) }),
    getChild: () => logger,
  }
  return logger
}

function kindOf(part: unknown): string | undefined {
  if (!(part instanceof Error)) return undefined
  return 'errcode' in part && typeof part.errcode === 'string' ? part.errcode : part.name
}
