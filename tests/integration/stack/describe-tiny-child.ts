import path from 'node:path'
import type { ChildSpec } from '../../../src/stack/child.ts'

/** How to run `tiny-child.ts`; it notes its pids in `<home>/pids`. */
export function describeTinyChild(home: string, mode: string, port: number): ChildSpec {
  return {
    name: 'tiny',
    title: 'tiny child',
    command: process.execPath,
    args: [path.join(import.meta.dirname, 'tiny-child.ts'), mode, String(port), path.join(home, 'pids')],
    cwd: home,
    environment: {},
    channel: true,
    ports: [{ port, purpose: 'tiny child' }],
    health: { url: `http://127.0.0.1:${port}/`, intervalMs: 20, timeoutMs: 2_000, misses: 2 },
    startTimeoutMs: 20_000,
    stopGraceMs: 300,
    firstStart: 'once',
  }
}
