import type { Clock } from './clock.ts'

/** Measures the stages of a turn for its trace, in ms. */
export interface Stages {
  readonly startedAt: number
  measure<Value>(stage: string, work: () => Promise<Value>): Promise<Value>
  /** Notes the time from the start of the turn to `at`. */
  mark(stage: string, at: number): void
  readonly spentMs: Readonly<Record<string, number>>
}

/** Starts measuring now. A stage that runs twice is added up. */
export function startStages(clock: Pick<Clock, 'now'>): Stages {
  const startedAt = clock.now()
  const spent = new Map<string, number>()
  return {
    startedAt,
    async measure(stage, work) {
      const from = clock.now()
      try {
        return await work()
      } finally {
        spent.set(stage, (spent.get(stage) ?? 0) + clock.now() - from)
      }
    },
    mark(stage, at) {
      spent.set(stage, at - startedAt)
    },
    get spentMs() {
      return Object.fromEntries(spent)
    },
  }
}
