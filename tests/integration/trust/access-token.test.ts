import { randomBytes } from 'node:crypto'
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { logInPerson, registerPerson } from '../../../src/interfaces/matrix/person-account.ts'
import type { SignedIn } from '../../../src/interfaces/matrix/signed-in.ts'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'

describeWithServices('an ordinary account with an access token', (services) => {
  let house: TestHousehold
  const account = {
    homeserver: services.homeserver.url,
    localpart: `butler-${randomBytes(4).toString('hex')}`,
    displayName: 'Butler',
    password: 'correct horse',
  }
  const logIn = (): Promise<SignedIn> => logInPerson(account, 'AI Ops')

  beforeAll(async () => {
    await registerPerson(account, services.homeserver.registrationSecret)
    house = await TestHousehold.make(services, { people: { robin: { role: 'owner' } }, rooms: {} })
  })
  afterAll(() => house[Symbol.asyncDispose]())

  const use = (login: SignedIn): Promise<void> =>
    house.writeConfiguration((file) => {
      file['matrix'] = { homeserver: services.homeserver.url, access_token: login.token }
    })
  async function refusal(): Promise<string> {
    const bot = house.start()
    const { code } = await bot.exited
    expect({ code, output: bot.output }).toMatchObject({ code: 3 })
    return bot.output
  }

  it('keeps to its device: a store of another login is refused, a lost one needs a new login and the recovery key', async () => {
    const first = await logIn()
    await use(first)
    {
      await using bot = house.start()
      expect((await bot.untilReady()).device).toBe(first.deviceId)
    }
    const second = await logIn()
    await use(second)
    expect(await refusal()).toContain(`crypto.db belongs to ${first.userId} (device ${first.deviceId}), but the configuration signs in as`)

    for (const file of await readdir(house.home)) if (file.startsWith('crypto.db')) await rm(join(house.home, file))
    await use(first)
    expect(await refusal()).toContain(
      `crypto.db of device ${first.deviceId} is gone, and a device cannot get new keys. Log the bot in again, put the new access token into ai-ops.yaml, and start: the recovery key signs the new device.`,
    )

    await use(second)
    await using bot = house.start()
    expect((await bot.untilReady()).device).toBe(second.deviceId)
    expect(bot.output).toContain('"state":"recovered"')
  })

  it('says so when the homeserver does not know the token', async () => {
    await use({ ...(await logIn()), token: 'syt_wrong' })
    expect(await refusal()).toContain(
      `The homeserver ${services.homeserver.url} does not accept the bot's token (M_UNKNOWN_TOKEN). Check matrix.appservice_token or matrix.access_token in ai-ops.yaml.`,
    )
  })
})
