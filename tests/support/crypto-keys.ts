import { generateKeyPairSync, randomBytes } from 'node:crypto'

/** Makes importable Megolm sessions without a network: version byte, message index, ratchet, public signing key. */
export function makeRoomKeys(count: number): readonly { readonly room_id: string; readonly session_id: string }[] {
  return Array.from({ length: count }, (_, i) => {
    const signingKey = publicKey()
    return {
      algorithm: 'm.megolm.v1.aes-sha2',
      room_id: `!room${i % 50}:localhost`,
      sender_key: base64(randomBytes(32)),
      session_id: base64(signingKey),
      session_key: base64(Buffer.concat([Buffer.from([1, 0, 0, 0, 0]), randomBytes(128), signingKey])),
      sender_claimed_keys: { ed25519: base64(publicKey()) },
      forwarding_curve25519_key_chain: [],
    }
  })
}

function publicKey(): Buffer {
  return generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
