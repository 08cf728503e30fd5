import { setImmediate as committed } from 'node:timers/promises'
import type { Allowances, Grant, LimitUse, UseLimit } from '../../src/contracts/allowance.ts'
import type { EventId, TenantId, TurnId } from '../../src/contracts/ids.ts'
import type { CallEnding, CallOpening, Ledger } from '../../src/contracts/ledger.ts'
import type { ContextMessage, Memory, RecallRequest } from '../../src/contracts/memory.ts'
import type { TenantStore } from '../../src/contracts/tenant-stores.ts'
import type { TurnTrace } from '../../src/contracts/traces.ts'
import { minutesOf } from '../../src/data/sitting-minutes.ts'
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
  readonly grants: Grant[] = []
  readonly #attempts = new Map<TurnId, number>()
  readonly #endingOf = new Map<string, CallEnding>()

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
    openCall: async (opening, limits = []) => {
      await committed()
      const reached = limits.map((limit) => this.#useOf(limit, opening.turn)).find(({ used, amount, granted }) => used >= amount + granted)
      if (reached !== undefined) return reached
      this.journal.push(`open-call ${opening.attempt}.${opening.call}`)
      this.openings.push(opening)
      return undefined
    },
    endCall: async (key, ending) => {
      await committed()
      this.journal.push(`end-call ${key.attempt}.${key.call} ${ending.kind}`)
      this.endings.push(ending)
      const name = `${key.turn} ${key.attempt}.${key.call}`
      if (!this.#endingOf.has(name)) this.#endingOf.set(name, ending)
    },
    endOrphans: async () => {
      const open = this.openings.filter(({ turn, attempt, call }) => !this.#endingOf.has(`${turn} ${attempt}.${call}`))
      for (const opening of open) {
        const { alias: model, inputTokensEstimate: inputTokens, reservedNanoUsd: costNanoUsd } = opening
        await this.ledger.endCall(opening, { kind: 'estimated', model, inputTokens, outputTokens: 0, cachedTokens: 0, costNanoUsd })
      }
      return open.length
    },
    rows: async (since) =>
      this.openings
        .filter(({ openedAt }) => openedAt >= since)
        .map((opening) => {
          const nothing = { model: undefined, inputTokens: 0, outputTokens: 0, cachedTokens: 0, costNanoUsd: 0 }
          const ending = this.#endingOf.get(`${opening.turn} ${opening.attempt}.${opening.call}`)
          const ended = ending === undefined || ending.kind === 'released' ? nothing : ending
          const { model, inputTokens, outputTokens, cachedTokens, costNanoUsd } = ended
          return { ...opening, state: ending?.kind ?? 'open', model, inputTokens, outputTokens, cachedTokens, costNanoUsd }
        }),
  }

  readonly allowances: Allowances = {
    use: async (limits, except) => limits.map((limit) => this.#useOf(limit, except)),
    grant: async (grant) => {
      const earlier = this.grants.find(({ cause }) => cause === grant.cause)
      if (earlier === undefined) this.grants.push(grant)
      return earlier === undefined || earlier.event === grant.event
    },
  }

  #useOf(limit: UseLimit, except: TurnId | undefined): LimitUse {
    const { member, unit, since, until } = limit
    const calls = this.openings
      .filter((opening) => opening.openedAt >= since && opening.openedAt < until && (member === undefined || opening.member === member))
      .map((opening) => ({ ...opening, ending: this.#endingOf.get(`${opening.turn} ${opening.attempt}.${opening.call}`) }))
    const granted = this.grants
      .filter((grant) => grant.member === member && grant.unit === unit && grant.from >= since && grant.from < until)
      .reduce((sum, { amount }) => sum + amount, 0)
    const chats = calls.filter(({ purpose }) => purpose === 'chat')
    if (unit === 'money') {
      const costs = (member === undefined ? calls : chats).map(({ ending, reservedNanoUsd }) =>
        ending === undefined ? reservedNanoUsd : ending.kind === 'released' ? 0 : ending.costNanoUsd,
      )
      return { ...limit, granted, used: costs.reduce((sum, cost) => sum + cost, 0) }
    }
    const asked = Map.groupBy(
      chats.filter(({ turn, ending }) => turn !== except && ending?.kind !== 'released'),
      ({ turn }) => turn,
    )
    const askedAt = [...asked.values()].map((rows) => Math.min(...rows.map(({ openedAt }) => openedAt)))
    return { ...limit, granted, used: unit === 'messages' ? askedAt.length : minutesOf(askedAt) }
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
