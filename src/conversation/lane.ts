import type { RoomId } from '../contracts/ids.ts'

/** Turns of one room run in the order they came; rooms run beside each other, at most so many at once. */
export interface Lanes {
  /** Queues a turn of a room. The task must not throw: nobody hears it. */
  enter(roomId: RoomId, task: () => Promise<void>): void
  /** Resolves when nothing runs and nothing waits. */
  idle(): Promise<void>
}

/** Lanes with room for `limit` running turns. */
export function createLanes(limit: number): Lanes {
  const tails = new Map<RoomId, Promise<void>>()
  const seats = createSeats(limit)
  return {
    enter(roomId, task) {
      const before = tails.get(roomId) ?? Promise.resolve()
      const tail = before.then(() => seats.hold(task))
      tails.set(roomId, tail)
      void tail.then(() => {
        if (tails.get(roomId) === tail) tails.delete(roomId)
      })
    },
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values())
    },
  }
}

function createSeats(limit: number): { hold(task: () => Promise<void>): Promise<void> } {
  let free = limit
  const queue: (() => void)[] = []
  return {
    async hold(task) {
      if (free > 0) free -= 1
      else await new Promise<void>((seated) => queue.push(seated))
      try {
        await task()
      } finally {
        const next = queue.shift()
        if (next === undefined) free += 1
        else next()
      }
    },
  }
}
