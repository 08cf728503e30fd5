import { createHmac } from 'node:crypto'
import { MatrixError, Method } from 'matrix-js-sdk'
import type { MatrixClient } from 'matrix-js-sdk'
import type { DeviceId, UserId } from '../../contracts/ids.ts'
import type { Log } from '../../contracts/platform.ts'
import type { SignedIn } from './signed-in.ts'
import { ensureBackup, ensureIdentity, SecretStorageKeys } from './identity.ts'
import type { RecoveryKeyFile, UploadAuth } from './identity.ts'
import { createRequestClient, createSdkClient, startSync } from './sdk-client.ts'

/** A person's account on a homeserver whose registration secret we hold. */
export interface PersonAccount {
  readonly homeserver: string
  readonly localpart: string
  readonly password: string
  readonly displayName: string
}

/** Registers the account by Synapse's shared-secret registration; an account that exists is left as it is. */
export async function registerPerson(account: PersonAccount, registrationSecret: string): Promise<void> {
  const base = `${account.homeserver}/_synapse/admin/v1/register`
  const { nonce } = (await (await fetch(base)).json()) as { nonce: string }
  const parts = [nonce, account.localpart, account.password, 'notadmin']
  const mac = createHmac('sha1', registrationSecret).update(parts.join('\0')).digest('hex')
  const body = { nonce, username: account.localpart, displayname: account.displayName, password: account.password, admin: false, mac }
  const answer = await fetch(base, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  if (answer.ok) return
  const error = (await answer.json().catch(() => ({}))) as { errcode?: string }
  if (error.errcode !== 'M_USER_IN_USE')
    throw new Error(`registration of ${account.localpart} failed: ${error.errcode ?? String(answer.status)}`)
}

/** Logs in with a password as a new device. */
export async function logInPerson(account: PersonAccount, deviceName: string): Promise<SignedIn> {
  const answer = await createRequestClient(account).loginRequest({
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: account.localpart },
    password: account.password,
    initial_device_display_name: deviceName,
  })
  return {
    homeserver: account.homeserver,
    token: answer.access_token,
    userId: answer.user_id as UserId,
    deviceId: answer.device_id as DeviceId,
    queryParams: undefined,
    replacesLostDevice: false,
  }
}

/** What a homeserver may want before it takes new signing keys: the person's password. */
export function passwordAuth(account: PersonAccount, userId: UserId): UploadAuth {
  return async (upload) => {
    try {
      await upload(null)
    } catch (error) {
      if (!(error instanceof MatrixError) || error.httpStatus !== 401) throw error
      const session = (error.data as { session?: string }).session
      const identifier = { type: 'm.id.user', user: userId }
      await upload({ type: 'm.login.password', identifier, password: account.password, ...(session === undefined ? {} : { session }) })
    }
  }
}

/**
 * Gives a person a cross-signing identity, secret storage and key backup, on a device that exists only for that: each later
 * device signs itself with the recovery key. The key reaches `file` before anything depends on it.
 */
export async function givePersonIdentity(account: PersonAccount, file: RecoveryKeyFile, log: Log): Promise<void> {
  const signedIn = await logInPerson(account, 'AI Ops set-up')
  const keys = new SecretStorageKeys()
  const client: MatrixClient = createSdkClient(signedIn, { callbacks: keys.callbacks, log })
  try {
    await client.initRustCrypto({ useIndexedDB: false })
    await startSync(client, AbortSignal.timeout(60_000))
    const identity = await ensureIdentity(client, keys, file, passwordAuth(account, signedIn.userId))
    if (!identity.ok) throw new Error(identity.error.sentence)
    await ensureBackup(client)
  } finally {
    client.stopClient()
    await client.http.authedRequest(Method.Post, '/logout', undefined, {}).catch(() => undefined)
  }
}
