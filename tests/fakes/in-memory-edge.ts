import { setImmediate as committed } from 'node:timers/promises'
import type { EdgeFacts, Inbox, Job, NewOutboxRow, Outbox, Reply } from '../../src/contracts/edge-store.ts'
import type { Binding } from '../../src/contracts/household.ts'
import type { EventId } from '../../src/contracts/ids.ts'
import type { DropReason } from '../../src/contracts/incoming.ts'

/** What the conversation needs of edge.db, in memory; every effect goes into `journal`. */
export class InMemoryEdge {
  readonly journal: string[]
  readonly rows: NewOutboxRow[] = []
  readonly settled = new Map<EventId, DropReason | 'answered'>()
  readonly drafts = new Map<EventId, EventId | undefined>()
  readonly own = new Set<EventId>()
  /** Names of what the assistant said by itself, by event. */
  readonly sources = new Map<EventId, string>()
  readonly ownThreads = new Set<EventId>()
  readonly values = new Map<string, string>()
  readonly bound: Binding[] = []
  readonly pendingJobs = new Map<number, Job>()
  /** Set to make the next commits fail. */
  commitFails = false
  #jobs = 0

  constructor(journal: string[]) {
    this.journal = journal
  }

  readonly inbox: Pick<Inbox, 'settle' | 'noticed' | 'beginDraft' | 'draftSent'> = {
    settle: async (eventIds, reason) => {
      this.journal.push(`settle ${reason}`)
      for (const eventId of eventIds) this.settled.set(eventId, reason)
    },
    noticed: async () => undefined,
    beginDraft: async (source) => {
      await committed()
      this.journal.push('begin-draft')
      this.drafts.set(source, undefined)
    },
    draftSent: async (source, draft) => {
      this.journal.push('draft-sent')
      this.drafts.set(source, draft)
    },
  }

  readonly outbox: Pick<Outbox, 'commitReply' | 'isOwn' | 'sourceOf' | 'ownThread' | 'jobs' | 'jobDone' | 'jobFailed'> = {
    commitReply: async (reply) => this.#commit(reply),
    isOwn: async (eventId) => this.own.has(eventId),
    sourceOf: async (eventId) => this.sources.get(eventId),
    ownThread: async (root) => this.ownThreads.has(root),
    jobs: async () => [...this.pendingJobs.values()],
    jobDone: async (id) => {
      this.pendingJobs.delete(id)
    },
    jobFailed: async (id) => {
      const job = this.pendingJobs.get(id)
      if (job !== undefined) this.pendingJobs.set(id, { ...job, attempts: job.attempts + 1 })
    },
  }

  readonly facts: Pick<EdgeFacts, 'read' | 'write' | 'bindings' | 'bind'> = {
    read: async (key) => this.values.get(key),
    write: async (key, value) => {
      this.values.set(key, value)
    },
    bindings: async () => this.bound,
    bind: async (binding) => {
      this.bound.push(binding)
    },
  }

  #commit({ rows, settles, jobs }: Reply): void {
    if (this.commitFails) throw new Error('disk full')
    this.journal.push('commit-reply')
    const fresh = rows.filter((row) => !this.rows.some((other) => other.source === row.source))
    this.rows.push(...fresh)
    for (const eventId of settles) this.settled.set(eventId, 'answered')
    for (const job of jobs) {
      this.#jobs += 1
      this.pendingJobs.set(this.#jobs, { ...job, id: this.#jobs, attempts: 0 })
    }
  }
}
