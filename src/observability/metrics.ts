import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { CallMetric, Metrics, StopMetric, TurnMetric } from '../contracts/metrics.ts'

/** What is read when somebody looks, each under its name without prefix. */
export interface Readings {
  readonly inboxPending: number
  readonly outboxPending: number
  readonly syncAgeSeconds: number
  readonly undecryptable: number
  readonly freeDiskBytes: number
  readonly ready: boolean
}

/** Metrics that can be scraped. */
export interface ScrapedMetrics extends Metrics {
  readonly contentType: string
  /** The text format of Prometheus. Rejects only if `readings` does. */
  readonly scrape: () => Promise<string>
}

/** From an answer of the house to the limit of a turn. */
const TURN_BUCKETS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 80, 120]
const STAGE_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120]
/** Names come from gateways; beyond these a scrape would only grow. */
const MOST_NAMES = 40
const NANO_USD = 1e9
const TIERS: readonly StopMetric['tier'][] = ['adult', 'teen', 'child']
const FAILED_CHECK = { rail: 'none', direction: 'in', action: 'refuse' } as const

/** Counts into a registry of its own. `readings` is asked at each scrape. */
export function createMetrics(version: string, readings: () => Promise<Readings>): ScrapedMetrics {
  const registers = [new Registry()] as const
  const [registry] = registers
  collectDefaultMetrics({ register: registry })
  const counters = makeCounters(registers)
  const gauges = makeGauges(registers)
  gauges.build.set({ version }, 1)
  // Prometheus sees no increase in a series that begins above zero, and the first check that fails must be seen
  for (const tier of TIERS) counters.stops.inc({ ...FAILED_CHECK, tier }, 0)
  const models = new Set<string>()
  const bounded = (name: string): string => {
    if (models.size < MOST_NAMES) models.add(name)
    return models.has(name) ? name : 'other'
  }
  return {
    contentType: registry.contentType,
    turn: (metric) => countTurn(counters, metric),
    call: (metric) => countCall(counters, metric, bounded),
    stopped: ({ rail = FAILED_CHECK.rail, direction, action, tier }) => counters.stops.inc({ rail, direction, action, tier }),
    refusedOrder: () => counters.refusedOrders.inc(),
    async scrape() {
      const now = await readings()
      gauges.inbox.set(now.inboxPending)
      gauges.outbox.set(now.outboxPending)
      gauges.syncAge.set(now.syncAgeSeconds)
      gauges.undecryptable.set(now.undecryptable)
      gauges.disk.set(now.freeDiskBytes)
      gauges.ready.set(now.ready ? 1 : 0)
      return registry.metrics()
    },
  }
}

type Counters = ReturnType<typeof makeCounters>

function countTurn({ turns, turnSeconds, stageSeconds, firstText }: Counters, { domain, tier, outcome, stagesMs }: TurnMetric): void {
  // what a fault is called belongs to the log: here it would be a label for each
  turns.inc({ domain, tier, outcome: outcome.split(':')[0] ?? outcome })
  for (const [stage, ms] of Object.entries(stagesMs)) {
    if (stage === 'total') turnSeconds.observe({ tier }, ms / 1000)
    else if (stage === 'first-text') firstText.observe({ tier }, ms / 1000)
    else stageSeconds.observe({ stage }, ms / 1000)
  }
}

function countCall({ calls, tokens, cost }: Counters, { purpose, alias, ending }: CallMetric, bounded: (name: string) => string): void {
  if (ending.kind === 'released') {
    calls.inc({ purpose, alias, model: 'none', state: ending.kind })
    return
  }
  const model = bounded(ending.model)
  calls.inc({ purpose, alias, model, state: ending.kind })
  tokens.inc({ model, direction: 'input' }, ending.inputTokens)
  tokens.inc({ model, direction: 'output' }, ending.outputTokens)
  tokens.inc({ model, direction: 'cached' }, ending.cachedTokens)
  // a float of dollars: the ledger alone is exact
  cost.inc({ model, purpose }, ending.costNanoUsd / NANO_USD)
}

type Registers = readonly [Registry]

function makeCounters([registry]: Registers) {
  const registers = [registry]
  return {
    turns: new Counter({ name: 'ai_ops_turns_total', help: 'Turns that ended.', labelNames: ['domain', 'tier', 'outcome'], registers }),
    turnSeconds: new Histogram({
      name: 'ai_ops_turn_duration_seconds',
      help: 'From the beginning of a turn to its committed reply.',
      labelNames: ['tier'],
      buckets: TURN_BUCKETS,
      registers,
    }),
    firstText: new Histogram({
      name: 'ai_ops_first_text_seconds',
      help: 'From the beginning of a turn to the first text of the model.',
      labelNames: ['tier'],
      buckets: TURN_BUCKETS,
      registers,
    }),
    stageSeconds: new Histogram({
      name: 'ai_ops_stage_duration_seconds',
      help: 'What a turn spends in each stage.',
      labelNames: ['stage'],
      buckets: STAGE_BUCKETS,
      registers,
    }),
    calls: new Counter({
      name: 'ai_ops_model_calls_total',
      help: 'Calls of models, as booked in the ledger.',
      labelNames: ['purpose', 'alias', 'model', 'state'],
      registers,
    }),
    tokens: new Counter({ name: 'ai_ops_model_tokens_total', help: 'Tokens of calls.', labelNames: ['model', 'direction'], registers }),
    cost: new Counter({
      name: 'ai_ops_model_cost_usd_total',
      help: 'Cost of calls in US dollars.',
      labelNames: ['model', 'purpose'],
      registers,
    }),
    stops: new Counter({
      name: 'ai_ops_guardrail_stops_total',
      help: 'Questions and answers that the guardrails refused or, of adults, met with care; rail none: the check failed.',
      labelNames: ['rail', 'direction', 'action', 'tier'],
      registers,
    }),
    refusedOrders: new Counter({ name: 'ai_ops_refused_orders_total', help: 'Orders of people who may not give them.', registers }),
  }
}

function makeGauges([registry]: Registers) {
  const registers = [registry]
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers })
  return {
    inbox: gauge('ai_ops_inbox_pending', 'Messages that are not settled.'),
    outbox: gauge('ai_ops_outbox_pending', 'Replies that are not sent.'),
    syncAge: gauge('ai_ops_sync_age_seconds', 'Since the last answer of the homeserver, or since the start.'),
    undecryptable: gauge('ai_ops_undecryptable_pending', 'Messages that wait for a key.'),
    disk: gauge('ai_ops_free_disk_bytes', 'Free space where the data home lies.'),
    ready: gauge('ai_ops_ready', '1 while every part is healthy.'),
    build: new Gauge({ name: 'ai_ops_build_info', help: 'The version that runs.', labelNames: ['version'], registers }),
  }
}
