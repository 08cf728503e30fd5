import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { TestProject } from 'vitest/node'
import { startScriptedUpstream } from '../fakes/scripted-upstream.ts'
import { builtInScripts } from '../fakes/upstream-script.ts'
import { startLocalStack } from '../../src/stack/local-stack.ts'
import type { ModelDescription, ModelPlan } from '../../src/stack/model-plan.ts'
import type { StackFault } from '../../src/stack/stack-fault.ts'
import { takeFreePorts } from './free-ports.ts'
import type { ServiceState } from './services.ts'

const projectFolder = path.dirname(path.dirname(import.meta.dirname))
const opened = new AsyncDisposableStack()

/** Before the first test: one real homeserver and one real gateway for all files, if any file of this run may need them. */
export async function setup(project: TestProject): Promise<void> {
  project.provide('services', await start(project))
}

export async function teardown(): Promise<void> {
  await opened.disposeAsync()
}

async function start(project: TestProject): Promise<ServiceState> {
  if (process.env['AI_OPS_TEST_SERVICES'] === '0') return { kind: 'missing', reason: 'AI_OPS_TEST_SERVICES=0' }
  const needed = project.vitest.state.getPaths().some((file) => !file.includes(`${path.sep}tests${path.sep}unit${path.sep}`))
  if (!needed) return { kind: 'missing', reason: 'only unit tests are run' }
  const home = await mkdtemp(path.join(tmpdir(), 'ai-ops-services-'))
  opened.defer(() => rm(home, { recursive: true, force: true }))
  const upstream = opened.use(await startScriptedUpstream())
  // a free port may be taken by another program before it is used
  const started = (await startServices(home, upstream.url, 'first')) ?? (await startServices(home, upstream.url, 'last'))
  if (started === undefined || started.kind === 'missing') {
    const reason = started?.reason ?? 'no free ports'
    if (process.env['CI']) throw new Error(`the services of the integration tests are missing: ${reason}`)
    console.error(`[tests] integration tests are skipped: ${reason}`)
    return { kind: 'missing', reason }
  }
  return started
}

/** undefined: the ports were taken meanwhile, and this was not the last try. */
async function startServices(home: string, upstreamUrl: string, attempt: 'first' | 'last'): Promise<ServiceState | undefined> {
  const [homeserver = 0, gateway = 0, api = 0, model = 0, metrics = 0] = await takeFreePorts(5)
  const stack = await startLocalStack({
    projectFolder,
    home,
    ports: { homeserver, gateway, api, model, metrics },
    plan: buildPlan(upstreamUrl),
    environment: process.env,
    python: process.env['AI_OPS_PYTHON'] || undefined,
    limits: 'lifted',
    filterTimelineLimit: 2_000,
    progress: (step, seconds) => console.error(`[tests] ${step}: ${seconds.toFixed(1)} s`),
  })
  if (!stack.ok) return judge(stack.error, attempt)
  const ready = await stack.value.gatewayReady
  if (!ready.ok) {
    await stack.value[Symbol.asyncDispose]()
    return judge(ready.error, attempt)
  }
  opened.use(stack.value)
  return { kind: 'ready', coordinates: { homeserver: stack.value.homeserver, gateway: stack.value.gateway, upstreamUrl, home } }
}

/** Missing prerequisites are a reason to skip; a service that does not come up is a failure. */
function judge(error: StackFault, attempt: 'first' | 'last'): ServiceState | undefined {
  if (error.code === 'port-taken' && attempt === 'first') return undefined
  if (error.code === 'python-missing' || error.code === 'python-unsuitable' || error.code === 'network')
    return { kind: 'missing', reason: error.sentence }
  throw new Error(error.sentence)
}

/** One USD per million tokens in, four out. */
const price = { inputCostPerToken: 1e-6, outputCostPerToken: 4e-6 }

/** As in production, but everything leads to the scripted upstream; only `economy` falls back, so that single calls can be counted. */
function buildPlan(upstreamUrl: string): ModelPlan {
  const describe = (alias: string, model: string): ModelDescription => ({
    alias,
    model: `openai/${model}`,
    apiBase: `${upstreamUrl}/v1`,
    apiKey: { value: 'none' },
    ...price,
  })
  const misbehaving = Object.keys(builtInScripts).map((name) => ({ ...describe(name, name), timeoutSeconds: name === 'hang' ? 2 : 20 }))
  return {
    models: [
      ...['smart', 'fast', 'economy', 'judge'].map((alias) => describe(alias, `scripted-${alias}`)),
      // the stand-in as in production: free, and under its own name
      { ...describe('local', 'smollm2-135m'), inputCostPerToken: 0, outputCostPerToken: 0 },
      ...misbehaving,
      { ...describe('unreachable', 'unreachable'), apiBase: 'http://127.0.0.1:9/v1' },
    ],
    fallbacks: { economy: ['local'] },
    provider: 'the scripted upstream',
    standIn: 'none',
    prices: new Map(),
  }
}
