import { MatrixError, Method } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
import type { RoomId, UserId } from '../../contracts/ids.ts'
import type { Log } from '../../contracts/platform.ts'
import { givePersonIdentity, logInPerson, registerPerson } from './person-account.ts'
import type { PersonAccount } from './person-account.ts'
import { createRequestClient } from './sdk-client.ts'

export interface PersonPlan {
  readonly id: string
  readonly localpart: string
  readonly displayName: string
}

export interface RoomPlan {
  readonly id: string
  readonly alias: string
  readonly name: string
  readonly topic: string
  /** Ids of the people in it; the assistant is in every room. */
  readonly people: readonly string[]
}

/** A household to be made on a homeserver of our own. */
export interface ProvisionPlan {
  readonly homeserver: string
  readonly serverName: string
  readonly registrationSecret: string
  readonly appserviceToken: string
  readonly assistant: UserId
  readonly people: readonly PersonPlan[]
  readonly rooms: readonly RoomPlan[]
  readonly spaceName: string
  /** Who may change the rooms besides the assistant. */
  readonly owner: string
}

/** What was generated so far; kept durable by the caller, so that an interrupted set-up goes on where it stopped. */
export interface Credentials {
  password(person: string): Promise<string>
  readRecoveryKey(person: string): Promise<string | undefined>
  writeRecoveryKey(person: string, key: string): Promise<void>
  /** True once the person's identity was finished. */
  isFinished(person: string): Promise<boolean>
  finish(person: string): Promise<void>
}

export interface Provisioned {
  readonly rooms: readonly { readonly id: string; readonly roomId: RoomId; readonly alias: string; readonly name: string }[]
}

/** Makes accounts with cross-signing, encrypted rooms and a space, all joined. Each step recognises what an earlier run did. */
export async function provision(plan: ProvisionPlan, credentials: Credentials, log: Log): Promise<Provisioned> {
  const assistant = await assistantClient(plan)
  const people = await Promise.all(
    plan.people.map(async (person) => {
      const account = { ...person, homeserver: plan.homeserver, password: await credentials.password(person.id) }
      await registerPerson(account, plan.registrationSecret)
      return account
    }),
  )
  const rooms = await Promise.all(plan.rooms.map((room) => makeRoom(plan, room, assistant)))
  const space = await makeSpace(plan, rooms, assistant)
  // one after the other: each holds the machine for a moment, and the gateway is starting beside
  for (const person of people) {
    await joinRooms(person, [...rooms.filter((room) => room.people.includes(person.id)).map((room) => room.roomId), space])
    if (await credentials.isFinished(person.id)) continue
    const file = {
      read: () => credentials.readRecoveryKey(person.id),
      write: (key: string) => credentials.writeRecoveryKey(person.id, key),
    }
    await givePersonIdentity(person, file, log)
    await credentials.finish(person.id)
  }
  return { rooms: rooms.map(({ id, roomId, alias, name }) => ({ id, roomId, alias, name })) }
}

async function assistantClient(plan: ProvisionPlan): Promise<MatrixClient> {
  const client = createRequestClient({ homeserver: plan.homeserver, token: plan.appserviceToken, queryParams: { user_id: plan.assistant } })
  const username = plan.assistant.slice(1, plan.assistant.indexOf(':'))
  const registration = { type: 'm.login.application_service', username, inhibit_login: true }
  await client.http.authedRequest(Method.Post, '/register', undefined, registration).catch((error: unknown) => {
    if (!(error instanceof MatrixError && error.errcode === 'M_USER_IN_USE')) throw error
  })
  return client
}

type MadeRoom = RoomPlan & { readonly roomId: RoomId }

async function makeRoom(plan: ProvisionPlan, room: RoomPlan, assistant: MatrixClient): Promise<MadeRoom> {
  const content = {
    name: room.name,
    topic: room.topic,
    invite: room.people.map((person) => userIdOf(plan, person)),
    initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
  }
  return { ...room, roomId: await createOrFind(plan, room.alias, content, assistant) }
}

async function makeSpace(plan: ProvisionPlan, rooms: readonly MadeRoom[], assistant: MatrixClient): Promise<RoomId> {
  const alias = `#home:${plan.serverName}`
  return createOrFind(
    plan,
    alias,
    {
      name: plan.spaceName,
      creation_content: { type: 'm.space' },
      invite: plan.people.map((person) => userIdOf(plan, person.id)),
      initial_state: rooms.map((room) => ({ type: 'm.space.child', state_key: room.roomId, content: { via: [plan.serverName] } })),
    },
    assistant,
  )
}

async function createOrFind(plan: ProvisionPlan, alias: string, content: object, assistant: MatrixClient): Promise<RoomId> {
  const levels = { users: { [plan.assistant]: 100, [userIdOf(plan, plan.owner)]: 100 }, invite: 50, state_default: 100 }
  const request = {
    preset: 'private_chat',
    visibility: 'private',
    // room version 12 gives its creator a power nobody can take back; owners must be able to rule the assistant
    room_version: '11',
    room_alias_name: alias.slice(1, alias.indexOf(':')),
    power_level_content_override: levels,
    ...content,
  }
  try {
    const made = await assistant.http.authedRequest<{ room_id: string }>(Method.Post, '/createRoom', undefined, request)
    return made.room_id as RoomId
  } catch (error) {
    if (!(error instanceof MatrixError && error.errcode === 'M_ROOM_IN_USE')) throw error
    return (await assistant.getRoomIdForAlias(alias)).room_id as RoomId
  }
}

async function joinRooms(account: PersonAccount, roomIds: readonly RoomId[]): Promise<void> {
  const signedIn = await logInPerson(account, 'AI Ops set-up')
  const client = createRequestClient({ homeserver: account.homeserver, token: signedIn.token })
  for (const roomId of roomIds) {
    await client.http.authedRequest(Method.Post, `/rooms/${encodeURIComponent(roomId)}/join`, undefined, {})
  }
  await client.http.authedRequest(Method.Post, '/logout', undefined, {})
}

function userIdOf(plan: ProvisionPlan, person: string): UserId {
  const found = plan.people.find((candidate) => candidate.id === person)
  if (found === undefined) throw new Error(`the plan names ${person}, who is not one of its people`)
  return `@${found.localpart}:${plan.serverName}` as UserId
}
