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

/** Under this name secret storage keeps the key that opens the backup of room keys. */
const BACKUP_SECRET = 'm.megolm_backup.v1'

/**
 * Makes this device a signed one of its account: a new account gets cross-signing, secret storage and key backup; a new
 * device of a known account signs itself with the recovery key and reads the past from the backup. An identity that exists
 * is never reset: people would see a warning, and rightly. Whatever a process that was killed in the middle left is completed.
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
  const decoded = decodeKey(stored)
  if (decoded !== undefined) keys.use(decoded)
  const isNew = !(await isPublished(client, crypto))
  if (!isNew && !(await holdsPrivateKeys(crypto))) return recoverIdentity(client, crypto, decoded !== undefined)
  const hasSecrets = !isNew && (await crypto.isSecretStorageReady())
  if (!hasSecrets) await createIdentity(crypto, { keys, file, stored, authUpload, isNew })
  if (!(await hasBackupSecret(client))) await crypto.resetKeyBackup()
  await signOwnDevice(client, crypto)
  await crypto.checkKeyBackupAndEnable()
  return { ok: true, value: hasSecrets ? 'ready' : 'created' }
}

/** Makes the key backup of a person anew if its key reached nobody: for an account that is still being set up. */
export async function ensureBackup(client: MatrixClient): Promise<void> {
  if (!(await hasBackupSecret(client))) await client.getCrypto()?.resetKeyBackup()
}

interface CreationParts {
  readonly keys: SecretStorageKeys
  readonly file: RecoveryKeyFile
  readonly stored: string | undefined
  readonly authUpload: UploadAuth
  /** Nothing is published yet: keys that a killed process left, here or in secret storage, belong to no identity. */
  readonly isNew: boolean
}

/**
 * The recovery key is on disk before anything depends on it, and the private keys lie in secret storage before the public
 * ones are published: a kill in between leaves nothing that nobody holds the keys of.
 */
async function createIdentity(crypto: CryptoApi, parts: CreationParts): Promise<void> {
  const generated = await crypto.createRecoveryKeyFromPassphrase()
  const encoded = parts.stored ?? generated.encodedPrivateKey
  if (encoded === undefined) throw new Error('the SDK made a recovery key without its text form')
  if (parts.stored === undefined) await parts.file.write(encoded)
  const privateKey = decodeRecoveryKey(encoded)
  parts.keys.use(privateKey)
  await crypto.bootstrapSecretStorage({
    createSecretStorageKey: () => Promise.resolve({ ...generated, privateKey, encodedPrivateKey: encoded }),
    setupNewSecretStorage: parts.stored === undefined,
  })
  await crypto.bootstrapCrossSigning({ setupNewCrossSigning: parts.isNew, authUploadDeviceSigningKeys: parts.authUpload })
}

async function recoverIdentity(client: MatrixClient, crypto: CryptoApi, hasKey: boolean): Promise<Result<'recovered', IdentityFault>> {
  if (!hasKey) {
    const sentence =
      "The account has a signed identity, but this device has no part in it and the file recovery-key is missing. Put the account's recovery key into that file and start again; the identity is not reset."
    return { ok: false, error: { code: 'recovery-key-missing', sentence } }
  }
  try {
    await crypto.bootstrapCrossSigning({})
    if (await hasBackupSecret(client)) await crypto.loadSessionBackupPrivateKeyFromSecretStorage()
    else if ((await crypto.getKeyBackupInfo()) === null) await crypto.resetKeyBackup()
  } catch {
    const sentence =
      "The recovery key does not open the account's secret storage. Put the right key into the file recovery-key and start again; the identity is not reset."
    return { ok: false, error: { code: 'recovery-key-wrong', sentence } }
  }
  const backup = await crypto.checkKeyBackupAndEnable()
  if (backup !== null && (await crypto.getSessionBackupPrivateKey()) !== null) await crypto.restoreKeyBackup()
  return { ok: true, value: 'recovered' }
}

/** Asked of the homeserver: a store may hold an identity that was made but not published when its process was killed. */
async function isPublished(client: MatrixClient, crypto: CryptoApi): Promise<boolean> {
  const userId = client.getSafeUserId()
  const answer = await client.downloadKeysForUsers([userId])
  if (answer.master_keys?.[userId] === undefined) return false
  // the crypto store learns it too, before it decides by what it knows
  await crypto.userHasCrossSigningKeys(userId, true)
  return true
}

async function holdsPrivateKeys(crypto: CryptoApi): Promise<boolean> {
  const { masterKey, selfSigningKey, userSigningKey } = (await crypto.getCrossSigningStatus()).privateKeysCachedLocally
  return masterKey && selfSigningKey && userSigningKey
}

async function hasBackupSecret(client: MatrixClient): Promise<boolean> {
  return (await client.secretStorage.isStored(BACKUP_SECRET)) !== null
}

/** A process may have died between the keys of the identity and the signature under this device. */
async function signOwnDevice(client: MatrixClient, crypto: CryptoApi): Promise<void> {
  const deviceId = client.getDeviceId()
  if (deviceId === null) throw new Error('the client has no device')
  const status = await crypto.getDeviceVerificationStatus(client.getSafeUserId(), deviceId)
  if (status?.signedByOwner !== true) await crypto.crossSignDevice(deviceId)
}

function decodeKey(text: string | undefined): Uint8Array<ArrayBuffer> | undefined {
  if (text === undefined) return undefined
  try {
    return decodeRecoveryKey(text.trim())
  } catch {
    return undefined
  }
}
