import type { Result } from '../contracts/result.ts'
import { checkPort, type NeededPort } from './check-port.ts'
import type { ChildSpec } from './child.ts'
import type { Environment } from './clean-environment.ts'
import type { GuardrailAccess } from './guardrail-keys.ts'
import { prepareLitellm, type GatewayAccess } from './litellm.ts'
import type { ModelPlan } from './model-plan.ts'
import { installPythonTools, type Progress } from './python-tools.ts'
import { describeStandInProcess } from './stand-in.ts'
import { openSupervisor, type ChildStatus, type SupervisedChild, type Supervisor, type SupervisorEvent } from './supervisor.ts'
import { prepareSynapse, type HomeserverAccess, type RateLimits } from './synapse.ts'
import { fault, type StackFault } from './stack-fault.ts'

export interface LocalPorts {
  readonly homeserver: number
  readonly gateway: number
  readonly api: number
  readonly model: number
  readonly metrics: number
}

export interface LocalStackOptions {
  /** Where `python/` and `.tools/` lie. */
  readonly projectFolder: string
  /** The data home. */
  readonly home: string
  readonly ports: LocalPorts
  readonly plan: ModelPlan
  /** Set: the gateway has other clients checked by the assistant, at `ports.api`. */
  readonly guardrail?: GuardrailAccess | undefined
  /** The caller's environment: keys, proxies and certificates are handed on where they are needed, nothing else. */
  readonly environment: Environment
  /** `AI_OPS_PYTHON`, if given. */
  readonly python: string | undefined
  readonly limits?: RateLimits
  readonly filterTimelineLimit?: number
  readonly progress: Progress
  readonly onEvent?: ((event: SupervisorEvent) => void) | undefined
  /** An abort ends the start and everything it has started. */
  readonly signal?: AbortSignal
}

/** Homeserver, gateway and, where nothing better is configured, the stand-in. Disposing stops all of it. */
export interface LocalStack extends AsyncDisposable {
  readonly homeserver: HomeserverAccess
  readonly gateway: GatewayAccess
  /** The gateway needs longest: settles when it (and the stand-in, if there is one) answers. Never rejects. */
  readonly gatewayReady: Promise<Result<true, StackFault>>
  /** Names of processes that an earlier, killed start had left; they are ended. */
  readonly endedLeftovers: readonly string[]
  /** Adds a process, the assistant itself; it is stopped first if its spec says so. */
  supervise(spec: ChildSpec): Promise<Result<SupervisedChild, StackFault>>
  statuses(): readonly ChildStatus[]
}

/**
 * Installs what is missing and starts every part as soon as it can: resolves when the homeserver answers, while the gateway
 * may still be installed or warming up (`gatewayReady`). On a fault nothing is left running.
 */
export async function startLocalStack(options: LocalStackOptions): Promise<Result<LocalStack, StackFault>> {
  const opened = await openSupervisor(options)
  if (!opened.ok) return opened
  const supervisor = opened.value
  const stopping = new AbortController()
  const stop = async (): Promise<void> => {
    stopping.abort()
    await supervisor[Symbol.asyncDispose]()
  }
  const stopOnAbort = (): void => void stop()
  options.signal?.addEventListener('abort', stopOnAbort, { once: true })
  const started = await startParts(options, supervisor, stopping.signal)
  options.signal?.removeEventListener('abort', stopOnAbort)
  if (started.ok) return { ok: true, value: { ...started.value, [Symbol.asyncDispose]: stop } }
  await stop()
  return options.signal?.aborted === true ? fault('aborted', 'The start was stopped.') : started
}

async function startParts(
  options: LocalStackOptions,
  supervisor: Supervisor,
  signal: AbortSignal,
): Promise<Result<Omit<LocalStack, typeof Symbol.asyncDispose>, StackFault>> {
  for (const needed of listPorts(options)) {
    const free = await checkPort(needed)
    if (!free.ok) return free
  }
  const synapse = await prepareSynapse({ ...options, port: options.ports.homeserver })
  if (!synapse.ok) return synapse
  const guardrail = options.guardrail && { access: options.guardrail, url: `http://127.0.0.1:${options.ports.api}` }
  const litellm = await prepareLitellm({ ...options, ...options.plan, guardrail, port: options.ports.gateway })
  if (!litellm.ok) return litellm
  const standIn = describeStandInProcess({ ...options, port: options.ports.model })

  const tools = installPythonTools({ ...options, signal })
  const homeserverReady = startPart(synapse.value.child, tools.synapse, supervisor, options.progress)
  const gatewayParts = [startPart(litellm.value.child, tools.litellm, supervisor, options.progress)]
  if (options.plan.standIn !== 'none') gatewayParts.push(startPart(standIn, tools.model, supervisor, options.progress))
  const homeserver = await homeserverReady
  if (!homeserver.ok) return homeserver
  return {
    ok: true,
    value: {
      homeserver: synapse.value.access,
      gateway: litellm.value.access,
      gatewayReady: Promise.all(gatewayParts).then((parts) => parts.find((part) => !part.ok) ?? { ok: true, value: true }),
      endedLeftovers: supervisor.endedLeftovers,
      supervise: (spec) => supervisor.start(spec),
      statuses: () => supervisor.statuses(),
    },
  }
}

async function startPart(
  spec: ChildSpec,
  installed: Promise<Result<string, StackFault>>,
  supervisor: Supervisor,
  progress: Progress,
): Promise<Result<true, StackFault>> {
  const folder = await installed
  if (!folder.ok) return folder
  const startedAt = performance.now()
  const child = await supervisor.start(spec)
  if (!child.ok) return child
  const ready = await child.value.ready
  if (ready.ok) progress(`${spec.title} ready`, (performance.now() - startedAt) / 1000)
  return ready
}

/** All of the instance, before anything is installed or started: better one sentence now than a half-started stack. */
function listPorts(options: LocalStackOptions): readonly NeededPort[] {
  const { ports, plan } = options
  return [
    { port: ports.homeserver, purpose: 'homeserver (Synapse)' },
    { port: ports.gateway, purpose: 'gateway (LiteLLM)' },
    { port: ports.api, purpose: 'HTTP API' },
    ...(plan.standIn === 'none' ? [] : [{ port: ports.model, purpose: 'stand-in model' }]),
    { port: ports.metrics, purpose: 'health and metrics endpoint' },
  ]
}
