import { join } from 'node:path'
import { openClientGuardrail } from './client-guardrail.ts'
import { createDirectory, type FollowedDirectory } from './config/directory.ts'
import { readJudgeProbe } from './config/judge-probe.ts'
import { type Measured, readMeasured } from './config/measured.ts'
import type { Environment } from './config/environment.ts'
import { createSentences } from './config/sentences.ts'
import { createSettings } from './config/settings.ts'
import type { ChatModel } from './contracts/chat-model.ts'
import type { Conversation } from './contracts/conversation.ts'
import type { Guardrails, ProbeRow } from './contracts/guardrails.ts'
import type { Alias, Household, ModelPrice, ModelRoute, ModelTarget } from './contracts/household.ts'
import type { TenantId } from './contracts/ids.ts'
import type { AuditLog } from './contracts/audit.ts'
import type { Metrics } from './contracts/metrics.ts'
import type { CrashPoints, Log, Sentences } from './contracts/platform.ts'
import type { Fault, Result } from './contracts/result.ts'
import type { Settings } from './contracts/settings.ts'
import type { TenantStores } from './contracts/tenant-stores.ts'
import { systemClock } from './conversation/clock.ts'
import { createConversation } from './conversation/conversation.ts'
import { readFreeBytes } from './data/disk-space.ts'
import { tenantHandlers } from './data/tenant-queries.ts'
import { createLitellmModel } from './gateway/litellm-model.ts'
import { createInstanceGuardrails } from './instance-guardrails.ts'
import { createPresidioFinder } from './guardrails/presidio.ts'
import type { AccountAccess } from './interfaces/matrix/account.ts'
import { openMatrixEdge } from './interfaces/matrix/matrix-edge.ts'
import type { MatrixEdge } from './interfaces/matrix/matrix-edge.ts'
import type { RateLimit } from './interfaces/matrix/rate-limit.ts'
import type { InstanceState } from './control-room/status.ts'
import type { WeekPorts } from './control-room/week.ts'
import { findUnapprovedRules } from './load-guardrails.ts'
import { followReaders, followRoutes } from './model-routes.ts'
import { openControlRoom } from './open-control-room.ts'
import { type HomeStores, openHome } from './open-home.ts'
import { privateFile } from './private-file.ts'
import { createCrashPoints } from './observability/crash-points.ts'
import { createMetrics } from './observability/metrics.ts'
import { createRailRules } from './rail-rules.ts'
import type { InstanceRules } from './rail-rules.ts'
import { createEvals, type Evals } from './run-evals.ts'
import { evalHandlers, homeHandlers } from './home-commands.ts'
import { auditRules, keepPromises, reportReloads } from './rule-reports.ts'
import { everyMinute, watchHealth } from './watch-health.ts'
import { followDisk, openWatch, readInstance } from './watch-instance.ts'
import type { Running } from './watch-instance.ts'
import { sendWeeklyViews, weekPorts } from './weekly-view.ts'
import type { GuardrailAccess } from './stack/guardrail-keys.ts'

/** A turn may last this long; a call inside it cannot last longer. */
const CALL_LIMIT_MS = 120_000

/** The servers an instance stands on, whoever runs them. */
export interface Servers {
  readonly access: AccountAccess
  readonly rateLimit: RateLimit | undefined
  readonly gateway: { readonly url: string; readonly key: string }
  /** The model that answers, as people are told, and who runs it; undefined: it runs on this machine. */
  readonly model: string
  readonly provider: string | undefined
  /** True while the stand-in answers everything. */
  readonly standIn: boolean
  readonly prices: ReadonlyMap<Alias, ModelPrice>
  /** Where the aliases lead; undefined: the gateway is somebody else's, and `ai-ops.yaml` says what is known. */
  readonly targets: readonly ModelTarget[] | undefined
  /** How the gateway has other clients checked here; undefined: it does not. */
  readonly guardrail: GuardrailAccess | undefined
}

