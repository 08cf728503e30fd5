import { ClientEvent, ConnectionError, MatrixError, MatrixEventEvent, RoomEvent } from 'matrix-js-sdk'
import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk'
import type { EventId, RoomId, TurnId, UserId } from '../../contracts/ids.ts'
import type { Log } from '../../contracts/platform.ts'
import type { RecordStore } from '../../contracts/record-store.ts'
import type { Fault, Result } from '../../contracts/result.ts'
import type { SignedIn } from './signed-in.ts'
import { EncryptedSender } from './encrypted-sender.ts'
import { ensureIdentity, SecretStorageKeys } from './identity.ts'
import { installIndexedDb } from './indexed-db/install.ts'
import { logInPerson } from './person-account.ts'
import type { PersonAccount } from './person-account.ts'
import { LIVE_KEY, TURN_KEY } from './render-message.ts'
import { createRequestClient, createSdkClient, setTrust, startSync } from './sdk-client.ts'

export interface ChatAccount extends PersonAccount {
  readonly recoveryKey: string
}

export interface ChatPorts {
  readonly records: RecordStore
  /** 32 bytes. */
  readonly storageKey: Uint8Array
  /** The login of this device, kept 0600 by the caller. */
  readonly session: { read(): Promise<SignedIn | undefined>; write(session: SignedIn): Promise<void> }
  readonly log: Log
}

/** One text of somebody else, as it stands now: `id` stays the same while it grows. */
export interface HeardText {
  readonly id: EventId
  readonly roomId: RoomId
  readonly sender: UserId
  readonly text: string
  /** False while the text is still being written. */
  readonly isFinal: boolean
  readonly isLastPart: boolean
  /** Of an answer of the assistant that is complete. */
  readonly turn: TurnId | undefined
  readonly repliesTo: EventId | undefined
}

/** A person's own encrypted Matrix client: device signed with the recovery key, keys in its own store. */
export interface ChatClient extends AsyncDisposable {
  readonly userId: UserId
  say(roomId: RoomId, text: string, mention: UserId | undefined): Promise<Result<EventId, Fault>>
  /** Texts of others as they come and grow; plain ones in an encrypted room are not heard. */
  onText(listener: (heard: HeardText) => void): void
}

/** Opens the person's device, new at the first time. It trusts signed devices only, as a strict Element does. */
export async function openChatClient(account: ChatAccount, ports: ChatPorts): Promise<Result<ChatClient, Fault>> {
  try {
    return await openDevice(account, ports)
  } catch (error) {
    if (error instanceof ConnectionError || (error instanceof Error && error.name === 'TimeoutError')) {
      const sentence = `The homeserver ${account.homeserver} does not answer. Is it running? \`npm start\` brings it up.`
      return { ok: false, error: { code: 'unreachable', sentence } }
    }
    if (!(error instanceof MatrixError)) throw error
    const sentence = `The homeserver refused (${error.errcode ?? String(error.httpStatus)}). If the demo was made anew, remove the folder chat/ in the data home and try again.`
    return { ok: false, error: { code: 'refused', sentence } }
  }
}

async function openDevice(account: ChatAccount, ports: ChatPorts): Promise<Result<ChatClient, Fault>> {
  const { records } = ports
  const stored = await ports.session.read()
  const known = stored !== undefined && records.owner !== undefined ? stored : undefined
  // what is wrong shows here at once; the SDK's sync would go on trying
  if (known !== undefined) await createRequestClient({ homeserver: known.homeserver, token: known.token }).whoami()
  const session = known ?? (await logInPerson(account, 'AI Ops terminal'))
  if (records.owner === undefined) records.claim({ userId: session.userId, deviceId: session.deviceId })
  if (records.owner?.deviceId !== session.deviceId) {
    const sentence = 'The key store of this terminal belongs to another login. Remove the folder chat/ in the data home and try again.'
    return { ok: false, error: { code: 'foreign-store', sentence } }
  }
  await ports.session.write(session)
  installIndexedDb(records)
  const keys = new SecretStorageKeys()
  const client = createSdkClient(session, { callbacks: keys.callbacks, log: ports.log })
  await client.initRustCrypto({ cryptoDatabasePrefix: 'chat', storageKey: Uint8Array.from(ports.storageKey) })
  setTrust(client, 'signed')
  const listeners: ((heard: HeardText) => void)[] = []
  listen(client, session.userId, (heard) => listeners.forEach((listener) => listener(heard)))
  await startSync(client, AbortSignal.timeout(60_000))
  const recoveryKey = { read: () => Promise.resolve(account.recoveryKey), write: () => Promise.resolve() }
  const identity = await ensureIdentity(client, keys, recoveryKey)
  if (!identity.ok) return identity
  const sender = new EncryptedSender({
    client,
    ownUserId: session.userId,
    // the terminal speaks in encrypted rooms only
    encryptionOf: () => 'encrypted',
    learned: () => Promise.resolve(),
  })
  return {
    ok: true,
    value: {
      userId: session.userId,
      say: (roomId, text, mention) => say(sender, roomId, text, mention),
      onText: (listener) => void listeners.push(listener),
      [Symbol.asyncDispose]: () => {
        client.stopClient()
        return Promise.resolve()
      },
    },
  }
}

