import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'

/** Length of every key here, bytes. */
export const keyBytes = 32

// version 1: 1 byte version, 12 bytes nonce, 16 bytes tag, ciphertext; AES-256-GCM (NIST SP 800-38D: random nonces are
// safe for 2^32 messages a key, which no household reaches)
const version = 1
const nonceBytes = 12
const tagBytes = 16
const headBytes = 1 + nonceBytes + tagBytes

/** Encrypts so that the bytes open only with the same key and the same `context`, which is authenticated and not stored. */
export function sealBytes(key: Uint8Array, context: string, plain: Uint8Array): Uint8Array {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
  const body = Buffer.concat([cipher.update(plain), cipher.final()])
  return Buffer.concat([Buffer.from([version]), nonce, cipher.getAuthTag(), body])
}

/** Throws if the bytes were changed, or sealed with another key or for another context. */
export function unsealBytes(key: Uint8Array, context: string, sealed: Uint8Array): Uint8Array {
  if (sealed[0] !== version || sealed.length < headBytes) throw new Error('sealed bytes of an unknown format')
  const nonce = sealed.subarray(1, 1 + nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
    .setAAD(Buffer.from(context))
    .setAuthTag(sealed.subarray(1 + nonceBytes, headBytes))
  // copied out of Node's shared pool: a key that is posted to a worker must not take its neighbours along
  return new Uint8Array(Buffer.concat([decipher.update(sealed.subarray(headBytes)), decipher.final()]))
}

/** HKDF-SHA256 (RFC 5869) of a random key; different labels give unrelated keys. */
export function deriveSubkey(key: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, new Uint8Array(0), label, keyBytes))
}
