import type { Grant, LimitUse, UseLimit } from '../contracts/allowance.ts'
import type { EventId, MemberId, RoomId, TenantId, TurnId } from '../contracts/ids.ts'
import type { AuditAnchor, AuditEntry, AuditRange, AuditRecord, AuditVerdict } from '../contracts/audit.ts'
import type { Incident, NewRefusedQuestion, ParentAnswer, RefusedQuestion } from '../contracts/incidents.ts'
import type { CallEnding, CallKey, CallOpening, LedgerRow } from '../contracts/ledger.ts'
import type { ContextMessage, RecallRequest } from '../contracts/memory.ts'
import type { TurnTrace } from '../contracts/traces.ts'
import type { DataFault } from './data-fault.ts'

/** All that a tenant's file can be asked: a closed set, between the main thread and the worker. */
export interface TenantCalls {
  readonly 'ledger.beginAttempt': (turn: TurnId) => number
  readonly 'ledger.openCall': (opening: CallOpening, limits?: readonly UseLimit[]) => UseLimit | undefined
  readonly 'ledger.endCall': (key: CallKey, ending: CallEnding) => void
  readonly 'ledger.endOrphans': () => number
  readonly 'ledger.rows': (since: number) => readonly LedgerRow[]
  readonly 'allowances.use': (limits: readonly UseLimit[], except: TurnId | undefined) => readonly LimitUse[]
  readonly 'allowances.grant': (grant: Grant) => boolean
  readonly 'context.recall': (request: RecallRequest) => readonly ContextMessage[]
  readonly 'context.remember': (roomId: RoomId, threadRoot: EventId | undefined, messages: readonly ContextMessage[]) => void
  readonly 'context.startTopic': (roomId: RoomId, threadRoot: EventId | undefined, at: number) => void
  readonly 'context.amend': (eventId: EventId, text: string | undefined) => void
  readonly 'traces.write': (trace: TurnTrace) => void
  readonly 'traces.recent': (limit: number) => readonly TurnTrace[]
  readonly 'incidents.record': (incident: Incident, since: number) => number
  readonly 'incidents.list': (since: number) => readonly Incident[]
  readonly 'questions.keep': (question: NewRefusedQuestion) => void
  readonly 'questions.last': (roomId: RoomId, member: MemberId, since: number) => RefusedQuestion | undefined
  readonly 'questions.asked': (turn: TurnId, at: number) => void
  readonly 'questions.find': (turn: TurnId) => RefusedQuestion | undefined
  readonly 'questions.answer': (turn: TurnId, answer: ParentAnswer) => boolean
  readonly 'questions.forget': (eventId: EventId) => void
  readonly 'questions.isAllowed': (member: MemberId, text: string) => boolean
  readonly 'audit.append': (entry: AuditEntry) => void
  readonly 'audit.list': (since: number) => readonly AuditRecord[]
  readonly 'audit.read': (range: AuditRange) => readonly AuditRecord[]
  readonly 'audit.verify': (anchor: AuditAnchor | undefined) => AuditVerdict
}

export type TenantMethod = keyof TenantCalls

/** The main thread decides which files are open; messages arrive in order, so a call follows its `open`. */
export type TenantRequest =
  | { readonly kind: 'open'; readonly tenant: TenantId; readonly file: string; readonly key: Uint8Array }
  | { readonly kind: 'close'; readonly tenant: TenantId }
  | {
      readonly kind: 'call'
      readonly id: number
      readonly tenant: TenantId
      readonly method: TenantMethod
      readonly params: readonly unknown[]
    }
  | { readonly kind: 'stop' }

/** After a `fault` the worker has closed the file: the next call must open it again. */
export type TenantAnswer =
  | { readonly kind: 'value'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'fault'; readonly id: number; readonly fault: DataFault }
  | { readonly kind: 'surprise'; readonly id: number; readonly message: string; readonly stack: string | undefined }
