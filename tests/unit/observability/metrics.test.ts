import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parser } from '@prometheus-io/lezer-promql'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { createMetrics, type Readings } from '../../../src/observability/metrics.ts'

const root = join(import.meta.dirname, '../../..')
const readings: Readings = {
  inboxPending: 1,
  outboxPending: 2,
  syncAgeSeconds: 3.5,
  undecryptable: 4,
  freeDiskBytes: 5_000_000_000,
  ready: true,
}

function fill(metrics = createMetrics('1.2.3', () => Promise.resolve(readings))): ReturnType<typeof createMetrics> {
  metrics.turn({ domain: 'family', tier: 'child', outcome: 'failed:unreachable', stagesMs: { recall: 2, 'first-text': 300, total: 1_500 } })
  const ending = { kind: 'settled', model: 'openai/m', inputTokens: 10, outputTokens: 20, cachedTokens: 3, costNanoUsd: 1_500_000 } as const
  metrics.call({ purpose: 'chat', alias: 'smart', ending })
  metrics.call({ purpose: 'judge', alias: 'judge', ending: { kind: 'released' } })
  metrics.stopped({ rail: 'kid-safety', direction: 'in', action: 'care', tier: 'adult' })
  metrics.refusedOrder()
  return metrics
}

describe('what Prometheus reads', () => {
  test('counts turns, calls, tokens, dollars and stops, and reads the rest when somebody looks', async () => {
    const text = await fill().scrape()
    for (const line of [
      'ai_ops_turns_total{domain="family",tier="child",outcome="failed"} 1',
      'ai_ops_turn_duration_seconds_bucket{le="2.5",tier="child"} 1',
      'ai_ops_turn_duration_seconds_bucket{le="1",tier="child"} 0',
      'ai_ops_first_text_seconds_sum{tier="child"} 0.3',
      'ai_ops_stage_duration_seconds_count{stage="recall"} 1',
      'ai_ops_model_calls_total{purpose="chat",alias="smart",model="openai/m",state="settled"} 1',
      'ai_ops_model_calls_total{purpose="judge",alias="judge",model="none",state="released"} 1',
      'ai_ops_model_tokens_total{model="openai/m",direction="output"} 20',
      'ai_ops_model_cost_usd_total{model="openai/m",purpose="chat"} 0.0015',
      'ai_ops_guardrail_stops_total{rail="kid-safety",direction="in",action="care",tier="adult"} 1',
      'ai_ops_refused_orders_total 1',
      'ai_ops_inbox_pending 1',
      'ai_ops_outbox_pending 2',
      'ai_ops_sync_age_seconds 3.5',
      'ai_ops_undecryptable_pending 4',
      'ai_ops_free_disk_bytes 5000000000',
      'ai_ops_ready 1',
      'ai_ops_build_info{version="1.2.3"} 1',
    ])
      expect(text).toContain(line)
  })

  test('keeps the text format: help and type before each family, then samples with a number', async () => {
    const lines = (await fill().scrape()).trimEnd().split('\n')
    const sample =
      /^[a-zA-Z_:][\w:]*(?:\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*\})? (?:[-+]?(?:\d+\.?\d*(?:e[-+]?\d+)?|Inf)|NaN)(?: \d+)?$/iu
    for (const line of lines.filter((one) => one !== '' && !one.startsWith('#'))) expect(line).toMatch(sample)
    const typed = lines.flatMap((line) => /^# TYPE (\S+) (?:counter|gauge|histogram|summary)$/u.exec(line)?.[1] ?? [])
    expect(new Set(typed).size).toBe(typed.length)
    expect(typed.length).toBeGreaterThan(20)
  })

  test('has a zero for checks that fail, so that the first failure is an increase', async () => {
    const metrics = fill()
    const series = 'ai_ops_guardrail_stops_total{rail="none",direction="in",action="refuse",tier="child"}'
    expect(await metrics.scrape()).toContain(`${series} 0`)
    metrics.stopped({ rail: undefined, direction: 'in', action: 'refuse', tier: 'child' })
    expect(await metrics.scrape()).toContain(`${series} 1`)
  })

  test('adds cost up to a nano-dollar over a hundred thousand calls', async () => {
    const metrics = createMetrics('1.2.3', () => Promise.resolve(readings))
    const ending = { kind: 'settled', model: 'm', inputTokens: 1, outputTokens: 1, cachedTokens: 0, costNanoUsd: 1_234_567 } as const
    for (let count = 0; count < 100_000; count += 1) metrics.call({ purpose: 'chat', alias: 'smart', ending })
    const dollars = Number(/^ai_ops_model_cost_usd_total\{.*\} (.+)$/mu.exec(await metrics.scrape())?.[1])
    expect(Math.round(dollars * 1e9)).toBe(123_456_700_000)
  })

  test('does not grow with the names a gateway invents', async () => {
    const metrics = fill()
    for (let count = 0; count < 100; count += 1)
      metrics.call({
        purpose: 'chat',
        alias: 'smart',
        ending: { kind: 'settled', model: `model-${String(count)}`, inputTokens: 0, outputTokens: 0, cachedTokens: 0, costNanoUsd: 0 },
      })
    const models = new Set(
      [...(await metrics.scrape()).matchAll(/ai_ops_model_calls_total\{.*model="([^"]+)"/gu)].map(([, model]) => model),
    )
    expect(models.size).toBeLessThanOrEqual(42)
    expect(models).toContain('other')
  })
})

describe('dashboard and alert rules', () => {
  interface Panel {
    readonly id: number
    readonly datasource: object
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly targets: readonly { readonly expr: string }[]
  }
  const dashboard = JSON.parse(readFileSync(join(root, 'config/grafana/ai-ops.json'), 'utf8')) as {
    readonly schemaVersion: number
    readonly templating: { readonly list: readonly object[] }
    readonly panels: readonly Panel[]
  }
  const rules = (
    parse(readFileSync(join(root, 'config/prometheus/alerts.yml'), 'utf8')) as {
      readonly groups: readonly {
        readonly rules: readonly { readonly alert: string; readonly expr: string; readonly annotations: object }[]
      }[]
    }
  ).groups.flatMap((group) => group.rules)
  const expressions = [...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)), ...rules.map(({ expr }) => expr)]

  test.each(expressions)('PromQL understands %s', (expression) => {
    const broken: string[] = []
    parser.parse(expression).iterate({ enter: (node) => void (node.type.isError && broken.push(expression.slice(node.from, node.to))) })
    expect(broken).toEqual([])
  })

  test('they ask only for what is there', async () => {
    const text = await fill().scrape()
    const known = new Set([...text.matchAll(/^([a-z_:]+)(?:\{| )/gmu)].map(([, name]) => name))
    const asked = expressions.flatMap((expression) => [...expression.matchAll(/\b(?:ai_ops|process)_[a-z_]+/gu)].map(([name]) => name))
    expect(asked.length).toBeGreaterThan(20)
    expect(asked.filter((name) => !known.has(name))).toEqual([])
  })

  test('and only for labels and values that there are', async () => {
    // `job` is given by the scrape; a regular expression names several values
    const text = `${await fill().scrape()} job="ai-ops"`
    const labels = expressions.flatMap((expression) => labelsIn(expression))
    expect(labels).toContain('outcome')
    expect(labels.filter((label) => !text.includes(`${label}="`))).toEqual([])
    const values = expressions.flatMap((expression) => [...expression.matchAll(/\w+="[^"]*"/gu)].map(([value]) => value))
    expect(values).toContain('rail="none"')
    expect(values.filter((value) => !text.includes(value))).toEqual([])
  })

  test('each panel asks the data source that is chosen at the import', () => {
    expect(dashboard.templating.list).toContainEqual(
      expect.objectContaining({ name: 'datasource', type: 'datasource', query: 'prometheus' }),
    )
    for (const { datasource } of dashboard.panels) expect(datasource).toEqual({ type: 'prometheus', uid: '${datasource}' })
  })

  test('every alert says what it is and what to do', () => {
    expect(rules.length).toBeGreaterThan(5)
    for (const { annotations } of rules)
      expect(annotations).toEqual({ summary: expect.stringMatching(/\.$/u), description: expect.stringMatching(/\.$/u) })
  })

  test('no panel covers another', () => {
    expect(dashboard.schemaVersion).toBeGreaterThan(30)
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, cell) => `${String(x + (cell % w))} ${String(y + Math.floor(cell / w))}`),
    )
    expect(new Set(cells).size).toBe(cells.length)
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  })
})

/** Labels that an expression selects or groups by. */
function labelsIn(expression: string): readonly string[] {
  const found: string[] = []
  parser.parse(expression).iterate({
    enter: ({ name, from, to }) => void (name === 'LabelName' && found.push(expression.slice(from, to))),
  })
  return found
}
