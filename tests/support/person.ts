import { randomUUID } from 'node:crypto'
import { MatrixEventEvent, RoomEvent } from 'matrix-js-sdk'
import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk'
import type { EventId, RoomId, UserId } from '../../src/contracts/ids.ts'
import { EncryptedSender } from '../../src/interfaces/matrix/encrypted-sender.ts'
import { ensureIdentity, SecretStorageKeys } from '../../src/interfaces/matrix/identity.ts'
import { logInPerson, passwordAuth, registerPerson } from '../../src/interfaces/matrix/person-account.ts'
import { LIVE_KEY } from '../../src/interfaces/matrix/render-message.ts'
import type { TURN_KEY } from '../../src/interfaces/matrix/render-message.ts'
import { createSdkClient, setTrust, startSync } from '../../src/interfaces/matrix/sdk-client.ts'
import type { SignedIn } from '../../src/interfaces/matrix/signed-in.ts'
import { waitUntil } from './wait-until.ts'

/** One message event of somebody else, as this person's device saw it. */
export interface Heard {
  readonly eventId: EventId
  readonly roomId: RoomId
  readonly sender: UserId
  /** ms since the epoch, when this device had it decrypted. */
  readonly at: number
  readonly msgtype: string
  readonly body: string
  readonly content: Readonly<Record<string, unknown>>
  readonly encrypted: boolean
  /** The event this one edits. */
  readonly edits: EventId | undefined
  readonly isFinal: boolean
}

/** One answer: a message with its edits folded in. */
export interface Answer {
  readonly eventId: EventId
  readonly text: string
  readonly isFinal: boolean
  readonly edits: number
  readonly last: Heard
}

export interface PersonOptions {
  readonly homeserver: string
  readonly registrationSecret: string
  readonly localpart: string
  /** true: MSC4153, only signed devices get keys and are heard; the default. */
  readonly strict?: boolean
  /** false: this device stays without its owner's signature. */
  readonly signed?: boolean
  /** Of an account that exists already: a further device signs itself with it. */
  readonly recoveryKey?: string
  readonly password?: string
}

/** A person at a js-sdk client with keys in memory: what Element does, without its screen. */
export class Person implements AsyncDisposable {
  readonly session: SignedIn
  readonly client: MatrixClient
  readonly password: string
  readonly recoveryKey: string
  /** In the order they were decrypted. */
  readonly heard: Heard[] = []
  /** Ids of events this device could not decrypt, so far. */
  readonly undecryptable = new Set<EventId>()
  readonly #sender: EncryptedSender

