import type { ContextMessage, RecallRequest } from '../contracts/memory.ts'
import type { Log } from '../contracts/platform.ts'
import type { TenantStore } from '../contracts/tenant-stores.ts'
import type { TurnId } from '../contracts/ids.ts'
import type { Clock } from './clock.ts'
import type { Jobs } from './jobs.ts'

const RECALL_DEADLINE_MS = 150

export interface RecallPorts {
  readonly jobs: Pick<Jobs, 'run'>
  readonly clock: Pick<Clock, 'wait'>
  readonly log: Log
}

/** What everyone in the room may hear again. Memory that is late or broken costs the context, never the answer. */
export async function recallContext(
  { jobs, clock, log }: RecallPorts,
  { context }: Pick<TenantStore, 'context'>,
  turn: TurnId,
  request: RecallRequest,
): Promise<readonly ContextMessage[]> {
  const read = async (): Promise<readonly ContextMessage[]> => {
    try {
      // the room's last answer may still be on its way into memory
      await jobs.run()
      return await context.recall(request)
    } catch (error) {
      log.warn('recall-failed', { turn, error: error instanceof Error ? error.name : typeof error })
      return []
    }
  }
  const inTime = new AbortController()
  const late = clock.wait(RECALL_DEADLINE_MS, inTime.signal).then((isLate) => {
    if (isLate) log.warn('recall-late', { turn })
    return []
  })
  const recalled = await Promise.race([read(), late])
  inTime.abort()
  return recalled
}
