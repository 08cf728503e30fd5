import { randomInt } from 'node:crypto'
import { MatrixError, Method } from 'matrix-js-sdk'
import type { DeviceId, UserId } from '../../contracts/ids.ts'
import type { Fault, Result } from '../../contracts/result.ts'
import { createRequestClient } from './sdk-client.ts'
import type { SignedIn } from './signed-in.ts'

/** How the bot signs in: an appservice token masquerades as a namespaced user; an access token is a user and device already. */
export type AccountAccess =
  | { readonly kind: 'appservice'; readonly homeserver: string; readonly token: string; readonly userId: UserId }
  | { readonly kind: 'token'; readonly homeserver: string; readonly token: string }

/** What the instance remembers of itself: the device of edge.db and the owner of crypto.db must be the same one. */
export interface KnownDevice {
  readonly storeOwner: { readonly userId: string; readonly deviceId: string } | undefined
  readonly lastDevice: { readonly userId: string; readonly deviceId: string } | undefined
}

export type AccountFault = Fault<'unreachable' | 'bad-token' | 'no-device' | 'foreign-store' | 'lost-store'>

/** Signs in, or says why not. Nothing of the crypto store is opened before it is known to belong to this user and device. */
export async function signIn(access: AccountAccess, known: KnownDevice): Promise<Result<SignedIn, AccountFault>> {
  try {
    return access.kind === 'appservice' ? await signInAppservice(access, known) : await signInToken(access, known)
  } catch (error) {
    return { ok: false, error: signInFault(access.homeserver, error) }
  }
}

async function signInAppservice(
  access: Extract<AccountAccess, { kind: 'appservice' }>,
  known: KnownDevice,
): Promise<Result<SignedIn, AccountFault>> {
  const { homeserver, token, userId } = access
  if (known.storeOwner !== undefined && known.storeOwner.userId !== userId) return foreignStore(known.storeOwner, userId)
  const http = createRequestClient({ homeserver, token }).http
  const username = userId.slice(1, userId.indexOf(':'))
  const registration = { type: 'm.login.application_service', username, inhibit_login: true }
  await http.authedRequest(Method.Post, '/register', undefined, registration).catch((error: unknown) => {
    if (!(error instanceof MatrixError && error.errcode === 'M_USER_IN_USE')) throw error
  })
  const replacesLostDevice = known.storeOwner === undefined && known.lastDevice !== undefined
  const deviceId = (known.storeOwner?.deviceId ?? newDeviceId()) as DeviceId
  const path = `/devices/${encodeURIComponent(deviceId)}`
  await http.authedRequest(Method.Put, path, { user_id: userId }, { display_name: 'AI Ops assistant' })
  const queryParams = { user_id: userId, device_id: deviceId }
  return { ok: true, value: { homeserver, token, userId, deviceId, queryParams, replacesLostDevice } }
}

async function signInToken(access: Extract<AccountAccess, { kind: 'token' }>, known: KnownDevice): Promise<Result<SignedIn, AccountFault>> {
  const { homeserver, token } = access
  const me = await createRequestClient({ homeserver, token }).whoami()
  if (me.device_id === undefined) {
    const sentence =
      'The access token belongs to no device, so it cannot encrypt. Log in with a password once and use the token of that login.'
    return { ok: false, error: { code: 'no-device', sentence } }
  }
  const owner = known.storeOwner
  if (owner !== undefined && (owner.userId !== me.user_id || owner.deviceId !== me.device_id)) return foreignStore(owner, me.user_id)
  const last = known.lastDevice
  if (owner === undefined && last?.userId === me.user_id && last.deviceId === me.device_id) {
    const sentence = `crypto.db of device ${me.device_id} is gone, and a device cannot get new keys. Log the bot in again, put the new access token into ai-ops.yaml, and start: the recovery key signs the new device.`
    return { ok: false, error: { code: 'lost-store', sentence } }
  }
  const replacesLostDevice = owner === undefined && last !== undefined
  const userId = me.user_id as UserId
  const deviceId = me.device_id as DeviceId
  return { ok: true, value: { homeserver, token, userId, deviceId, queryParams: undefined, replacesLostDevice } }
}

function foreignStore(owner: { readonly userId: string; readonly deviceId: string }, userId: string): Result<SignedIn, AccountFault> {
  const sentence = `crypto.db belongs to ${owner.userId} (device ${owner.deviceId}), but the configuration signs in as ${userId}. Give that account and device again, or move crypto.db away to start as a new device.`
  return { ok: false, error: { code: 'foreign-store', sentence } }
}

function signInFault(homeserver: string, error: unknown): AccountFault {
  if (
    error instanceof MatrixError &&
    (error.errcode === 'M_UNKNOWN_TOKEN' || error.errcode === 'M_MISSING_TOKEN' || error.errcode === 'M_FORBIDDEN')
  ) {
    const sentence = `The homeserver ${homeserver} does not accept the bot's token (${error.errcode}). Check matrix.appservice_token or matrix.access_token in ai-ops.yaml.`
    return { code: 'bad-token', sentence }
  }
  const detail = error instanceof MatrixError ? (error.errcode ?? String(error.httpStatus)) : 'no answer'
  return { code: 'unreachable', sentence: `The homeserver ${homeserver} cannot be used (${detail}). It is tried again.` }
}

/** Ten letters after a prefix that tells people which of the account's devices this is. */
function newDeviceId(): string {
  return `AIOPS${Array.from({ length: 10 }, () => String.fromCharCode(65 + randomInt(26))).join('')}`
}
