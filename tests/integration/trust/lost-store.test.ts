import { copyFile, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Method } from 'matrix-js-sdk'
import { encodeRecoveryKey } from 'matrix-js-sdk/lib/crypto-api/index.js'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { UserId } from '../../../src/contracts/ids.ts'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'

/** For the supervisor this exit is final: what follows needs a person. */
const NOT_CONFIGURED = 3

describeWithServices('a crypto store that is lost or not ours', (services) => {
  let house: TestHousehold
  let device: string
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { study: { people: ['robin'] }, control: { people: ['robin'], kind: 'control' } },
    })
    await services.upstream.script({ contains: 'lost-store:', script: { kind: 'echo' } })
    await using bot = house.start()
    device = (await bot.untilReady()).device
    await ask('before the loss')
  })
  afterAll(() => house[Symbol.asyncDispose]())

  async function ask(words: string): Promise<void> {
    await house.person('robin').say(house.room('study'), `lost-store: ${words}`)
    await house.person('robin').waitForAnswer(house.room('study'), ({ text }) => text === `You said: lost-store: ${words}`)
  }

  /** Its public identity, as everybody gets it from the homeserver. */
  async function masterKeyOf(userId: UserId): Promise<unknown> {
    const answer = await house.asAssistant<{ master_keys?: Record<string, { keys: unknown }> }>(Method.Post, '/keys/query', {
      device_keys: { [userId]: [] },
    })
    return answer.master_keys?.[userId]?.keys
  }

  async function devicesOf(owner: TestHousehold): Promise<readonly string[]> {
    const answer = await owner.asAssistant<{ devices: readonly { device_id: string }[] }>(Method.Get, '/devices')
    return answer.devices.map((known) => known.device_id)
  }

  /** Starts, expects a refusal in one sentence, and answers it. */
  async function refusal(): Promise<string> {
    const bot = house.start()
    const { code } = await bot.exited
    const words = bot.output.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
    expect({ code, lines: words.length, output: bot.output }).toMatchObject({ code: NOT_CONFIGURED, lines: 1 })
    expect(bot.output).not.toMatch(/^\s+at /m)
    return words[0] ?? ''
  }

  it('of another user is recognised before it is opened', async () => {
    await using other = await TestHousehold.make(services, { people: { sam: { role: 'owner' } }, rooms: {} })
    for (const file of ['master-key', 'keys.db', 'crypto.db']) await copyFile(join(house.home, file), join(other.home, file))
    const bot = other.start()
    expect(await bot.exited).toMatchObject({ code: NOT_CONFIGURED })
    expect(bot.output).toContain(
      `crypto.db belongs to ${house.assistant} (device ${device}), but the configuration signs in as ${other.assistant}. Give that account and device again, or move crypto.db away to start as a new device.`,
    )
    expect(await devicesOf(other)).toEqual([])

    await house.writeConfiguration((file) => {
      file['matrix'] = { ...(file['matrix'] as object), user: other.assistant }
    })
    expect(await refusal()).toContain(`crypto.db belongs to ${house.assistant} (device ${device})`)
    expect(await devicesOf(other)).toEqual([])
    await house.writeConfiguration()
  })

  it('comes back as a new, signed device of the same identity, with the right recovery key and no other', async () => {
    const identity = await masterKeyOf(house.assistant)
    const keyFile = join(house.home, 'recovery-key')
    for (const file of await readdir(house.home)) if (file.startsWith('crypto.db')) await rm(join(house.home, file))
    await rename(keyFile, `${keyFile}.away`)
    expect(await refusal()).toBe(
      "The account has a signed identity, but this device has no part in it and the file recovery-key is missing. Put the account's recovery key into that file and start again; the identity is not reset.",
    )
    expect(await masterKeyOf(house.assistant)).toEqual(identity)

    await writeFile(keyFile, `${encodeRecoveryKey(new Uint8Array(32).fill(5)) ?? ''}\n`, { mode: 0o600 })
    expect(await refusal()).toBe(
      "The recovery key does not open the account's secret storage. Put the right key into the file recovery-key and start again; the identity is not reset.",
    )
    expect(await masterKeyOf(house.assistant)).toEqual(identity)

    await rename(`${keyFile}.away`, keyFile)
    const stored = await readFile(keyFile, 'utf8')
    await using bot = house.start()
    const status = await bot.untilReady()
    expect(status.device).not.toBe(device)
    await ask('after the loss')
    const crypto = house.person('robin').client.getCrypto()
    await crypto?.getUserDeviceInfo([house.assistant], true)
    expect((await crypto?.getDeviceVerificationStatus(house.assistant, status.device))?.signedByOwner).toBe(true)
    expect(await masterKeyOf(house.assistant)).toEqual(identity)
    expect(await readFile(keyFile, 'utf8')).toBe(stored)
    expect(house.person('robin').undecryptable.size).toBe(0)
  })
})
