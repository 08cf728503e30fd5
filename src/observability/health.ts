import type { Health, HealthCheck } from '../contracts/platform.ts'

/** One part's check. `signal` is aborted when its time is over. */
export interface HealthProbe {
  readonly name: string
  readonly probe: (signal: AbortSignal) => Promise<Pick<HealthCheck, 'ok' | 'detail'>>
}

/** Asks all parts at once and in this order. A part that throws, or does not answer in time, is not ok; `check` itself never rejects. */
export function createHealth(probes: readonly HealthProbe[], timeoutMs: number): Health {
  return { check: () => Promise.all(probes.map((part) => askPart(part, timeoutMs))) }
}

async function askPart({ name, probe }: HealthProbe, timeoutMs: number): Promise<HealthCheck> {
  const signal = AbortSignal.timeout(timeoutMs)
  const late = new Promise<Pick<HealthCheck, 'ok' | 'detail'>>((resolve) => {
    signal.addEventListener('abort', () => resolve({ ok: false, detail: `no answer in ${timeoutMs} ms` }), { once: true })
  })
  try {
    return { name, ...(await Promise.race([probe(signal), late])) }
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : 'failed' }
  }
}
