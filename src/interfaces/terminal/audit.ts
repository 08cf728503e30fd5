import type { AuditAnchor, AuditFault, AuditRecord } from '../../contracts/audit.ts'
import type { Fault, Result } from '../../contracts/result.ts'
import { readDay } from './read-day.ts'
import { exitCodeOf } from './terminal-ports.ts'
import type { ExitCode, Screen, TenantVerdict, TerminalPorts } from './terminal-ports.ts'

export type AuditRequest =
  | { readonly kind: 'verify'; readonly tenant: string | undefined; readonly anchor: AuditAnchor | undefined; readonly json: boolean }
  | { readonly kind: 'export'; readonly tenant: string | undefined; readonly since: number }

export interface AuditWords {
  /** What stands behind `audit`. */
  readonly rest: readonly string[]
  readonly tenant?: string | undefined
  readonly since?: string | undefined
  readonly anchor?: string | undefined
  readonly json: boolean
}

/** What was asked for, or a sentence on what is wrong with it (`misuse`). */
export function readAuditRequest({ rest, tenant, since, anchor, json }: AuditWords): Result<AuditRequest, Fault<'misuse'>> {
  const [kind] = rest
  if (rest.length !== 1 || (kind !== 'verify' && kind !== 'export')) return misuse('the command is: audit verify, or audit export')
  if (kind === 'export') {
    if (anchor !== undefined) return misuse('--anchor belongs to audit verify')
    const from = since === undefined ? 0 : readDay(since)
    if (from === undefined) return misuse('--since is a day, like 2026-11-25')
    return { ok: true, value: { kind, tenant, since: from } }
  }
  if (since !== undefined) return misuse('--since belongs to audit export: a chain is verified from its first entry')
  if (anchor === undefined) return { ok: true, value: { kind, tenant, anchor: undefined, json } }
  if (tenant === undefined) return misuse('an anchor is of one audit: name it by --tenant')
  const read = readAnchor(anchor)
  if (read === undefined) return misuse('--anchor is NUMBER:HASH of an exported entry, the hash with all its 64 digits')
  return { ok: true, value: { kind, tenant, anchor: read, json } }
}

/** Runs `audit verify` (1 if a chain is broken) or `audit export`. */
export async function audit(request: AuditRequest, ports: TerminalPorts, screen: Screen): Promise<ExitCode> {
  const done = request.kind === 'verify' ? await verify(request, ports, screen) : await exportAll(request, ports, screen)
  if (done.ok) return done.value
  screen.err(done.error.sentence)
  return exitCodeOf(done.error)
}

type Of<Kind extends AuditRequest['kind']> = Extract<AuditRequest, { readonly kind: Kind }>

async function verify({ tenant, anchor, json }: Of<'verify'>, ports: TerminalPorts, screen: Screen): Promise<Result<ExitCode, Fault>> {
  const verdicts = await ports.verifyAudits({ tenant, anchor })
  if (!verdicts.ok) return verdicts
  if (json) screen.out(JSON.stringify(verdicts.value))
  else if (verdicts.value.length === 0) screen.out('No tenant has data here yet.')
  else for (const verdict of verdicts.value) screen.out(sayVerdict(verdict))
  return { ok: true, value: verdicts.value.every(({ ok }) => ok) ? 0 : 1 }
}

async function exportAll({ tenant, since }: Of<'export'>, ports: TerminalPorts, screen: Screen): Promise<Result<ExitCode, Fault>> {
  const done = await ports.exportAudits({ tenant, since }, (id, record) => screen.out(lineOf(id, record)))
  return done.ok ? { ok: true, value: 0 } : done
}

const faultsInWords: Readonly<Record<AuditFault, (number: string) => string>> = {
  changed: (number) => `entry ${number} was changed`,
  removed: (number) => `what stood at ${number} was removed`,
  reordered: (number) => `the entry at ${number} belongs in another place`,
  added: (number) => `the entry at ${number} was added from outside`,
  cut: (number) => `the entries from ${number} on were cut off`,
}

function sayVerdict(verdict: TenantVerdict): string {
  if (!verdict.ok) return `${verdict.tenant}: BROKEN, ${faultsInWords[verdict.wrong](String(verdict.number))}`
  if (verdict.rows === 0) return `${verdict.tenant}: no entries`
  const entries = verdict.rows === 1 ? '1 entry' : `${String(verdict.rows)} entries`
  return `${verdict.tenant}: ${entries}, unbroken, head ${verdict.head.slice(0, 12)}…`
}

/** The keys stand in this order, so that two exports of the same audit are the same text. */
function lineOf(tenant: string, { number, at, actor, action, subject, detail, device, before, after, cause, hash }: AuditRecord): string {
  const sorted = Object.fromEntries(Object.entries(detail).toSorted(([one], [other]) => (one < other ? -1 : 1)))
  return JSON.stringify({ tenant, number, at, actor, action, subject, detail: sorted, device, before, after, cause, hash })
}

/** Midnight in UTC; undefined for what is no day of the calendar. */
function readAnchor(text: string): AuditAnchor | undefined {
  const [, number, hash] = /^([1-9]\d{0,14}):([0-9a-f]{64})$/.exec(text) ?? []
  return number === undefined || hash === undefined ? undefined : { number: Number(number), hash }
}

function misuse(sentence: string): Result<never, Fault<'misuse'>> {
  return { ok: false, error: { code: 'misuse', sentence } }
}
