/** Runs tasks one after the other, in the order they came. */
export interface AnswerQueue {
  /** Answers undefined, without running the task, when too many wait already or `signal` was aborted before its turn came. */
  run<Value>(task: () => Promise<Value>, signal: AbortSignal): Promise<Value | undefined>
}

/** `mostWaiting`: tasks that may wait or run at once. */
export function createAnswerQueue(mostWaiting: number): AnswerQueue {
  let last: Promise<unknown> = Promise.resolve()
  let waiting = 0
  return {
    async run(task, signal) {
      if (waiting >= mostWaiting) return undefined
      waiting += 1
      const before = last
      const { promise, resolve } = Promise.withResolvers<void>()
      last = promise
      try {
        await before
        return signal.aborted ? undefined : await task()
      } finally {
        waiting -= 1
        resolve()
      }
    },
  }
}
