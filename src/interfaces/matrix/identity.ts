import type { MatrixClient } from 'matrix-js-sdk'
import { decodeRecoveryKey } from 'matrix-js-sdk/lib/crypto-api/index.js'
import type { CryptoApi, CryptoCallbacks } from 'matrix-js-sdk/lib/crypto-api/index.js'
import type { Fault, Result } from '../../contracts/result.ts'

/** Where the recovery key is kept. `write` is durable before it resolves and keeps the file to its owner. */
export interface RecoveryKeyFile {
  read(): Promise<string | undefined>
  write(key: string): Promise<void>
}

export type IdentityFault = Fault<'recovery-key-missing' | 'recovery-key-wrong'>

/** The SDK asks for the secret-storage key through callbacks that must exist before the client does. */
export class SecretStorageKeys {
  #key: Uint8Array<ArrayBuffer> | undefined

  use(key: Uint8Array<ArrayBuffer>): void {
    this.#key = key
  }

  readonly callbacks: CryptoCallbacks = {
    getSecretStorageKey: ({ keys }) => {
      const id = Object.keys(keys)[0]
      return Promise.resolve(id === undefined || this.#key === undefined ? null : [id, this.#key])
    },
    cacheSecretStorageKey: (_id, _info, key) => {
      this.#key = key
    },
  }
}

/** For a first upload of signing keys: what the homeserver's user-interactive authentication wants. */
export type UploadAuth = NonNullable<Parameters<CryptoApi['bootstrapCrossSigning']>[0]['authUploadDeviceSigningKeys']>

/**
 * Makes this device a signed one of its account: a new account gets cross-signing, secret storage and key backup; a new
 * device of a known account signs itself with the recovery key and reads the past from the backup. An identity that exists
 * is never reset: people would see a warning, and rightly.
 */
export async function ensureIdentity(
  client: MatrixClient,
  keys: SecretStorageKeys,
  file: RecoveryKeyFile,
  authUpload: UploadAuth = async (upload) => upload(null),
): Promise<Result<'ready' | 'created' | 'recovered', IdentityFault>> {
  const crypto = client.getCrypto()
  if (crypto === undefined) throw new Error('encryption is not set up')
  const stored = await file.read()
  const decoded = stored === undefined ? undefined : decodeKey(stored)
  if (decoded !== undefined) keys.use(decoded)
  const exists = await crypto.userHasCrossSigningKeys(client.getSafeUserId(), true)
  const status = await crypto.getCrossSigningStatus()
  const cached = status.privateKeysCachedLocally
  const hasPrivateKeys = cached.masterKey && cached.selfSigningKey && cached.userSigningKey
  if (!exists || (hasPrivateKeys && !(await crypto.isSecretStorageReady()))) {
    await createIdentity(crypto, { keys, file, stored, authUpload })
    return { ok: true, value: 'created' }
  }
  if (hasPrivateKeys) {
    await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: authUpload })
    return { ok: true, value: 'ready' }
  }
  return recoverIdentity(crypto, decoded !== undefined)
}

interface CreationParts {
  readonly keys: SecretStorageKeys
  readonly file: RecoveryKeyFile
  readonly stored: string | undefined
  readonly authUpload: UploadAuth
}

/** The recovery key is on disk before anything depends on it, so that a kill in between finds the same key and goes on. */
async function createIdentity(crypto: CryptoApi, parts: CreationParts): Promise<void> {
  const generated = await crypto.createRecoveryKeyFromPassphrase()
  const encoded = parts.stored ?? generated.encodedPrivateKey
  if (encoded === undefined) throw new Error('the SDK made a recovery key without its text form')
  if (parts.stored === undefined) await parts.file.write(encoded)
  const privateKey = decodeRecoveryKey(encoded)
  parts.keys.use(privateKey)
  await crypto.bootstrapCrossSigning({ authUploadDeviceSigningKeys: parts.authUpload })
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: () => Promise.resolve({ ...generated, privateKey, encodedPrivateKey: encoded }),
    setupNewKeyBackup: true,
  })
  await crypto.checkKeyBackupAndEnable()
}

async function recoverIdentity(crypto: CryptoApi, hasKey: boolean): Promise<Result<'recovered', IdentityFault>> {
  if (!hasKey) {
    const sentence =
      "The account has a signed identity, but this device has no part in it and the file recovery-key is missing. Put the account's recovery key into that file and start again; the identity is not reset."
    return { ok: false, error: { code: 'recovery-key-missing', sentence } }
  }
  try {
    await crypto.bootstrapCrossSigning({})
    await crypto.loadSessionBackupPrivateKeyFromSecretStorage()
  } catch {
    const sentence =
      "The recovery key does not open the account's secret storage. Put the right key into the file recovery-key and start again; the identity is not reset."
    return { ok: false, error: { code: 'recovery-key-wrong', sentence } }
  }
  await crypto.checkKeyBackupAndEnable()
  await crypto.restoreKeyBackup()
  return { ok: true, value: 'recovered' }
}

function decodeKey(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return decodeRecoveryKey(text.trim())
  } catch {
    return undefined
  }
}