async function say(sender: EncryptedSender, roomId: RoomId, text: string, mention: UserId | undefined): Promise<Result<EventId, Fault>> {
  const content = { msgtype: 'm.text', body: text, 'm.mentions': mention === undefined ? {} : { user_ids: [mention] } }
  const sent = await sender.send({ roomId, transaction: crypto.randomUUID(), content })
  if (sent.kind === 'sent') return { ok: true, value: sent.eventId }
  const why = sent.kind === 'limited' ? `the homeserver asks to wait ${String(Math.ceil(sent.retryAfterMs / 1000))} s` : sent.kind
  return { ok: false, error: { code: 'not-sent', sentence: `The message was not sent: ${why}. Is this person in the room?` } }
}

interface Relation {
  readonly rel_type?: unknown
  readonly event_id?: unknown
  readonly 'm.in_reply_to'?: { readonly event_id?: EventId }
}

interface HeardContent {
  readonly msgtype?: unknown
  readonly body?: unknown
  readonly 'm.new_content'?: HeardContent
  readonly 'm.relates_to'?: Relation
  readonly [LIVE_KEY]?: unknown
  readonly [TURN_KEY]?: { readonly id: TurnId; readonly part: number; readonly parts: number }
}

function listen(client: MatrixClient, ownUserId: UserId, hear: (heard: HeardText) => void): void {
  const seen = new Set<string>()
  let live = false
  client.once(ClientEvent.Sync, () => {
    live = true
  })
  const take = (event: MatrixEvent): void => {
    const id = event.getId()
    if (!live || id === undefined || seen.has(id) || event.getSender() === ownUserId || !isReadable(event)) return
    seen.add(id)
    hear(toHeard(id, event))
  }
  client.on(RoomEvent.Timeline, take)
  client.on(MatrixEventEvent.Decrypted, take)
}

function isReadable(event: MatrixEvent): boolean {
  if (!event.isEncrypted() || event.isBeingDecrypted() || event.isDecryptionFailure()) return false
  return event.getType() === 'm.room.message'
}

function toHeard(id: string, event: MatrixEvent): HeardText {
  const content = event.getOriginalContent() as HeardContent
  const relation = content['m.relates_to'] ?? (event.getWireContent() as HeardContent)['m.relates_to']
  const edited = relation?.rel_type === 'm.replace' ? content['m.new_content'] : undefined
  const shown = edited ?? content
  return {
    id: (edited === undefined ? id : String(relation?.event_id)) as EventId,
    roomId: event.getRoomId() as RoomId,
    sender: event.getSender() as UserId,
    text: typeof shown.body === 'string' ? shown.body : '',
    ...endOf(shown),
    repliesTo: relation?.['m.in_reply_to']?.event_id,
  }
}

function endOf({ [TURN_KEY]: mark, [LIVE_KEY]: live }: HeardContent): Pick<HeardText, 'isFinal' | 'isLastPart' | 'turn'> {
  const isFinal = live === undefined
  return { isFinal, isLastPart: isFinal && (mark === undefined || mark.part === mark.parts - 1), turn: mark?.id }
}
