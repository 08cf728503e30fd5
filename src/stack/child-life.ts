import type { ChildLog } from './child-log.ts'
import type { ChildRegister } from './child-register.ts'
import { startChild, type ChildExit, type ChildSpec, type HealthProbe, type RunningChild } from './child.ts'
import { pause } from './pause.ts'
import { identifyProcess } from './process-identity.ts'

const startProbeMs = 50

/** How one life of a child ended. */
export interface ChildLife {
  readonly exit: ChildExit
  readonly readyForMs: number
  readonly timedOut: boolean
}

export interface LifeListener {
  started(pid: number | undefined): void
  ready(seconds: number): void
  unhealthy(): void
}

/** From spawn to exit. Ends the child when `stopping` is aborted, when it does not get ready in time and when its health fails. */
export async function liveOnce(
  spec: ChildSpec,
  places: { readonly log: ChildLog; readonly register: ChildRegister },
  stopping: AbortSignal,
  listener: LifeListener,
): Promise<ChildLife> {
  const startedAt = performance.now()
  const child = startChild(spec, places.log)
  const identity = child.pid === undefined ? undefined : identifyProcess(child.pid)
  if (identity !== undefined) places.register.add(spec.name, identity)
  listener.started(child.pid)
  const gone = new AbortController()
  const watching = AbortSignal.any([gone.signal, stopping])
  let readyAt: number | undefined
  let timedOut = false

  const watch = async (): Promise<void> => {
    if (await becomesReady(spec, AbortSignal.any([watching, AbortSignal.timeout(spec.startTimeoutMs)]))) {
      readyAt = performance.now()
      listener.ready((readyAt - startedAt) / 1000)
      if (spec.health !== undefined) await staysHealthy(spec.health, watching)
      else await aborted(watching)
      if (!watching.aborted) listener.unhealthy()
    } else timedOut = !watching.aborted
    if (!gone.signal.aborted) await end(child, spec.stopGraceMs, gone.signal)
  }
  const watched = watch()
  const exit = await child.exited
  gone.abort()
  await watched
  if (identity !== undefined) places.register.remove(identity)
  return { exit, readyForMs: readyAt === undefined ? 0 : performance.now() - readyAt, timedOut }
}

/** True once the probe succeeds and `prepare` is done; false when `signal` aborts first. */
async function becomesReady(spec: ChildSpec, signal: AbortSignal): Promise<boolean> {
  while (spec.health !== undefined && !(await isHealthy(spec.health, signal))) {
    if (signal.aborted) return false
    await pause(startProbeMs, signal)
  }
  if (spec.prepare !== undefined && !signal.aborted) await spec.prepare(signal)
  return !signal.aborted
}

/** Resolves when too many probes in a row have failed, or at once when `signal` aborts. */
async function staysHealthy(probe: HealthProbe, signal: AbortSignal): Promise<void> {
  let misses = 0
  while (!signal.aborted && misses < (probe.misses ?? 3)) {
    await pause(probe.intervalMs ?? 5_000, signal)
    misses = (await isHealthy(probe, signal)) ? 0 : misses + 1
  }
}

async function isHealthy(probe: HealthProbe, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(probe.url, { signal: AbortSignal.any([signal, AbortSignal.timeout(probe.timeoutMs ?? 10_000)]) })
    await response.body?.cancel()
    return response.ok
  } catch {
    return false
  }
}

async function end(child: RunningChild, graceMs: number, gone: AbortSignal): Promise<void> {
  child.signal('SIGTERM')
  await pause(graceMs, gone)
  child.signal('SIGKILL')
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }))
}