/**
 * One instance from start to stop: opens the home, the edge and the conversation, and closes all of it in reverse once
 * `signal` is aborted. A fault is what a person must mend; everything else is waited for or thrown.
 */
export async function runInstance(environment: Environment, servers: Servers, log: Log, signal: AbortSignal): Promise<Result<void, Fault>> {
  const { home } = environment
  await using opened = new AsyncDisposableStack()
  const crashPoints = createCrashPoints(environment.crashAt)
  const stores = await openHome(environment, { log, crashPoints, opened })
  if (!stores.ok) return stores
  const configuration = await openConfiguration(environment, servers, opened)
  if (!configuration.ok) return configuration
  const { store, tenants } = stores.value
  const { directory, rules } = configuration.value
  const routes = followRoutes(servers, () => directory.current())
  const model = createLitellmModel({ ...servers.gateway, requestTimeoutMs: CALL_LIMIT_MS, routes })
  const { probe } = configuration.value
  const now = (): number => Date.now()
  const findPersonalData = createPresidioFinder({ url: () => rules.presidioUrl(), log, now })
  const running: Running = { edge: undefined, judgeState: () => safety.guardrails.judgeState(), freeBytes: await readFreeBytes(home) }
  const metrics = createMetrics(environment.version, () => readInstance(running, store))
  const safety = opened.use(
    createInstanceGuardrails({ rules, directory, model, tenants, facts: store.facts, probe, findPersonalData, crashPoints, metrics, log }),
  )
  const { sentences } = configuration.value
  const household = directory.current()
  await endOrphans(household, tenants, log)
  const endpoint = await openClientGuardrail({ environment, access: servers.guardrail, household, rules, routes, sentences, log })
  if (!endpoint.ok) return endpoint
  opened.use(endpoint.value)
  const guardrails = safety.guardrails
  const evals = createEvals({
    ...stores.value,
    ...configuration.value,
    ...environment,
    openGuardrails: () => safety.withoutMemory(),
    model,
    crashPoints,
    metrics,
    log,
    clock: systemClock,
  })
  const settings = createSettings({ ...environment, refresh: () => directory.refresh() })
  const current = (): Household => directory.current()
  const handlers = {
    ...homeHandlers({ household: current, tenants, settings, now }),
    ...evalHandlers(evals, current, now),
    ...tenantHandlers({ folder: join(home, 'tenants'), tenants }),
  }
  const watched = await openWatch(environment, { running, model, store, metrics, handlers, log, opened })
  if (!watched.ok) return watched

  const parts = {
    ...stores.value,
    ...configuration.value,
    guardrails,
    evals,
    settings,
    environment,
    servers,
    state: watched.value.state,
    routes,
    metrics,
    model,
    log,
    crashPoints,
  }
  const connected = await connect(parts, signal)
  if (!connected.ok) return connected
  const { edge, conversation, week } = connected.value
  running.edge = opened.use(edge)
  if (conversation !== undefined) {
    opened.use(followDisk(home, running, conversation))
    opened.use(watchHealth({ check: watched.value.check, conversation, log, now, repeat: everyMinute }))
    opened.use(reportReloads({ directory, rules }, conversation))
    opened.use(keepPromises({ directory, rules }, conversation))
    if (week !== undefined) opened.use(sendWeeklyViews({ week, directory, sentences, log }, conversation))
    const auditOf = (tenant: TenantId): AuditLog => tenants.open(tenant).audit
    const tenantIds = (): Iterable<TenantId> => directory.current().tenants.keys()
    opened.use(auditRules({ rules, tenants: tenantIds, auditOf, facts: store.facts, conversation, log, now }))
  }
  safety.openJudge()
  log.info('ready', { device: edge.deviceId, startMs: Math.round(performance.now()) })
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  return { ok: true, value: undefined }
}

/** This process owns the home: whoever opened a call that is open is gone. A file that cannot be read is told where it is needed. */
async function endOrphans({ tenants: all }: Household, tenants: TenantStores, log: Log): Promise<void> {
  const end = async (tenant: TenantId): Promise<void> => {
    try {
      await tenants.open(tenant).ledger.endOrphans()
    } catch (error) {
      log.error('tenant-not-read', { tenant, error: error instanceof Error ? error.name : 'unknown' })
    }
  }
  await Promise.all([...all.keys()].map(end))
}

