import type { MatrixClient } from 'matrix-js-sdk'
import type { UserId } from '../../contracts/ids.ts'
import type { Readers } from '../../contracts/room-state.ts'

/** Who has a device that gets keys under this trust, since what is sent before that stays unreadable to a person for ever; and which device is whose. */
export function createReaders(client: Pick<MatrixClient, 'getCrypto'>, trust: 'signed' | 'any'): Readers {
  return {
    async canRead(userId: UserId) {
      const crypto = client.getCrypto()
      if (crypto === undefined) return false
      try {
        const devices = (await crypto.getUserDeviceInfo([userId], true)).get(userId)
        for (const deviceId of devices?.keys() ?? []) {
          if (trust === 'any') return true
          if ((await crypto.getDeviceVerificationStatus(userId, deviceId))?.signedByOwner === true) return true
        }
      } catch {
        // the homeserver is away: asked again with the next message
      }
      return false
    },
    async deviceOf(userId, senderKey) {
      try {
        const devices = (await client.getCrypto()?.getUserDeviceInfo([userId]))?.get(userId)
        return devices?.values().find((device) => device.getIdentityKey() === senderKey)?.deviceId
      } catch {
        return undefined
      }
    },
  }
}
