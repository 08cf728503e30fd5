import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { flushCompileCache } from 'node:module'
import { join } from 'node:path'
import { privateFile } from './private-file.ts'
import type { Servers } from './app.ts'
import { describeAssistant, untilReady } from './assistant-process.ts'
import { demoCardFile, makeDemoOnce, shortNameOf } from './demo-home.ts'
import type { DemoCard, MadeDemo } from './demo-home.ts'
import type { Environment } from './config/environment.ts'
import { householdFileName } from './config/household-file.ts'
import { loadHousehold } from './config/load-household.ts'
import type { HouseholdFile } from './config/schema.ts'
import type { Alias, ModelPrice, ModelTarget } from './contracts/household.ts'
import type { UserId } from './contracts/ids.ts'
import type { Log } from './contracts/platform.ts'
import type { Fault, Result } from './contracts/result.ts'
import { lockHome } from './data/home-lock.ts'
import type { CardFacts, InstanceStatus, RunningPlatform } from './interfaces/terminal/terminal-ports.ts'
import { askOllama, chooseModels } from './stack/choose-models.ts'
import { describeTargets } from './stack/describe-targets.ts'
import { keepGuardrailKeys } from './stack/guardrail-keys.ts'
import type { GuardrailAccess } from './stack/guardrail-keys.ts'
import type { GatewayAccess } from './stack/litellm.ts'
import { startLocalStack } from './stack/local-stack.ts'
import type { LocalStack } from './stack/local-stack.ts'
import type { ModelDescription, ModelPlan } from './stack/model-plan.ts'
import type { SupervisorEvent } from './stack/supervisor.ts'
import type { HomeserverAccess } from './stack/synapse.ts'

/** What the assistant's process must know of the local stack; in the home's `run/servers.json`, 0600. */
interface LocalServers {
  readonly homeserver: HomeserverAccess
  readonly gateway: GatewayAccess
  readonly model: string
  readonly provider: string | undefined
  readonly standIn: boolean
  readonly prices: readonly (readonly [Alias, ModelPrice])[]
  readonly targets: readonly ModelTarget[]
  readonly guardrail?: GuardrailAccess | undefined
}

/**
 * Brings everything up on this machine: homeserver, gateway, model, a demo household at the first time, and the assistant as
 * a process of its own. On a fault nothing is left running.
 */
export async function startPlatform(
  environment: Environment,
  log: Log,
  options: { readonly progress: (step: string) => void; readonly signal: AbortSignal },
): Promise<Result<RunningPlatform, Fault>> {
  const begun = performance.now()
  const { home } = environment
  await mkdir(join(home, 'run'), { recursive: true, mode: 0o700 })
  const lock = lockHome(home, 'start')
  if (!lock.ok) return lock
  const opened = new AsyncDisposableStack()
  opened.use(lock.value)
  const up = await bringUp(environment, log, { ...options, opened })
  if (!up.ok) {
    await opened.disposeAsync()
    return up
  }
  const ended = Promise.withResolvers<void>()
  let stopping: Promise<void> | undefined
  return {
    ok: true,
    value: {
      card: { ...up.value, seconds: (performance.now() - begun) / 1000 },
      ended: ended.promise,
      stop: () => (stopping ??= opened.disposeAsync().then(() => ended.resolve())),
    },
  }
}

interface BringUpOptions {
  readonly progress: (step: string) => void
  readonly signal: AbortSignal
  readonly opened: AsyncDisposableStack
}

async function bringUp(environment: Environment, log: Log, options: BringUpOptions): Promise<Result<Omit<CardFacts, 'seconds'>, Fault>> {
  const { home, projectRoot, ports, python } = environment
  const { progress, signal, opened } = options
  const configured = await readConfigured(environment)
  if (!configured.ok) return configured
  const { models, guardrail } = configured.value
  const plan = await planModels(environment, models, signal)
  if (!plan.ok) return plan
  const stack = await startLocalStack({
    projectFolder: projectRoot,
    home,
    ports,
    plan: plan.value,
    guardrail,
    environment: { ...environment.childVariables, ...environment.providers },
    python,
    progress: (step, seconds) => progress(`${step} (${seconds.toFixed(1)} s)`),
    onEvent: (event) => {
      log.info(event.kind, { child: event.name })
      const told = tellEvent(event)
      if (told !== undefined) progress(told)
    },
    signal,
  })
  if (!stack.ok) return stack
  opened.use(stack.value)
  for (const name of stack.value.endedLeftovers) progress(`ended ${name}, left by an earlier start that was killed`)
  // what is abandoned here ends with the stack, and the next start completes it
  return unlessAborted(bringUpAssistant(environment, stack.value, { plan: plan.value, guardrail }, { log, progress, signal }), signal)
}

async function bringUpAssistant(
  environment: Environment,
  stack: LocalStack,
  { plan, guardrail }: { readonly plan: ModelPlan; readonly guardrail: GuardrailAccess | undefined },
  { log, progress, signal }: { readonly log: Log } & Omit<BringUpOptions, 'opened'>,
): Promise<Result<Omit<CardFacts, 'seconds'>, Fault>> {
  const { home } = environment
  const demo = await makeDemoOnce(environment, stack, log, progress)
  if (!demo.ok) return demo
  const servers: LocalServers = {
    homeserver: stack.homeserver,
    gateway: stack.gateway,
    ...readersOf(plan),
    standIn: plan.standIn === 'alone',
    prices: [...plan.prices],
    targets: describeTargets(plan),
    guardrail,
  }
  await privateFile(serversFile(home)).write(JSON.stringify(servers))
  // the assistant runs the same code: what was compiled here, it need not compile
  flushCompileCache()
  const assistant = await stack.supervise(describeAssistant(environment, log))
  if (!assistant.ok) return assistant
  const alive = await assistant.value.ready
  if (!alive.ok) return alive
  progress('assistant started')
  const gateway = await stack.gatewayReady
  if (!gateway.ok) return gateway
  const status = await untilReady(home, signal)
  if (!status.ok) return status
  progress('assistant signed in and ready')
  if (demo.value !== undefined) await writeDemoCard(environment, servers, demo.value, status.value)
  const people = (demo.value?.users ?? []).map(({ id, password, recoveryKey }) => ({
    name: shortNameOf(id),
    userId: id,
    password,
    recoveryKey,
  }))
  return { ok: true, value: { homeserver: servers.homeserver.url, standIn: servers.standIn, model: plan.provider, people, home } }
}

