import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startLocalStack } from '../../src/stack/local-stack.ts'
import { connectUpstream } from '../fakes/upstream-control.ts'
import { takeFreePorts } from '../support/free-ports.ts'
import type { Services } from '../support/services.ts'

const projectFolder = path.dirname(path.dirname(import.meta.dirname))

/** One real homeserver without rate limits, one real gateway, and the scripted upstream behind it; closed with `opened`. */
export async function startBenchServices(opened: AsyncDisposableStack): Promise<Services> {
  const home = await mkdtemp(path.join(tmpdir(), 'ai-ops-bench-'))
  opened.defer(() => rm(home, { recursive: true, force: true }))
  const upstreamUrl = await startUpstream(opened)
  const [homeserver = 0, gateway = 0, api = 0, model = 0, metrics = 0] = await takeFreePorts(5)
  const stack = await startLocalStack({
    projectFolder,
    home,
    ports: { homeserver, gateway, api, model, metrics },
    plan: {
      models: ['smart', 'fast', 'economy', 'judge', 'local'].map((alias) => ({
        alias,
        model: `openai/scripted-${alias}`,
        apiBase: `${upstreamUrl}/v1`,
        apiKey: { value: 'none' },
      })),
      fallbacks: {},
      provider: 'the scripted upstream',
      standIn: 'none',
      prices: new Map(),
    },
    environment: process.env,
    python: process.env['AI_OPS_PYTHON'] || undefined,
    limits: 'lifted',
    filterTimelineLimit: 2_000,
    progress: (step, seconds) => console.error(`[bench] ${step}: ${seconds.toFixed(1)} s`),
  })
  if (!stack.ok) throw new Error(stack.error.sentence)
  opened.use(stack.value)
  const ready = await stack.value.gatewayReady
  if (!ready.ok) throw new Error(ready.error.sentence)
  return { homeserver: stack.value.homeserver, gateway: stack.value.gateway, home, upstream: connectUpstream(upstreamUrl) }
}

/** Starts the upstream's process and answers its address, without `/v1`. */
export async function startUpstream(opened: AsyncDisposableStack): Promise<string> {
  const child: ChildProcess = fork(path.join(import.meta.dirname, 'upstream-child.ts'), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  opened.defer(() => void child.kill())
  return new Promise((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve(line.toString().trim()))
    child.once('exit', () => reject(new Error('the scripted upstream did not start')))
  })
}
