import { createCipheriv, createHash, randomBytes } from 'node:crypto'

/** What a room learns of an encrypted file, without its address: `EncryptedFile` of the client-server specification, version v2. */
export interface AttachmentKeys {
  readonly v: 'v2'
  readonly key: {
    readonly kty: 'oct'
    readonly key_ops: readonly ['encrypt', 'decrypt']
    readonly alg: 'A256CTR'
    readonly k: string
    readonly ext: true
  }
  readonly iv: string
  readonly hashes: { readonly sha256: string }
}

/** Encrypts a file with a new key, as the specification says: AES-CTR with 256 bits and a counter whose lower 64 bits begin at zero. */
export function encryptAttachment(plain: Uint8Array): { readonly ciphertext: Uint8Array; readonly keys: AttachmentKeys } {
  const key = randomBytes(32)
  const iv = Buffer.concat([randomBytes(8), Buffer.alloc(8)])
  const cipher = createCipheriv('aes-256-ctr', key, iv)
  const ciphertext = Buffer.concat([cipher.update(plain), cipher.final()])
  return {
    ciphertext,
    keys: {
      v: 'v2',
      key: { kty: 'oct', key_ops: ['encrypt', 'decrypt'], alg: 'A256CTR', k: key.toString('base64url'), ext: true },
      iv: unpadded(iv),
      hashes: { sha256: unpadded(createHash('sha256').update(ciphertext).digest()) },
    },
  }
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/u, '')
}
