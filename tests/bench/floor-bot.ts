/**
 * The floor: as little as an encrypted bot can do that loses no message. One call to the upstream without any gateway,
 * one `sendEvent`; no people, rooms, roles, checks, memory, ledger or limits.
 *
 * `floor-bot.ts OPTIONS` with `FloorOptions` as JSON. Prints `ready` once it has synced.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ClientEvent, createClient, EventType, Filter, MatrixEventEvent, MsgType, RelationType } from 'matrix-js-sdk'
import type { MatrixClient, MatrixEvent } from 'matrix-js-sdk'
import { logger as sdkLogger } from 'matrix-js-sdk/lib/logger.js'
import type { Logger } from 'matrix-js-sdk/lib/logger.js'
import { openRecordStore } from '../../src/data/record-store.ts'
import { ensureIdentity, SecretStorageKeys } from '../../src/interfaces/matrix/identity.ts'
import { installIndexedDb } from '../../src/interfaces/matrix/indexed-db/install.ts'
import { FLOOR_DEVICE } from './floor-options.ts'
import type { FloorOptions } from './floor-options.ts'
import { FloorStore } from './floor-store.ts'

const EDIT_INTERVAL_MS = 500

const options = JSON.parse(process.argv[2] ?? '') as FloorOptions
const handled = new Set<string>()
const silent = (): void => undefined
const quiet: Logger = { trace: silent, debug: silent, info: silent, warn: silent, error: silent, getChild: () => quiet }
const sdkGlobal = sdkLogger as unknown as { methodFactory: () => () => void; rebuild(): void }
sdkGlobal.methodFactory = () => silent
sdkGlobal.rebuild()

const store = new FloorStore(join(options.folder, 'floor.db'), options.userId)
await run()

async function run(): Promise<void> {
  const { homeserver, token, userId, folder } = options
  const identityFile = join(folder, 'recovery-key')
  const readKey = (): Promise<string | undefined> => readFile(identityFile, 'utf8').catch(() => undefined)
  const isNew = (await readKey()) === undefined
  installIndexedDb(openRecords())
  const keys = new SecretStorageKeys()
  const client = createClient({
    baseUrl: homeserver,
    accessToken: token,
    userId,
    deviceId: FLOOR_DEVICE,
    queryParams: { user_id: userId, device_id: FLOOR_DEVICE },
    store,
    cryptoCallbacks: keys.callbacks,
    logger: quiet,
  })
  await client.initRustCrypto({ cryptoDatabasePrefix: 'floor', storageKey: new Uint8Array(32).fill(9) })
  client.on(MatrixEventEvent.Decrypted, (event) => void answer(client, event))
  const prepared = new Promise<void>((resolve) => client.once(ClientEvent.Sync, () => resolve()))
  const filter = Filter.fromJson(userId, '', { room: { timeline: { limit: 500 } } })
  const left = store.pending().map((raw) => client.getEventMapper({ decrypt: false })(raw))
  await client.startClient({ filter, lazyLoadMembers: true, disablePresence: true, initialSyncLimit: 1 })
  await prepared
  for (const event of left) void client.decryptEventIfNeeded(event).then(() => answer(client, event))
  if (isNew) {
    const identity = await ensureIdentity(client, keys, { read: readKey, write: (key) => writeFile(identityFile, key) })
    if (!identity.ok) throw new Error(identity.error.sentence)
  }
  flushCompileCache()
  process.stdout.write('ready\n')
}

function openRecords(): Parameters<typeof installIndexedDb>[0] {
  const records = openRecordStore({
    file: join(options.folder, 'crypto.db'),
    key: new Uint8Array(32).fill(7),
    onFatal: (error) => {
      throw error
    },
  })
  if (!records.ok) throw new Error(records.error.sentence)
  return records.value
}

async function answer(client: MatrixClient, event: MatrixEvent): Promise<void> {
  const id = event.getId() ?? ''
  const roomId = event.getRoomId() ?? ''
  if (event.getSender() === options.userId || event.getType() !== 'm.room.message' || handled.has(id)) return
  if (event.isDecryptionFailure() || event.isBeingDecrypted()) return
  handled.add(id)
  const question = String(event.getContent()['body'])
  if (options.mode === 'whole') await say({ client, roomId }, await ask(question), id)
  else await grow({ client, roomId }, question, id)
  store.finished(id)
}

interface Place {
  readonly client: MatrixClient
  readonly roomId: string
}

async function say({ client, roomId }: Place, body: string, transaction: string, target?: string): Promise<string> {
  const content = { msgtype: MsgType.Text, body } as const
  const edit =
    target === undefined ? {} : { 'm.new_content': content, 'm.relates_to': { rel_type: RelationType.Replace, event_id: target } as const }
  const sent = await client.sendEvent(roomId, EventType.RoomMessage, { ...content, ...edit }, transaction.slice(1))
  return sent.event_id
}

async function grow(place: Place, question: string, id: string): Promise<void> {
  let text = ''
  let draft: string | undefined
  let edits = 0
  let isOver = false
  const show = async (): Promise<void> => {
    while (!isOver) {
      const shown = text
      if (draft === undefined) draft = await say(place, shown, id)
      else await say(place, shown, `${id}-${String((edits += 1))}`, draft)
      await sleep(EDIT_INTERVAL_MS)
    }
  }
  let showing: Promise<void> | undefined
  for await (const piece of askStreamed(question)) {
    text += piece
    showing ??= show()
  }
  isOver = true
  await showing
  await say(place, text, `${id}-last`, draft)
}

function request(question: string, stream: boolean): Promise<Response> {
  return fetch(`${options.upstreamUrl}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'floor', stream, messages: [{ role: 'user', content: question }] }),
  })
}

interface WireChoice {
  readonly message?: { readonly content: string }
  readonly delta?: { readonly content?: string }
}

async function ask(question: string): Promise<string> {
  const answered = (await (await request(question, false)).json()) as { readonly choices: readonly WireChoice[] }
  return answered.choices[0]?.message?.content ?? ''
}

async function* askStreamed(question: string): AsyncGenerator<string> {
  const { body } = await request(question, true)
  if (body === null) return
  let rest = ''
  for await (const bytes of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + bytes).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue
      const chunk = JSON.parse(line.slice(6)) as { readonly choices: readonly WireChoice[] }
      const text = chunk.choices[0]?.delta?.content ?? ''
      if (text !== '') yield text
    }
  }
}
