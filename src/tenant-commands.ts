import type { Environment } from './config/environment.ts'
import type { Fault, Result } from './contracts/result.ts'
import { callHome } from './data/home-socket.ts'
import { tenantHandlers, type TenantQueries } from './data/tenant-queries.ts'
import { openStoppedHome } from './open-home.ts'
import type { TenantVerdict, TerminalPorts } from './interfaces/terminal/terminal-ports.ts'

/** A long audit is read to its end before its verdict comes. */
const ANSWER_LIMIT_MS = 120_000

/** Asks the tenants of a home, whoever has them open. */
type AskTenants = <Method extends keyof TenantQueries>(
  method: Method,
  params: TenantQueries[Method]['params'],
) => Promise<Result<TenantQueries[Method]['value'], Fault>>

/**
 * Lets `use` ask the tenants of the home: through its socket while AI Ops runs, else by opening their files under the home's lock, which
 * is held until `use` has ended. Needs no configuration, and makes no home and no tenant: where nothing lies yet, that is a fault.
 */
async function withTenants<Value>(
  environment: Environment,
  use: (ask: AskTenants) => Promise<Result<Value, Fault>>,
): Promise<Result<Value, Fault>> {
  const { home } = environment
  const running = await callHome(home, 'tenant.files', {}, ANSWER_LIMIT_MS)
  if (running.ok) return use(typed((method, params) => callHome(home, method, params, ANSWER_LIMIT_MS)))
  if (running.error.code !== 'not-running') return running
  await using opened = new AsyncDisposableStack()
  const stopped = await openStopped(environment, opened)
  // awaited here: returned unawaited, the home would be closed first
  return stopped.ok ? await use(stopped.value) : stopped
}

/** One tenant's audit, or that of each tenant there is. */
export function verifyAudits(
  environment: Environment,
  { tenant, anchor }: Parameters<TerminalPorts['verifyAudits']>[0],
): ReturnType<TerminalPorts['verifyAudits']> {
  return withTenants(environment, async (ask) => {
    const chosen = await chooseTenants(ask, tenant)
    if (!chosen.ok) return chosen
    const verdicts: TenantVerdict[] = []
    for (const id of chosen.value) {
      const verdict = await ask('audit.verify', { tenant: id, anchor })
      if (!verdict.ok) return verdict
      verdicts.push({ tenant: id, ...verdict.value })
    }
    return { ok: true, value: verdicts }
  })
}

/** Reads the audits a piece at a time, so that none has to fit into memory. */
export function exportAudits(
  environment: Environment,
  { tenant, since }: Parameters<TerminalPorts['exportAudits']>[0],
  write: Parameters<TerminalPorts['exportAudits']>[1],
): ReturnType<TerminalPorts['exportAudits']> {
  return withTenants(environment, async (ask) => {
    const chosen = await chooseTenants(ask, tenant)
    if (!chosen.ok) return chosen
    for (const id of chosen.value) {
      let after: number | undefined
      do {
        const read = await ask('audit.export', { tenant: id, since, after })
        if (!read.ok) return read
        for (const record of read.value) write(id, record)
        after = read.value.at(-1)?.number
      } while (after !== undefined)
    }
    return { ok: true, value: undefined }
  })
}

async function chooseTenants(ask: AskTenants, tenant: string | undefined): Promise<Result<readonly string[], Fault>> {
  return tenant === undefined ? ask('tenant.files', {}) : { ok: true, value: [tenant] }
}

async function openStopped(environment: Environment, opened: AsyncDisposableStack): Promise<Result<AskTenants, Fault>> {
  const stopped = await openStoppedHome(environment, opened)
  if (!stopped.ok) return stopped
  const handlers = tenantHandlers(stopped.value)
  const forever = new AbortController().signal
  return { ok: true, value: typed((method, params) => handlers[method](params, forever)) }
}

/** The other side of both ways is `tenantHandlers`. */
function typed(ask: (method: keyof TenantQueries, params: unknown) => Promise<Result<unknown, Fault>>): AskTenants {
  return ask as AskTenants
}