interface Parts extends HomeStores, Configuration {
  readonly guardrails: Guardrails
  readonly evals: Evals
  readonly settings: Settings
  readonly environment: Environment
  readonly servers: Servers
  readonly state: () => Promise<InstanceState>
  readonly routes: () => ReadonlyMap<Alias, ModelRoute>
  readonly metrics: Metrics
  readonly model: ChatModel
  readonly log: Log
  readonly crashPoints: CrashPoints
}

interface Connected {
  readonly edge: MatrixEdge
  readonly conversation: Conversation | undefined
  readonly week: WeekPorts | undefined
}

/** Signs in, and lets the conversation have what comes. */
async function connect(parts: Parts, signal: AbortSignal): Promise<Result<Connected, Fault>> {
  const { environment, servers, keys, store, records, tenants, sentences, directory, rules, guardrails, model, log, crashPoints } = parts
  const readersOf = followReaders(servers, servers.access.homeserver, () => directory.current())
  let conversation: Conversation | undefined
  let week: WeekPorts | undefined
  const edge = await openMatrixEdge(
    {
      access: servers.access,
      trust: directory.current().trust,
      displayName: 'Assistant',
      rateLimit: servers.rateLimit,
      storageKey: keys.deriveKey('matrix crypto store'),
      undecryptableNoticeMs: environment.undecryptableNoticeMs,
    },
    {
      store,
      records,
      recoveryKey: privateFile(join(environment.home, 'recovery-key')),
      crashPoints,
      log,
      now: () => Date.now(),
      connect: ({ sender, rooms, readers, ownUserId }) => {
        week = weekPorts({ ...parts, roomState: rooms, ownUserId })
        const controlRoom = openControlRoom({
          ...parts,
          week,
          facts: store.facts,
          roomState: rooms,
          readers,
          readersOf,
          ownUserId,
          // orders come only once there is a conversation
          tellControl: (...told) => conversation?.tellControl(...told) ?? Promise.resolve(),
        })
        conversation = createConversation({
          controlRoom,
          metrics: parts.metrics,
          directory,
          rules,
          identity: { userId: ownUserId, accounts: [ownUserId] },
          roomState: rooms,
          readers,
          ...store,
          tenants,
          sender,
          model,
          guardrails,
          sentences,
          readersOf,
          log,
          crashPoints,
          clock: systemClock,
        })
        return conversation
      },
    },
    signal,
  )
  return edge.ok ? { ok: true, value: { edge: edge.value, conversation, week } } : edge
}

interface Configuration {
  readonly sentences: Sentences
  readonly directory: FollowedDirectory
  readonly rules: InstanceRules
  readonly probe: readonly ProbeRow[]
  readonly measured: Measured
}

/** Reads everything people edit, and follows it. */
async function openConfiguration(
  { home, projectRoot }: Environment,
  servers: Servers,
  opened: AsyncDisposableStack,
): Promise<Result<Configuration, Fault>> {
  const options = { home, projectRoot, standIn: servers.standIn, knownPrices: servers.prices }
  const [sentences, rules, directory, probe, measured] = await Promise.all([
    createSentences(projectRoot),
    createRailRules({ home, projectRoot }),
    createDirectory(options, (file) => findUnapprovedRules(file, projectRoot)),
    readJudgeProbe(projectRoot),
    readMeasured(projectRoot, home),
  ])
  if (rules.ok) opened.use(rules.value)
  if (directory.ok) opened.use(directory.value)
  if (!sentences.ok) return sentences
  if (!directory.ok) return directory
  if (!rules.ok) return rules
  if (!probe.ok) return probe
  if (!measured.ok) return measured
  return {
    ok: true,
    value: { sentences: sentences.value, directory: directory.value, rules: rules.value, probe: probe.value, measured: measured.value },
  }
}
