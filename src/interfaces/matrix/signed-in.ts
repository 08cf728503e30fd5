import type { DeviceId, UserId } from '../../contracts/ids.ts'

/** A device of an account that the homeserver knows. */
export interface SignedIn {
  readonly homeserver: string
  readonly token: string
  readonly userId: UserId
  readonly deviceId: DeviceId
  /** Sent with each request so that an appservice token acts as this user and device. */
  readonly queryParams: Readonly<Record<string, string>> | undefined
  /** True when this device was made now because the crypto store of the last one is gone. */
  readonly replacesLostDevice: boolean
}
