import type { Conversation } from './contracts/conversation.ts'
import type { EdgeFacts } from './contracts/edge-store.ts'
import type { JudgeState } from './contracts/guardrails.ts'
import type { Directory } from './contracts/household.ts'
import type { TenantId } from './contracts/ids.ts'
import type { AuditLog } from './contracts/audit.ts'
import type { Log } from './contracts/platform.ts'
import type { RailPolicy, RailRules } from './contracts/rails.ts'
import type { Fault } from './contracts/result.ts'
import type { LoosenedRules } from './guardrails/rail-book.ts'
import { findLoosened, mergePolicy } from './guardrails/policy.ts'
import type { InstanceRules } from './rail-rules.ts'

/** A bad edit keeps what was; the owners read why, once however many read that file, and when all of it is mended. */
export function reportReloads(
  { directory, rules }: { readonly directory: Pick<Directory, 'onChange'>; readonly rules: Pick<RailRules, 'onChange'> },
  conversation: Pick<Conversation, 'tellControl'>,
): Disposable {
  const faults = new Map<'household' | 'rules', string>()
  let count = 0
  const hear = (reader: 'household' | 'rules', fault: Fault | undefined): void => {
    count += 1
    const source = `reload:${String(Date.now())}:${String(count)}`
    if (fault) {
      const isNews = ![...faults.values()].includes(fault.sentence)
      faults.set(reader, fault.sentence)
      if (isNews) void conversation.tellControl(source, 'control.reload-failed', { reason: fault.sentence })
    } else if (faults.delete(reader) && faults.size === 0) {
      void conversation.tellControl(source, 'control.reload-ok', {})
    }
  }
  const stops = [
    directory.onChange((change) => hear('household', 'fault' in change ? change.fault : undefined)),
    rules.onChange((change) => hear('rules', 'fault' in change ? change.fault : undefined)),
  ]
  return {
    [Symbol.dispose]() {
      for (const stop of stops) stop()
    },
  }
}

/** Rooms of children and teens are told who sees what, now and whenever people or rules have changed. */
export function keepPromises(
  { directory, rules }: { readonly directory: Pick<Directory, 'onChange'>; readonly rules: Pick<RailRules, 'onChange'> },
  conversation: Pick<Conversation, 'promiseRooms'>,
): Disposable {
  const promise = (change: object): void => {
    if (!('fault' in change)) void conversation.promiseRooms()
  }
  promise({})
  const stops = [directory.onChange(promise), rules.onChange(promise)]
  return {
    [Symbol.dispose]() {
      for (const stop of stops) stop()
    },
  }
}

export interface RuleAuditPorts {
  readonly rules: Pick<InstanceRules, 'loosened' | 'childPolicy' | 'onChange'>
  /** All tenants of the household. */
  readonly tenants: () => Iterable<TenantId>
  readonly auditOf: (tenant: TenantId) => Pick<AuditLog, 'append'>
  readonly facts: Pick<EdgeFacts, 'read' | 'write'>
  readonly conversation: Pick<Conversation, 'tellControl'>
  readonly log: Pick<Log, 'error'>
  readonly now: () => number
}

/**
 * Writes into the tenant's audit what makes the rules of a child looser, and tells Control: at start and after each reload,
 * once for each change. After a crash in between it may stand in the audit twice. Dispose waits for what is being written.
 */
export function auditRules(ports: RuleAuditPorts): AsyncDisposable {
  const run = async (): Promise<void> => {
    try {
      await auditChildPolicy(ports)
      // a tenant may be in the rules a moment before it is in the household
      const tenants = new Set([...ports.tenants(), ...ports.rules.loosened().map(({ tenant }) => tenant)])
      for (const tenant of tenants) await auditOverrides(ports, tenant)
    } catch (error) {
      ports.log.error('rule-audit-failed', { error: error instanceof Error ? error.name : 'unknown' })
    }
  }
  let running = run()
  const stop = ports.rules.onChange((change) => {
    if ('book' in change) running = running.then(run)
  })
  return {
    async [Symbol.asyncDispose]() {
      stop()
      await running
    },
  }
}

