import { Preset } from 'matrix-js-sdk'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RoomId, UserId } from '../../src/contracts/ids.ts'
import type { DemoCard } from '../../src/demo-home.ts'
import { Person } from '../support/person.ts'
import { waitUntil } from '../support/wait-until.ts'

/** The demo household of a home that `ai-ops start` has made. */
export function readDemo(home: string): DemoCard {
  return JSON.parse(readFileSync(join(home, 'demo.json'), 'utf8')) as DemoCard
}

export function roomOf(demo: DemoCard, name: string): RoomId {
  const room = demo.rooms.find(({ alias }) => alias.startsWith(`#${name}:`))
  if (room === undefined) throw new Error(`the demo has no room ${name}`)
  return room.id as RoomId
}

/** A further device of a demo person, signed with the recovery key. */
export function openPerson(home: string, localpart: string): Promise<Person> {
  const demo = readDemo(home)
  const user = demo.users.find(({ id }) => id.startsWith(`@${localpart}:`))
  if (user === undefined) throw new Error(`the demo has no ${localpart}`)
  const servers = JSON.parse(readFileSync(join(home, 'run', 'servers.json'), 'utf8')) as {
    readonly homeserver: { readonly registrationSecret: string }
  }
  return Person.open({
    homeserver: demo.homeserver,
    registrationSecret: servers.homeserver.registrationSecret,
    localpart,
    password: user.password,
    recoveryKey: user.recoveryKey,
  })
}

/** A direct room as Element makes it; resolves when the assistant has joined and so bound it to the person. */
export async function makeDirectRoom(person: Person, assistant: UserId): Promise<RoomId> {
  const made = await person.client.createRoom({
    is_direct: true,
    preset: Preset.TrustedPrivateChat,
    invite: [assistant],
    initial_state: [{ type: 'm.room.encryption', state_key: '', content: { algorithm: 'm.megolm.v1.aes-sha2' } }],
  })
  await waitUntil(
    async () => {
      const { joined } = await person.client.getJoinedRoomMembers(made.room_id)
      return assistant in joined ? true : undefined
    },
    () => 'the assistant does not join a direct room',
  )
  return made.room_id as RoomId
}
