import { parentPort } from 'node:worker_threads'
import type { TenantId } from '../contracts/ids.ts'
import { CommitError, openDatabase, type Database } from './database.ts'
import { dataFault, dataFaultOf, type DataFault } from './data-fault.ts'
import { SqliteAllowances } from './sqlite-allowances.ts'
import { SqliteAudit } from './sqlite-audit.ts'
import { SqliteContext } from './sqlite-context.ts'
import { SqliteIncidents } from './sqlite-incidents.ts'
import { SqliteLedger } from './sqlite-ledger.ts'
import { SqliteQuestions } from './sqlite-questions.ts'
import { SqliteTraces } from './sqlite-traces.ts'
import type { TenantAnswer, TenantCalls, TenantRequest } from './tenant-protocol.ts'
import { tenantMigrations } from './tenant-schema.ts'

// The worker thread that holds tenants' files. It opens what it is told to open and knows no file but those.

interface OpenTenant {
  readonly file: string
  readonly database: Database
  readonly calls: TenantCalls
}

const port = parentPort
if (!port) throw new Error('tenant-worker runs as a worker thread only')

const tenants = new Map<TenantId, OpenTenant>()
const faults = new Map<TenantId, DataFault>()

port.on('message', (request: TenantRequest) => {
  switch (request.kind) {
    case 'open':
      return open(request)
    case 'close':
      return close(request.tenant)
    case 'call':
      return port.postMessage(answer(request))
    case 'stop':
      for (const tenant of tenants.keys()) close(tenant)
      return port.close()
  }
})

function open(request: Extract<TenantRequest, { kind: 'open' }>): void {
  faults.delete(request.tenant)
  const opened = openDatabase({
    file: request.file,
    key: request.key,
    migrations: tenantMigrations,
    synchronous: 'full',
    probe: 'schema',
  })
  if (opened.ok) tenants.set(request.tenant, { file: request.file, database: opened.value, calls: callsOn(opened.value) })
  else faults.set(request.tenant, opened.error)
}

function close(tenant: TenantId): void {
  tenants.get(tenant)?.database[Symbol.dispose]()
  tenants.delete(tenant)
  faults.delete(tenant)
}

function answer(request: Extract<TenantRequest, { kind: 'call' }>): TenantAnswer {
  const { id, tenant } = request
  const opened = tenants.get(tenant)
  if (!opened) return { kind: 'fault', id, fault: faults.get(tenant) ?? dataFault('unreadable', `tenants/${tenant}.db`, 'it is not open') }
  try {
    const call = opened.calls[request.method] as (...params: readonly unknown[]) => unknown
    return { kind: 'value', id, value: call(...request.params) }
  } catch (error) {
    const fault = dataFaultOf(error instanceof CommitError ? error.cause : error, opened.file)
    if (!fault) return { kind: 'surprise', id, message: messageOf(error), stack: error instanceof Error ? error.stack : undefined }
    close(tenant)
    faults.set(tenant, fault)
    return { kind: 'fault', id, fault }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function callsOn(database: Database): TenantCalls {
  const allowances = new SqliteAllowances(database)
  const ledger = new SqliteLedger(database, allowances)
  const context = new SqliteContext(database)
  const traces = new SqliteTraces(database)
  const incidents = new SqliteIncidents(database)
  const questions = new SqliteQuestions(database)
  const audit = new SqliteAudit(database)
  return {
    'ledger.beginAttempt': (turn) => ledger.beginAttempt(turn),
    'ledger.openCall': (opening, limits) => ledger.openCall(opening, limits),
    'ledger.endCall': (key, ending) => ledger.endCall(key, ending),
    'ledger.endOrphans': () => ledger.endOrphans(),
    'ledger.rows': (since) => ledger.rows(since),
    'allowances.use': (limits, except) => allowances.use(limits, except),
    'allowances.grant': (grant) => allowances.grant(grant),
    'context.recall': (request) => context.recall(request),
    'context.remember': (roomId, threadRoot, messages) => context.remember(roomId, threadRoot, messages),
    'context.startTopic': (roomId, threadRoot, at) => context.startTopic(roomId, threadRoot, at),
    'context.amend': (eventId, text) => context.amend(eventId, text),
    'traces.write': (trace) => traces.write(trace),
    'traces.recent': (limit) => traces.recent(limit),
    'incidents.record': (incident, since) => incidents.record(incident, since),
    'incidents.list': (since) => incidents.list(since),
    'questions.keep': (question) => questions.keep(question),
    'questions.last': (roomId, member, since) => questions.last(roomId, member, since),
    'questions.asked': (turn, at) => questions.asked(turn, at),
    'questions.find': (turn) => questions.find(turn),
    'questions.answer': (turn, answer) => questions.answer(turn, answer),
    'questions.forget': (eventId) => questions.forget(eventId),
    'questions.isAllowed': (member, text) => questions.isAllowed(member, text),
    'audit.append': (entry) => audit.append(entry),
    'audit.list': (since) => audit.list(since),
    'audit.read': (range) => audit.read(range),
    'audit.verify': (anchor) => audit.verify(anchor),
  }
}
