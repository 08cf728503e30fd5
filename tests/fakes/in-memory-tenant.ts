import { setImmediate as committed } from 'node:timers/promises'
import type { EventId, TenantId, TurnId } from '../../src/contracts/ids.ts'
import type { CallEnding, CallOpening, Ledger } from '../../src/contracts/ledger.ts'
import type { ContextMessage, Memory, RecallRequest } from '../../src/contracts/memory.ts'
import type { TenantStore } from '../../src/contracts/tenant-stores.ts'
import type { TurnTrace } from '../../src/contracts/traces.ts'
import { InMemorySafety } from './in-memory-safety.ts'

/** One tenant's stores in memory; what reaches them goes into `journal`. */
export class InMemoryTenant implements TenantStore {
  readonly id: TenantId
  readonly journal: string[]
  readonly openings: CallOpening[] = []
  readonly endings: CallEnding[] = []
  readonly remembered: ContextMessage[] = []
  readonly amended = new Map<EventId, string | undefined>()
  readonly topics: number[] = []
  readonly written: TurnTrace[] = []
  readonly recalls: RecallRequest[] = []
  /** Replaceable by tests: slow, broken. */
  onRecall: () => Promise<readonly ContextMessage[]> = async () => this.remembered
  onRemember: () => Promise<void> = async () => undefined
  onBeginAttempt: () => Promise<void> = async () => undefined
  readonly #attempts = new Map<TurnId, number>()

  constructor(id: TenantId, journal: string[]) {
    this.id = id
    this.journal = journal
  }

  readonly ledger: Ledger = {
    beginAttempt: async (turn) => {
      await this.onBeginAttempt()
      const attempt = (this.#attempts.get(turn) ?? 0) + 1
      this.#attempts.set(turn, attempt)
      return attempt
    },
    // a commit takes its time: who does not wait for it is found out
    openCall: async (opening) => {
      await committed()
      this.journal.push(`open-call ${opening.attempt}.${opening.call}`)
      this.openings.push(opening)
    },
    endCall: async (key, ending) => {
      await committed()
      this.journal.push(`end-call ${key.attempt}.${key.call} ${ending.kind}`)
      this.endings.push(ending)
    },
    rows: async () => [],
  }

  readonly context: Memory = {
    recall: (request) => {
      this.recalls.push(request)
      return this.onRecall()
    },
    remember: async (_roomId, _threadRoot, messages) => {
      await this.onRemember()
      this.journal.push('remember')
      this.remembered.push(...messages)
    },
    startTopic: async (_roomId, _threadRoot, at) => {
      this.topics.push(at)
    },
    amend: async (eventId, text) => {
      this.journal.push('amend')
      this.amended.set(eventId, text)
    },
  }

  readonly traces = {
    write: async (trace: TurnTrace): Promise<void> => {
      this.written.push(trace)
    },
    recent: async (): Promise<readonly TurnTrace[]> => this.written,
  }

  /** Incidents, questions to guardians and audit. */
  readonly safety = new InMemorySafety()
  readonly incidents = this.safety.incidents
  readonly questions = this.safety.questions
  readonly audit = this.safety.audit
}
