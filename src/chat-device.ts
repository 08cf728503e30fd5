import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { privateFile } from './private-file.ts'
import type { Environment } from './config/environment.ts'
import type { RoomId, UserId } from './contracts/ids.ts'
import type { Fault, Result } from './contracts/result.ts'
import { turnIdOf } from './conversation/turn-id.ts'
import { deriveStandaloneKey } from './data/key-ring.ts'
import { resolveMasterKey } from './data/master-key.ts'
import { openRecordStore } from './data/record-store.ts'
import { readDemoCard, shortNameOf } from './demo-home.ts'
import type { DemoCard, DemoPerson } from './demo-home.ts'
import { openChatClient } from './interfaces/matrix/chat-client.ts'
import type { ChatClient, HeardText } from './interfaces/matrix/chat-client.ts'
import type { SignedIn } from './interfaces/matrix/signed-in.ts'
import type { ChatText, OpenChat } from './interfaces/terminal/terminal-ports.ts'
import { createLog } from './observability/log.ts'

/** Opens a demo person's own encrypted client in one of their rooms; its keys lie in `chat/<person>/` of the home. */
export async function openChat(
  environment: Environment,
  wanted: { readonly as: string; readonly room: string | undefined },
): Promise<Result<OpenChat, Fault>> {
  const card = await readDemoCard(environment.home)
  if (card === undefined) {
    const sentence = 'There is no demo household here. Start one with `npm start`, in another terminal.'
    return { ok: false, error: { code: 'not-configured', sentence } }
  }
  const person = card.users.find((user) => user.id === wanted.as || shortNameOf(user.id) === wanted.as)
  if (person === undefined)
    return misuse(`There is nobody called ${wanted.as}. There are: ${card.users.map((user) => shortNameOf(user.id)).join(', ')}.`)
  const room = findRoom(card, wanted.room)
  if (room === undefined)
    return misuse(
      `There is no room called ${String(wanted.room)}. There are: ${card.rooms.map((each) => shortNameOf(each.alias)).join(', ')}.`,
    )
  const opened = await openDevice(environment, card, person)
  if (!opened.ok) return opened
  const { client, close } = opened.value
  const roomId = room.id as RoomId
  return {
    ok: true,
    value: {
      roomName: room.name,
      async say(words) {
        const said = await client.say(roomId, words, card.bot.id as UserId)
        return said.ok ? { ok: true, value: [turnIdOf(said.value), said.value] } : said
      },
      onText: (listener) =>
        client.onText((heard) => {
          if (heard.roomId === roomId) listener(toChatText(heard, card.bot.id))
        }),
      [Symbol.asyncDispose]: close,
    },
  }
}

/** An answer bears the turn of its question; what the assistant says only once is a plain reply to it. */
function toChatText(heard: HeardText, assistant: string): ChatText {
  const { id, text, isFinal, isLastPart, sender, turn, repliesTo } = heard
  const author = sender === assistant ? undefined : shortNameOf(sender)
  return { id, text, isFinal, isLastPart, author, answers: [turn, repliesTo].filter((mark) => mark !== undefined) }
}

function findRoom(card: DemoCard, wanted: string | undefined): DemoCard['rooms'][number] | undefined {
  if (wanted === undefined) return card.rooms[0]
  return card.rooms.find(
    (room) => shortNameOf(room.alias) === wanted || room.name === wanted || room.id === wanted || room.alias === wanted,
  )
}

async function openDevice(
  environment: Environment,
  card: DemoCard,
  person: DemoPerson,
): Promise<Result<{ readonly client: ChatClient; readonly close: () => Promise<void> }, Fault>> {
  const { home, masterKey, masterKeyCommand } = environment
  const master = await resolveMasterKey({ home, value: masterKey, command: masterKeyCommand })
  if (!master.ok) return master
  const { key } = master.value
  const localpart = shortNameOf(person.id)
  const folder = join(home, 'chat', localpart)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const log = createLog({ level: 'warn', file: join(folder, 'chat.log') })
  const onFatal = (error: Error): never => {
    log.error('store-failed', { reason: error.message })
    process.exit(1)
  }
  const records = openRecordStore({ file: join(folder, 'crypto.db'), key: deriveStandaloneKey(key, `chat ${localpart}`), onFatal })
  if (!records.ok) return records
  const session = privateFile(join(folder, 'session.json'))
  const { password, recoveryKey } = person
  const client = await openChatClient(
    { homeserver: card.homeserver, localpart, displayName: localpart, password, recoveryKey },
    {
      records: records.value,
      storageKey: deriveStandaloneKey(key, `chat store ${localpart}`),
      session: {
        read: async () => {
          const stored = await session.read()
          return stored === undefined ? undefined : (JSON.parse(stored) as SignedIn)
        },
        write: (value) => session.write(JSON.stringify(value)),
      },
      log,
    },
  )
  const close = async (): Promise<void> => {
    if (client.ok) await client.value[Symbol.asyncDispose]()
    records.value[Symbol.dispose]()
    log[Symbol.dispose]()
  }
  if (client.ok) return { ok: true, value: { client: client.value, close } }
  await close()
  return client
}

function misuse(sentence: string): Result<never, Fault> {
  return { ok: false, error: { code: 'misuse', sentence } }
}
