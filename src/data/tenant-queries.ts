import { readdir } from 'node:fs/promises'
import { z } from 'zod'
import type { AuditAnchor, AuditRecord, AuditVerdict } from '../contracts/audit.ts'
import type { TenantId } from '../contracts/ids.ts'
import type { Fault, Result } from '../contracts/result.ts'
import type { TenantStore, TenantStores } from '../contracts/tenant-stores.ts'
import { DataError } from './data-fault.ts'
import type { HomeHandler } from './home-socket.ts'

/** What commands of the terminal may ask of the tenants' files of a home: a closed set, in this process or through the home's socket. */
export interface TenantQueries {
  /** Those that have a file, in order of their names. */
  readonly 'tenant.files': { readonly params: Readonly<Record<never, never>>; readonly value: readonly TenantId[] }
  readonly 'audit.verify': { readonly params: Named & { readonly anchor?: AuditAnchor | undefined }; readonly value: AuditVerdict }
  /** In order of the chain, a piece: the next begins after the last number of this one, and an empty one ends it. */
  readonly 'audit.export': {
    readonly params: Named & { readonly since: number; readonly after?: number | undefined }
    readonly value: readonly AuditRecord[]
  }
}

interface Named {
  /** As somebody typed it. */
  readonly tenant: string
}

export interface HeldTenants {
  /** The folder `tenants` of the data home. */
  readonly folder: string
  readonly tenants: Pick<TenantStores, 'open'>
}

/**
 * Answers `TenantQueries`. A tenant without a file is refused by a sentence that names those that have one, and none is made; a
 * file that does not open is its fault.
 */
export function tenantHandlers(held: HeldTenants): Readonly<Record<keyof TenantQueries, HomeHandler>> {
  return {
    'tenant.files': async () => ({ ok: true, value: await listTenants(held.folder) }),
    'audit.verify': (params) => ask(held, verifyShape, params, ({ audit }, { anchor }) => audit.verify(anchor)),
    'audit.export': (params) =>
      ask(held, exportShape, params, ({ audit }, { since, after }) =>
        audit.read({ since, limit: piece, ...(after === undefined ? {} : { after }) }),
      ),
  }
}

/** Entries; an answer on the socket is one line, and must stay far below its longest. */
const piece = 1_000

const named = z.object({ tenant: z.string() })
const verifyShape = named.extend({ anchor: z.object({ number: z.int(), hash: z.string() }).optional() })
const exportShape = named.extend({ since: z.int(), after: z.int().optional() })

async function ask<Params extends Named>(
  { folder, tenants }: HeldTenants,
  shape: z.ZodType<Params>,
  params: unknown,
  answer: (store: TenantStore, params: Params) => Promise<unknown>,
): Promise<Result<unknown, Fault>> {
  const read = shape.safeParse(params)
  if (!read.success) return refusal('malformed-query', 'The running AI Ops does not understand this command: use the same version.')
  try {
    const known = await listTenants(folder)
    const tenant = known.find((id) => id === read.data.tenant)
    if (tenant === undefined) return refusal('unknown-tenant', unknownTenant(known))
    return { ok: true, value: await answer(tenants.open(tenant), read.data) }
  } catch (error) {
    if (error instanceof DataError) return refusal(error.code, error.sentence)
    throw error
  }
}

async function listTenants(folder: string): Promise<readonly TenantId[]> {
  const files = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    // it is made with its first file
    if (error.code === 'ENOENT') return []
    throw error
  })
  return files
    .filter((file) => file.endsWith('.db'))
    .map((file) => file.slice(0, -'.db'.length) as TenantId)
    .toSorted()
}

function unknownTenant(known: readonly TenantId[]): string {
  if (known.length === 0) return 'No tenant has data here yet: its file is made with the first message in one of its rooms.'
  return `There is no such tenant here. There are: ${known.join(', ')}.`
}

function refusal(code: string, sentence: string): Result<never, Fault> {
  return { ok: false, error: { code, sentence } }
}
