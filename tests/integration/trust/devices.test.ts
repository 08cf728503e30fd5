import { randomUUID } from 'node:crypto'
import { Method } from 'matrix-js-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { DeviceId, RoomId, UserId } from '../../../src/contracts/ids.ts'
import type { BotProcess } from '../../support/bot-process.ts'
import { TestHousehold } from '../../support/household.ts'
import { Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'

describeWithServices('trust between devices', (services) => {
  let house: TestHousehold
  let bot: BotProcess
  let robin: Person
  let study: RoomId
  const opened: Person[] = []
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { study: { people: ['robin'] }, control: { people: ['robin'], kind: 'control' } },
    })
    bot = house.start()
    await bot.untilReady()
    robin = house.person('robin')
    study = house.room('study')
    await services.upstream.script({ contains: 'trust:', script: { kind: 'echo' } })
  })
  afterAll(async () => {
    await Promise.all(opened.map((person) => person[Symbol.asyncDispose]()))
    await house[Symbol.asyncDispose]()
  })

  /** A further login of Robin's account. */
  async function logIn(how: { readonly signed: boolean }): Promise<Person> {
    const { url, registrationSecret } = services.homeserver
    const localpart = robin.userId.slice(1, robin.userId.indexOf(':'))
    // a strict client refuses to send from an unsigned device; older ones do not
    const keys = how.signed ? { recoveryKey: robin.recoveryKey } : { signed: false, strict: false }
    const person = await Person.open({ homeserver: url, registrationSecret, localpart, password: robin.password, ...keys })
    opened.push(person)
    return person
  }

  async function isSigned(userId: UserId, deviceId: DeviceId): Promise<boolean> {
    const crypto = robin.client.getCrypto()
    await crypto?.getUserDeviceInfo([userId], true)
    return (await crypto?.getDeviceVerificationStatus(userId, deviceId))?.signedByOwner === true
  }

  it('a strict person reads the assistant and is read by it, since its device is signed by its owner', async () => {
    await robin.say(study, 'trust: do you read me?')
    const answer = await robin.waitForAnswer(study, ({ text }) => text === 'You said: trust: do you read me?')
    expect(answer.last.encrypted).toBe(true)
    expect(robin.undecryptable.size).toBe(0)
    const { device, ed25519 } = await bot.untilReady()
    expect(await isSigned(house.assistant, device as DeviceId)).toBe(true)
    const devices = await robin.client.getCrypto()?.getUserDeviceInfo([house.assistant], true)
    expect(devices?.get(house.assistant)?.get(device)?.getFingerprint()).toBe(ed25519)
  })

  it('a second login signs itself with the recovery key, reads the past from the backup and is heard', async () => {
    await untilBackedUp(robin, study)
    const second = await logIn({ signed: true })
    expect(await isSigned(robin.userId, second.session.deviceId)).toBe(true)
    await second.waitForAnswer(study, ({ text }) => text === 'You said: trust: do you read me?')
    await second.say(study, 'trust: and on my second device?')
    await second.waitForAnswer(study, ({ text }) => text === 'You said: trust: and on my second device?')
    await robin.waitForAnswer(study, ({ text }) => text === 'You said: trust: and on my second device?')
  })

  it('an unsigned device is not heard and Control is told once; signed later, what it said is answered', async () => {
    const stranger = await logIn({ signed: false })
    const { deviceId } = stranger.session
    await stranger.say(study, 'trust: first words of an unsigned device')
    await stranger.say(study, 'trust: second words of an unsigned device')
    const control = house.room('control')
    const isAlert = (text: string): boolean => text.includes(deviceId)
    const alert = await robin.waitForAnswer(control, ({ text }) => isAlert(text))
    expect(alert.text).toContain(`${robin.userId} wrote from a device that is not verified by its owner (${deviceId})`)
    expect(alert.last.content['m.mentions']).toEqual({ user_ids: [robin.userId] })
    expect(await services.upstream.calls('words of an unsigned device')).toEqual([])
    await stranger.say(study, 'trust: third words of an unsigned device')

    await robin.client.getCrypto()?.crossSignDevice(deviceId)
    await robin.waitForAnswer(study, ({ text }) => text === 'You said: trust: third words of an unsigned device')
    const answered = robin.answers(study).filter(({ text }) => text.includes('words of an unsigned device'))
    expect(answered.map(({ text }) => text)).toEqual([
      'You said: trust: first words of an unsigned device',
      'You said: trust: second words of an unsigned device',
      'You said: trust: third words of an unsigned device',
    ])
    expect(robin.answers(control).filter(({ text }) => isAlert(text))).toHaveLength(1)
  })

  it('an unencrypted message in an encrypted room is dropped and counted, whoever sends it', async () => {
    const before = (await bot.untilReady()).settled['plain-in-encrypted-room'] ?? 0
    const content = { msgtype: 'm.text', body: 'trust: injected without encryption', 'm.mentions': { user_ids: [house.assistant] } }
    const path = `/rooms/${encodeURIComponent(study)}/send/m.room.message/${randomUUID()}`
    await robin.client.http.authedRequest(Method.Put, path, undefined, content)
    await robin.say(study, 'trust: encrypted again')
    await robin.waitForAnswer(study, ({ text }) => text === 'You said: trust: encrypted again')
    expect((await bot.untilReady()).settled['plain-in-encrypted-room']).toBe(before + 1)
    expect(await services.upstream.calls('injected without encryption')).toEqual([])
    expect(robin.answers(study).filter(({ text }) => text.includes('injected'))).toEqual([])
  })
})

/** The SDK uploads to the backup up to ten seconds late: waits until every session of the room is there. */
async function untilBackedUp(person: Person, roomId: RoomId): Promise<void> {
  const { http } = person.client
  const room = encodeURIComponent(roomId)
  const timeline = await http.authedRequest<{ chunk: readonly { content: { session_id?: string } }[] }>(
    Method.Get,
    `/rooms/${room}/messages`,
    { dir: 'b', limit: '100' },
  )
  const wanted = new Set(timeline.chunk.flatMap(({ content }) => content.session_id ?? []))
  const version = await person.client.getCrypto()?.getActiveSessionBackupVersion()
  await waitUntil(
    async () => {
      const kept = await http.authedRequest<{ sessions: Record<string, unknown> }>(Method.Get, `/room_keys/keys/${room}`, {
        version: version ?? '',
      })
      return [...wanted].every((session) => session in kept.sessions) ? true : undefined
    },
    () => 'the backup is not complete',
  )
}
