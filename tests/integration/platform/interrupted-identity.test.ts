import { randomBytes } from 'node:crypto'
import { Method } from 'matrix-js-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { UserId } from '../../../src/contracts/ids.ts'
import { givePersonIdentity, registerPerson } from '../../../src/interfaces/matrix/person-account.ts'
import type { PersonAccount } from '../../../src/interfaces/matrix/person-account.ts'
import { TestHousehold } from '../../support/household.ts'
import { startHttpProxy } from '../../support/http-proxy.ts'
import type { Cut, HttpProxy } from '../../support/http-proxy.ts'
import { Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'

const silentLog = { info: () => undefined, warn: () => undefined, error: () => undefined }

/** The steps by which an identity comes to be, in their order; at each of them the process may be killed. */
const steps: readonly { readonly name: string; readonly path: RegExp }[] = [
  { name: 'the key of secret storage', path: /account_data\/m\.secret_storage\.key/ },
  { name: 'its default key', path: /account_data\/m\.secret_storage\.default_key/ },
  { name: 'the private keys', path: /account_data\/m\.cross_signing\.self_signing/ },
  { name: 'the public keys', path: /keys\/device_signing\/upload/ },
  { name: 'the signature of the device', path: /keys\/signatures\/upload/ },
  { name: 'the key backup', path: /room_keys\/version$/ },
  { name: 'the key of the backup', path: /account_data\/m\.megolm_backup\.v1/ },
]
const cuts = steps.flatMap(({ name, path }) =>
  (['before', 'after'] as const).map((when) => ({
    name: `${when} ${name}`,
    cut: { when, matches: (method: string, at: string) => method !== 'GET' && path.test(at) } satisfies Cut,
  })),
)

describeWithServices('an identity whose making is cut off', (services) => {
  let proxy: HttpProxy
  beforeAll(async () => {
    proxy = await startHttpProxy(services.homeserver.url)
  })
  afterAll(() => proxy[Symbol.asyncDispose]())

  // with its keys in memory only, the process that dies before a step is the one that died after the step before it
  it.each(cuts.filter(({ cut }) => cut.when === 'after'))(
    'of a person, $name, is completed by the next try, and a new device comes in by the recovery key',
    async ({ cut }) => {
      const { url, registrationSecret } = services.homeserver
      const account = { homeserver: url, localpart: `cut-${randomBytes(4).toString('hex')}`, displayName: 'Cut', password: 'pass word' }
      await registerPerson(account, registrationSecret)
      let key: string | undefined
      const file = {
        read: () => Promise.resolve(key),
        write: (made: string) => {
          key = made
          return Promise.resolve()
        },
      }
      proxy.mend()
      const killed = proxy.cutAt(cut)
      // what goes on behind the cut line is nobody's: the keys of this try lie in its memory only
      void givePersonIdentity({ ...account, homeserver: proxy.url }, file, silentLog).catch(() => undefined)
      await killed
      await givePersonIdentity(account, file, silentLog)
      expect(await lookFromNewDevice(account, registrationSecret, key)).toEqual({ signed: true, backup: true, backupKey: true })
    },
  )

  // a subset: each costs two starts of the assistant
  it.each(cuts.filter(({ name }) => /after the private keys|after the public keys|before the signature|after the key backup/.test(name)))(
    'of the assistant, $name, is completed by the next start',
    async ({ cut }) => {
      await using house = await TestHousehold.make(services, { people: {}, rooms: {} })
      const owner = { user: `@owner-of-nobody:${services.homeserver.serverName}`, name: 'Owner', role: 'owner', tenant: 'family' }
      const configure = (homeserver: string): Promise<void> =>
        house.writeConfiguration((file) => {
          file['members'] = { owner }
          file['matrix'] = { ...(file['matrix'] as object), homeserver }
        })
      proxy.mend()
      await configure(proxy.url)
      const killed = proxy.cutAt(cut)
      const first = house.start()
      await killed
      await first.kill()
      await configure(services.homeserver.url)
      const second = house.start()
      const { device, ed25519 } = await second.untilReady()
      const keys = await house.asAssistant<KeysOfUser>(Method.Post, '/keys/query', { device_keys: { [house.assistant]: [] } })
      const signatures = keys.device_keys[house.assistant]?.[device]?.signatures?.[house.assistant] ?? {}
      const selfSigning = Object.keys(keys.self_signing_keys?.[house.assistant]?.keys ?? {})
      expect(selfSigning).toHaveLength(1)
      expect(Object.keys(signatures)).toContain(selfSigning[0])
      expect(ed25519).not.toBe('')
      const backup = await house.asAssistant<{ version: string }>(Method.Get, '/room_keys/version')
      expect(backup.version).toMatch(/\d/)
      const secret = await house.asAssistant<object>(
        Method.Get,
        `/user/${encodeURIComponent(house.assistant)}/account_data/m.megolm_backup.v1`,
      )
      expect(secret).toHaveProperty('encrypted')
    },
  )
})

interface KeysOfUser {
  readonly device_keys: Readonly<
    Record<UserId, Readonly<Record<string, { readonly signatures?: Readonly<Record<string, Readonly<Record<string, string>>>> }>>>
  >
  readonly self_signing_keys?: Readonly<Record<UserId, { readonly keys: Readonly<Record<string, string>> }>>
}

async function lookFromNewDevice(
  account: PersonAccount,
  registrationSecret: string,
  recoveryKey: string | undefined,
): Promise<{ signed: boolean; backup: boolean; backupKey: boolean }> {
  if (recoveryKey === undefined) throw new Error('no recovery key was written')
  await using device = await Person.open({ ...account, registrationSecret, recoveryKey })
  const crypto = device.client.getCrypto()
  // the signature is uploaded when the device opens, but it learns of it by the key query that the next sync brings about
  const signed = await waitUntil(
    async () => (await crypto?.getDeviceVerificationStatus(device.userId, device.session.deviceId))?.signedByOwner || undefined,
    () => 'the new device was never signed by its owner',
  )
  return {
    signed,
    backup: typeof (await crypto?.getActiveSessionBackupVersion()) === 'string',
    backupKey: (await crypto?.getSessionBackupPrivateKey()) instanceof Uint8Array,
  }
}