/** What ends or falters while everything runs is told where the card stands; what starts is told by its own step. */
function tellEvent(event: SupervisorEvent): string | undefined {
  if (event.kind === 'child-unhealthy') return `${event.name} does not answer and is started again`
  if (event.kind !== 'child-exit' || event.restartInMs === undefined) return undefined
  return `${event.name} ended (${event.reason}) and is started again in ${(event.restartInMs / 1000).toFixed(1)} s`
}

function unlessAborted<Value>(work: Promise<Result<Value, Fault>>, signal: AbortSignal): Promise<Result<Value, Fault>> {
  const aborted = new Promise<Result<Value, Fault>>((resolve) => {
    const stop = (): void => resolve({ ok: false, error: { code: 'aborted', sentence: 'The start was stopped.' } })
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
  work.catch(() => undefined)
  return Promise.race([work, aborted])
}

async function planModels(
  environment: Environment,
  configured: readonly ModelDescription[],
  signal: AbortSignal,
): Promise<Result<ModelPlan, Fault>> {
  return chooseModels({
    configured,
    environment: environment.providers,
    ollama: await askOllama(environment.providers, signal),
    standInPort: environment.ports.model,
    // an honest sentence helps more than the words of a model this small
    standInAsFallback: false,
  })
}

interface Configured {
  readonly models: readonly ModelDescription[]
  readonly guardrail: GuardrailAccess | undefined
}

/** What the household's file says of the gateway; nothing before the first start. */
async function readConfigured({ home, projectRoot }: Environment): Promise<Result<Configured, Fault>> {
  if (!existsSync(join(home, householdFileName))) return { ok: true, value: { models: [], guardrail: undefined } }
  const loaded = await loadHousehold({ home, projectRoot, standIn: false })
  if (!loaded.ok) return loaded
  const { instance, models, gateway_guardrail: checks } = loaded.value.file.value
  if (instance.stack === 'none') {
    const sentence = 'ai-ops.yaml says instance.stack: none, so homeserver and gateway are run by someone else: use `ai-ops serve`.'
    return { ok: false, error: { code: 'not-configured', sentence } }
  }
  const guardrail = checks.enabled ? await keepGuardrailKeys(home, checks.tier) : undefined
  if (guardrail?.ok === false) return guardrail
  return {
    ok: true,
    value: { models: Object.entries(models).map(([alias, model]) => describeModel(alias, model)), guardrail: guardrail?.value },
  }
}

function describeModel(alias: string, model: NonNullable<HouseholdFile['models']['smart']>): ModelDescription {
  const { input_usd_per_million: input, output_usd_per_million: output } = model
  return {
    alias,
    model: model.model,
    ...(input === undefined ? {} : { inputCostPerToken: input / 1e6 }),
    ...(output === undefined ? {} : { outputCostPerToken: output / 1e6 }),
  }
}

/** The model behind `smart`, and who runs it; what answers on a loopback address runs here. */
function readersOf(plan: ModelPlan): Pick<LocalServers, 'model' | 'provider'> {
  const smart = plan.models.find((model) => model.alias === 'smart') ?? plan.models.find((model) => model.alias === 'local')
  const host = smart?.apiBase === undefined ? undefined : new URL(smart.apiBase).hostname
  const here = host === 'localhost' || host === '[::1]' || host?.startsWith('127.') === true
  return { model: smart?.model.split('/').slice(1).join('/') ?? 'unknown', provider: here ? undefined : plan.provider }
}

function serversFile(home: string): string {
  return join(home, 'run', 'servers.json')
}

/** What the running local stack offers the assistant; undefined if no `ai-ops start` has written it. */
export async function readLocalServers(home: string): Promise<Servers | undefined> {
  const text = await privateFile(serversFile(home)).read()
  if (text === undefined) return undefined
  const servers = JSON.parse(text) as LocalServers
  const { url, appserviceToken, botUserId } = servers.homeserver
  return {
    access: { kind: 'appservice', homeserver: url, token: appserviceToken, userId: botUserId as UserId },
    rateLimit: undefined,
    gateway: servers.gateway,
    model: servers.model,
    provider: servers.provider,
    standIn: servers.standIn,
    prices: new Map(servers.prices),
    targets: servers.targets,
    guardrail: servers.guardrail,
  }
}

async function writeDemoCard(environment: Environment, servers: LocalServers, demo: MadeDemo, status: InstanceStatus): Promise<void> {
  const { home, ports } = environment
  const card: DemoCard = {
    homeserver: servers.homeserver.url,
    users: demo.users,
    rooms: demo.rooms,
    bot: { id: servers.homeserver.botUserId, deviceId: status.device, ed25519: status.ed25519 },
    gateway: { url: servers.gateway.url },
    api: { url: `http://127.0.0.1:${String(ports.api)}/v1`, keys: [] },
    metrics: { url: `http://127.0.0.1:${String(ports.metrics)}` },
  }
  await privateFile(demoCardFile(home)).write(JSON.stringify(card, undefined, 2))
}
