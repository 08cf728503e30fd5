import type { Job, Outbox } from '../contracts/edge-store.ts'
import type { EventId, RoomId, TenantId } from '../contracts/ids.ts'
import type { ContextMessage } from '../contracts/memory.ts'
import type { CrashPoints, Log } from '../contracts/platform.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import type { Clock } from './clock.ts'

const MAX_ATTEMPTS = 5
const RETRY_BASE_MS = 1_000

interface RememberPayload {
  readonly roomId: RoomId
  readonly threadRoot: EventId | undefined
  readonly messages: readonly ContextMessage[]
}

export interface JobPorts {
  readonly outbox: Pick<Outbox, 'jobs' | 'jobDone' | 'jobFailed'>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly clock: Pick<Clock, 'now'>
  readonly crashPoints: CrashPoints
  readonly log: Log
}

/** Runs what replies left to do. */
export interface Jobs {
  /** Jobs were committed, or may be left from an earlier process. */
  wake(): void
  /** Runs what is due; at once if nothing was committed since. Never throws. */
  run(): Promise<void>
}

/** A job that puts messages into the memory of their room. Idempotent, since memory is by event id. */
export function rememberJob(tenant: TenantId, payload: RememberPayload): Pick<Job, 'tenant' | 'kind' | 'payload'> {
  return { tenant, kind: 'remember', payload: JSON.stringify(payload) }
}

/** One runner for the instance: callers share the run under way and whatever was committed during it. */
export function createJobs(ports: JobPorts): Jobs {
  const notBefore = new Map<number, number>()
  let isAwake = true
  let running: Promise<void> | undefined
  const runAll = async (): Promise<void> => {
    while (isAwake) {
      isAwake = false
      const left = await runDue(ports, notBefore)
      // what failed waits for the next run instead of this loop
      if (left && !isAwake) {
        isAwake = true
        return
      }
    }
  }
  return {
    wake() {
      isAwake = true
    },
    run() {
      running ??= runAll()
        .catch((error: unknown) => {
          isAwake = true
          ports.log.error('jobs-failed', { error: nameOf(error) })
        })
        .finally(() => {
          running = undefined
        })
      return running
    },
  }
}

/** True if jobs are left for later. */
async function runDue(ports: JobPorts, notBefore: Map<number, number>): Promise<boolean> {
  let isLeft = false
  for (const job of await ports.outbox.jobs()) {
    const isDone = (notBefore.get(job.id) ?? 0) <= ports.clock.now() && (await runJob(ports, job, notBefore))
    isLeft ||= !isDone
  }
  return isLeft
}

async function runJob({ outbox, tenants, clock, crashPoints, log }: JobPorts, job: Job, notBefore: Map<number, number>): Promise<boolean> {
  try {
    crashPoints.reach('job.before')
    const { roomId, threadRoot, messages } = JSON.parse(job.payload) as RememberPayload
    await tenants.open(job.tenant).context.remember(roomId, threadRoot, messages)
    crashPoints.reach('job.after')
  } catch (error) {
    const attempts = job.attempts + 1
    log.warn('job-failed', { job: job.id, attempts, error: nameOf(error) })
    notBefore.set(job.id, clock.now() + RETRY_BASE_MS * 2 ** attempts)
    await outbox.jobFailed(job.id)
    if (attempts < MAX_ATTEMPTS) return false
    log.error('job-given-up', { job: job.id, tenant: job.tenant })
  }
  notBefore.delete(job.id)
  await outbox.jobDone(job.id)
  return true
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error
}