  private constructor(session: SignedIn, client: MatrixClient, password: string, recoveryKey: string) {
    this.session = session
    this.client = client
    this.password = password
    this.recoveryKey = recoveryKey
    this.#sender = new EncryptedSender({
      client,
      ownUserId: session.userId,
      encryptionOf: () => 'encrypted',
      learned: () => Promise.resolve(),
    })
    this.#listen()
  }

  static async open(options: PersonOptions): Promise<Person> {
    const password = options.password ?? 'correct horse'
    const account = { homeserver: options.homeserver, localpart: options.localpart, displayName: options.localpart, password }
    await registerPerson(account, options.registrationSecret)
    const session = await logInPerson(account, 'test')
    const keys = new SecretStorageKeys()
    const client = createSdkClient(session, { callbacks: keys.callbacks, log: silentLog })
    await client.initRustCrypto({ useIndexedDB: false })
    setTrust(client, options.strict === false ? 'any' : 'signed')
    await startSync(client, AbortSignal.timeout(60_000))
    let recoveryKey = options.recoveryKey
    if (options.signed !== false) {
      const file = {
        read: () => Promise.resolve(recoveryKey),
        write: (key: string) => {
          recoveryKey = key
          return Promise.resolve()
        },
      }
      const identity = await ensureIdentity(client, keys, file, passwordAuth(account, session.userId))
      if (!identity.ok) throw new Error(identity.error.sentence)
    }
    return new Person(session, client, password, recoveryKey ?? '')
  }

  get userId(): UserId {
    return this.session.userId
  }

  /** Sends an encrypted text; `mention` addresses somebody. */
  async say(
    roomId: RoomId,
    text: string,
    extra: { readonly mention?: UserId; readonly content?: Readonly<Record<string, unknown>> } = {},
  ): Promise<EventId> {
    const content = {
      msgtype: 'm.text',
      body: text,
      'm.mentions': extra.mention === undefined ? {} : { user_ids: [extra.mention] },
      ...extra.content,
    }
    const sent = await this.#sender.send({ roomId, transaction: randomUUID(), content })
    if (sent.kind !== 'sent') throw new Error(`not sent: ${JSON.stringify(sent)}`)
    return sent.eventId
  }

  /** Answers of others in a room, in order, edits folded in. */
  answers(roomId: RoomId): readonly Answer[] {
    const answers = new Map<EventId, Answer>()
    for (const heard of this.heard.filter((event) => event.roomId === roomId)) {
      const id = heard.edits ?? heard.eventId
      const before = answers.get(id)
      const edits = (before?.edits ?? 0) + (heard.edits === undefined ? 0 : 1)
      answers.set(id, { eventId: id, text: heard.body, isFinal: heard.isFinal, edits, last: heard })
    }
    return [...answers.values()]
  }

  /** The first final answer in the room that `accept` takes; throws with what was heard. */
  async waitForAnswer(roomId: RoomId, accept: (answer: Answer) => boolean, timeoutMs = 30_000): Promise<Answer> {
    return waitUntil(
      () => this.answers(roomId).find((answer) => answer.isFinal && accept(answer)),
      () =>
        `no such answer; heard: ${JSON.stringify(this.answers(roomId).map(({ text, isFinal }) => ({ text: text.slice(0, 80), isFinal })))}, undecryptable: ${String(this.undecryptable.size)}`,
      timeoutMs,
    )
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.client.stopClient()
    return Promise.resolve()
  }

  #listen(): void {
    const seen = new Set<string>()
    const take = (event: MatrixEvent): void => {
      const id = event.getId() as EventId | undefined
      if (id === undefined || event.getSender() === this.userId || event.isState()) return
      if (event.isDecryptionFailure()) this.undecryptable.add(id)
      if (seen.has(id) || event.isBeingDecrypted() || event.isDecryptionFailure() || event.getType() !== 'm.room.message') return
      seen.add(id)
      this.undecryptable.delete(id)
      this.heard.push(toHeard(id, event))
    }
    this.client.on(RoomEvent.Timeline, take)
    this.client.on(MatrixEventEvent.Decrypted, take)
    // what the first sync brought, for a further device of an account
    for (const room of this.client.getRooms()) for (const event of room.getLiveTimeline().getEvents()) take(event)
  }
}

interface WireContent {
  readonly msgtype?: string
  readonly body?: string
  readonly 'm.new_content'?: WireContent
  readonly 'm.relates_to'?: { readonly rel_type?: string; readonly event_id?: string }
  readonly [LIVE_KEY]?: unknown
  readonly [TURN_KEY]?: unknown
}

function toHeard(eventId: EventId, event: MatrixEvent): Heard {
  const content = event.getOriginalContent() as WireContent
  const relation = content['m.relates_to'] ?? (event.getWireContent() as WireContent)['m.relates_to']
  const isEdit = relation?.rel_type === 'm.replace'
  const shown = (isEdit ? content['m.new_content'] : undefined) ?? content
  return {
    eventId,
    roomId: event.getRoomId() as RoomId,
    sender: event.getSender() as UserId,
    at: Date.now(),
    msgtype: shown.msgtype ?? '',
    body: shown.body ?? '',
    content: content as Readonly<Record<string, unknown>>,
    encrypted: event.isEncrypted(),
    edits: isEdit ? (relation.event_id as EventId) : undefined,
    isFinal: shown[LIVE_KEY] === undefined,
  }
}

const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined }
