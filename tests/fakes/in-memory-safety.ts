import type { AuditEntry, AuditLog, AuditRecord } from '../../src/contracts/audit.ts'
import { hashEntry, noHash, verifyChain } from '../../src/data/audit-chain.ts'
import type { Incident, Incidents, ParentAnswer, ParentQuestions, RefusedQuestion } from '../../src/contracts/incidents.ts'
import type { TurnId } from '../../src/contracts/ids.ts'

const DAY_MS = 24 * 3_600_000

/** What rails and guardians leave behind in a tenant, in memory. */
export class InMemorySafety {
  readonly recorded: Incident[] = []
  readonly kept = new Map<TurnId, RefusedQuestion>()
  readonly answers = new Map<TurnId, ParentAnswer>()
  readonly audited: AuditEntry[] = []

  readonly incidents: Incidents = {
    record: async (incident, since) => {
      if (incident.category === 'harm-at-home') return 0
      const isKnown = this.recorded.some(({ turn, direction }) => turn === incident.turn && direction === incident.direction)
      if (!isKnown) this.recorded.push(incident)
      const { member, category } = incident
      return this.recorded.filter((other) => other.member === member && other.category === category && other.at >= since).length
    },
    list: async (since) => this.recorded.filter(({ at }) => at >= since).toSorted((one, other) => one.at - other.at),
  }

  readonly questions: ParentQuestions = {
    keep: async (question) => {
      for (const { turn, roomId, member, at, askedAt } of this.kept.values()) {
        const isReplaced = turn !== question.turn && roomId === question.roomId && member === question.member
        if (askedAt === undefined && (isReplaced || at < question.at - DAY_MS)) this.kept.delete(turn)
      }
      if (!this.kept.has(question.turn)) this.kept.set(question.turn, { ...question, askedAt: undefined, answer: undefined })
    },
    last: async (roomId, member, since) =>
      [...this.kept.values()].findLast(
        (one) => one.roomId === roomId && one.member === member && one.at >= since && one.askedAt === undefined,
      ),
    asked: async (turn, at) => {
      const question = this.kept.get(turn)
      if (question !== undefined) this.kept.set(turn, { ...question, askedAt: question.askedAt ?? at })
    },
    find: async (turn) => this.kept.get(turn),
    answer: async (turn, answer) => {
      const question = this.kept.get(turn)
      if (question === undefined) return false
      const first = this.answers.get(turn) ?? answer
      this.answers.set(turn, first)
      this.kept.set(turn, { ...question, askedAt: question.askedAt ?? answer.at, answer: first.answer })
      return first.event === answer.event
    },
    forget: async (eventId) => {
      for (const one of this.kept.values()) if (one.eventId === eventId && one.answer === undefined) this.kept.delete(one.turn)
    },
    isAllowed: async (member, text) =>
      [...this.kept.values()].some((one) => one.member === member && one.answer === 'always' && wordsOf(one.text) === wordsOf(text)),
  }

  #records(): readonly AuditRecord[] {
    let previous = noHash
    return this.audited.map((entry, index) => {
      previous = hashEntry(entry, previous)
      return { ...entry, number: index + 1, hash: previous }
    })
  }

  readonly audit: AuditLog = {
    append: async (entry) => {
      const { cause, action, subject } = entry
      if (cause !== undefined && this.audited.some((one) => one.cause === cause && one.action === action && one.subject === subject)) return
      this.audited.push(entry)
    },
    list: async (since) =>
      this.#records()
        .filter(({ at }) => at >= since)
        .toSorted((one, other) => one.at - other.at),
    read: async ({ since, after = 0, limit }) =>
      this.#records()
        .filter(({ at, number }) => at >= since && number > after)
        .slice(0, limit),
    verify: async (anchor) => {
      const records = this.#records()
      return verifyChain({ records: () => records, head: { rows: records.length, hash: records.at(-1)?.hash ?? noHash } }, anchor)
    },
  }
}

function wordsOf(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[\s.!?]+/gu, ' ')
    .trim()
}