/** What was written of a tenant: how many changes so far, and each override that loosens, by its place. */
interface Audited {
  readonly changes: number
  readonly loosened: Readonly<Record<string, string>>
}

async function auditOverrides({ rules, auditOf, facts, conversation, now }: RuleAuditPorts, tenant: TenantId): Promise<void> {
  const key = `audited-rules:${tenant}`
  const before = JSON.parse((await facts.read(key)) ?? '{ "changes": 0, "loosened": {} }') as Audited
  const current = rules.loosened().filter((one) => one.tenant === tenant)
  const loosened = Object.fromEntries(current.map((one) => [placeOf(one), `${one.rules.join(', ')}; ${approverOf(one)}`]))
  const added = current.filter((one) => loosened[placeOf(one)] !== before.loosened[placeOf(one)])
  const removed = Object.keys(before.loosened).filter((place) => loosened[place] === undefined)
  if (added.length === 0 && removed.length === 0) return
  const changes = before.changes + 1
  const audit = auditOf(tenant)
  for (const one of added) {
    const [place, approver, names] = [placeOf(one), approverOf(one), one.rules.join(', ')]
    await audit.append({ at: now(), actor: approver, action: 'policy.loosened', subject: place, detail: { rules: names } })
    // the number keeps a change that is made, taken back and made again from passing for one that was told
    const source = `rules-loosened:${tenant}:${String(changes)}:${place}`
    await conversation.tellControl(source, 'control.rules-loosened', { place, rules: names, approver })
  }
  for (const place of removed) {
    await audit.append({ at: now(), actor: 'configuration', action: 'policy.restored', subject: place, detail: {} })
  }
  await facts.write(key, JSON.stringify({ changes, loosened } satisfies Audited))
}

/** As it stands in `ai-ops.yaml`. */
function placeOf({ kind, name }: LoosenedRules): string {
  return `${kind}s.${name}`
}

function approverOf({ approvedBy }: LoosenedRules): string {
  return approvedBy ?? 'configuration'
}

const childFile = 'policies/child.yaml'
const childKey = 'audited-rules-child'

/** The file itself belongs to whoever runs the machine, or came with an update: nobody is asked, and nobody is left unaware. */
async function auditChildPolicy({ rules, tenants, auditOf, facts, conversation, now }: RuleAuditPorts): Promise<void> {
  const current = rules.childPolicy()
  const kept = await facts.read(childKey)
  const text = toText(current)
  if (kept === text) return
  // what an earlier version did not know counts as unchanged
  const loosened = kept === undefined ? [] : findLoosened(mergePolicy(current, fromText(kept)), current)
  if (loosened.length > 0) {
    const names = loosened.join(', ')
    for (const tenant of tenants()) {
      await auditOf(tenant).append({
        at: now(),
        actor: 'configuration',
        action: 'policy.loosened',
        subject: childFile,
        detail: { rules: names },
      })
    }
    const source = `rules-loosened:child:${String(now())}`
    await conversation.tellControl(source, 'control.rules-loosened', { place: childFile, rules: names, approver: 'configuration' })
  }
  await facts.write(childKey, text)
}

/** JSON has no Infinity. */
function toText(policy: RailPolicy): string {
  return JSON.stringify(policy, (_key, value: unknown) => (value === Number.POSITIVE_INFINITY ? 'never' : value))
}

function fromText(text: string): RailPolicy {
  return JSON.parse(text, (_key, value: unknown) => (value === 'never' ? Number.POSITIVE_INFINITY : value)) as RailPolicy
}

/** What `status` and the doctor say of the judge. */
export function describeJudge(state: JudgeState): string {
  switch (state.kind) {
    case 'away':
      return 'away: what the rules cannot decide is refused to children'
    case 'probing':
      return 'being tried with the probe'
    case 'closed':
      return `closed: ${state.model} had ${String(state.right)} of ${String(state.of)} rows of the probe right`
    case 'open':
      return `open: ${state.model}, ${String(state.right)} of ${String(state.of)} rows of the probe right`
  }
}
