import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Method } from 'matrix-js-sdk'
import { afterEach, expect, it } from 'vitest'
import type { UserId } from '../../../src/contracts/ids.ts'
import type { CrashPoint } from '../../../src/contracts/platform.ts'
import { logInPerson, registerPerson } from '../../../src/interfaces/matrix/person-account.ts'
import { createRequestClient } from '../../../src/interfaces/matrix/sdk-client.ts'
import type { SignedIn } from '../../../src/interfaces/matrix/signed-in.ts'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'
import { SaidMessages } from './said-messages.ts'

type Access = 'appservice' | 'token'
const words = 'The lamp is lit. The stairs creak. A door opens. Steps come closer. The dog wakes up. All is well.'

describeWithServices('a device that is lost and recovered with a reply on its way', (services) => {
  let house: TestHousehold | undefined
  afterEach(() => house?.[Symbol.asyncDispose]())

  const cases: readonly (readonly ['whole' | 'streamed', 'den' | 'salon', CrashPoint, Access])[] = [
    ['whole', 'den', 'commit-reply.after', 'appservice'],
    ['streamed', 'den', 'final.after', 'appservice'],
    ['whole', 'den', 'final.after', 'token'],
    ['whole', 'salon', 'final.after', 'token'],
    ['streamed', 'salon', 'final.after', 'token'],
    ['streamed', 'den', 'commit-reply.after', 'token'],
    ['streamed', 'den', 'draft.after', 'token'],
  ]
  it.for(cases)('%s answer in the %s, killed at %s, signed in by %s', { timeout: 90_000 }, async ([mode, room, crashAt, access]) => {
    house = await makeHouse()
    const account = access === 'token' ? await takeOver(house) : undefined
    const assistant = account?.userId ?? house.assistant
    const robin = house.person('robin')
    const said = new SaidMessages(robin, 'lost-device')
    const first = house.start({ crashAt })
    const before = await first.untilReady()
    const identity = await masterKeyOf(house, assistant)
    await said.say(house.room(room), crashAt, mode === 'whole' ? mode : words)
    expect((await first.exited).signal).toBe('SIGKILL')
    for (const suffix of ['', '-wal', '-shm']) await rm(join(house.home, `crypto.db${suffix}`), { force: true })
    await account?.logInAgain()

    await using second = house.start()
    const after = await second.untilReady()
    await said.untilAnswered(30_000, () => second.output)
    await said.say(house.room(room), 'the new device', 'whole')
    await said.untilAnswered(30_000, () => second.output)
    expect(after.device).not.toBe(before.device)
    expect(await masterKeyOf(house, assistant)).toEqual(identity)
    const verification = await robin.client.getCrypto()?.getDeviceVerificationStatus(assistant, after.device)
    expect(verification?.signedByOwner).toBe(true)
    expect(said.faults()).toEqual([])
    expect(robin.answers(house.room(room))).toHaveLength(2)
    expect(JSON.stringify(await second.status())).toMatch(/\b0 waiting for a key\b/)
  })

  async function makeHouse(): Promise<TestHousehold> {
    await services.upstream.script({ contains: 'whole', script: { kind: 'echo' } })
    await services.upstream.script({ contains: words, script: { kind: 'echo', chunks: 8, chunkDelayMs: 270 } })
    const people = { robin: { role: 'owner' }, kim: { role: 'adult' } } as const
    // where two people listen, a reply relates to its question; where one is alone with the assistant, it does not
    const rooms = { den: { people: ['robin'] }, salon: { people: ['robin', 'kim'], answers: 'all' } } as const
    return TestHousehold.make(services, { people, rooms })
  }

  /**
   * Puts an ordinary account in the assistant's place. To the homeserver its transactions belong to one login, while those of an
   * appservice are the same for all its devices, so that only this account can send something twice.
   */
  async function takeOver(home: TestHousehold): Promise<{ readonly userId: UserId; logInAgain(): Promise<void> }> {
    const { url: homeserver, registrationSecret } = services.homeserver
    const localpart = `butler-${randomBytes(4).toString('hex')}`
    const account = { homeserver, localpart, displayName: 'Butler', password: 'correct horse' }
    const logIn = async (): Promise<SignedIn> => {
      const login = await logInPerson(account, 'AI Ops')
      await home.writeConfiguration((file) => {
        file['matrix'] = { homeserver, access_token: login.token }
      })
      return login
    }
    await registerPerson(account, registrationSecret)
    const { userId, token } = await logIn()
    for (const roomId of Object.values(home.rooms)) {
      await home.person('robin').client.invite(roomId, userId)
      await createRequestClient({ homeserver, token }).joinRoom(roomId)
      await home.asAssistant(Method.Post, `/rooms/${encodeURIComponent(roomId)}/leave`, {})
    }
    return { userId, logInAgain: async () => void (await logIn()) }
  }

  async function masterKeyOf(home: TestHousehold, userId: UserId): Promise<unknown> {
    const answer = await home.asAssistant<{ master_keys?: Record<string, { keys: unknown }> }>(Method.Post, '/keys/query', {
      device_keys: { [userId]: [] },
    })
    return answer.master_keys?.[userId]?.keys
  }
})
