import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { UserId } from '../contracts/ids.ts'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault } from './config-fault.ts'
import type { HouseholdFile } from './schema.ts'
import type { YamlFile } from './yaml-file.ts'

/** appservice: acts as `userId` and chooses its device; account: an ordinary user, whose device whoami tells. */
export type MatrixCredentials =
  | { readonly kind: 'appservice'; readonly token: string; readonly userId: UserId }
  | { readonly kind: 'account'; readonly token: string; readonly userId: UserId | undefined }

export interface RateLimit {
  readonly perSecond: number
  readonly burst: number
}

/** A homeserver and a gateway that someone else runs, secrets resolved. */
export interface Connections {
  readonly matrix: {
    readonly homeserver: string
    readonly credentials: MatrixCredentials
    /** How fast we may send; undefined: the homeserver does not limit us. */
    readonly rateLimit: RateLimit | undefined
  }
  readonly gateway: { readonly url: string; readonly key: string }
}

/** Synapse's default `rc_message` for ordinary users (its configuration manual, section Ratelimiting). */
const synapseDefault: RateLimit = { perSecond: 0.2, burst: 10 }

/**
 * What `instance.stack: none` connects to; undefined under `local`, where the stack brings its own. Secrets are
 * `file:PATH` (relative to the home), `env:NAME`, or the secret itself.
 */
export async function readConnections(
  file: YamlFile<HouseholdFile>,
  from: { readonly home: string; readonly variable: (name: string) => string | undefined },
): Promise<Result<Connections | undefined, ConfigFault>> {
  const { instance, matrix, gateway } = file.value
  if (instance.stack === 'local') return { ok: true, value: undefined }
  const tokenName = matrix.appservice_token === undefined ? 'access_token' : 'appservice_token'
  const reference = matrix[tokenName]
  if (!matrix.homeserver || !gateway || reference === undefined) throw new Error('a file that was not checked')
  const token = await readSecret(reference, ['matrix', tokenName], { ...from, file })
  if (!token.ok) return token
  const key = await readSecret(gateway.key, ['gateway', 'key'], { ...from, file })
  if (!key.ok) return key
  const credentials = toCredentials(tokenName, token.value, matrix.user as UserId | undefined)
  return {
    ok: true,
    value: {
      matrix: { homeserver: matrix.homeserver, credentials, rateLimit: toRateLimit(matrix, credentials) },
      gateway: { url: gateway.url, key: key.value },
    },
  }
}

function toCredentials(tokenName: string, token: string, userId: UserId | undefined): MatrixCredentials {
  const isAppservice = tokenName === 'appservice_token' && userId !== undefined
  return isAppservice ? { kind: 'appservice', token, userId } : { kind: 'account', token, userId }
}

function toRateLimit({ rate_limit: given }: HouseholdFile['matrix'], { kind }: MatrixCredentials): RateLimit | undefined {
  if (given) return { perSecond: given.per_second, burst: given.burst }
  return kind === 'appservice' ? undefined : synapseDefault
}

async function readSecret(
  reference: string,
  path: readonly string[],
  from: { readonly home: string; readonly variable: (name: string) => string | undefined; readonly file: YamlFile<HouseholdFile> },
): Promise<Result<string, ConfigFault>> {
  const fail = (wrong: string, cure: string): Result<string, ConfigFault> => {
    const { file } = from.file
    return { ok: false, error: createConfigFault([{ code: 'missing-secret', file, line: from.file.lineOf(path), wrong, cure }]) }
  }
  if (reference.startsWith('env:')) {
    const name = reference.slice('env:'.length)
    return toSecret(from.variable(name)) ?? fail(`The variable ${name} is not set.`, 'Set it in the environment or in .env.')
  }
  if (reference.startsWith('file:')) {
    const secretPath = resolve(from.home, reference.slice('file:'.length))
    const text = await readFile(secretPath, 'utf8').catch(() => undefined)
    return toSecret(text?.trim()) ?? fail(`${secretPath} is missing, empty or not readable.`, 'Write the secret into it.')
  }
  return { ok: true, value: reference }
}

function toSecret(text: string | undefined): Result<string, ConfigFault> | undefined {
  return text ? { ok: true, value: text } : undefined
}
