import { momentInWords } from '../budgets/periods.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import type { TurnTrace } from '../contracts/traces.ts'
import { moneyInWords } from '../budgets/money.ts'
import { type Command, type Ordered, said, tenantsOf } from './command.ts'

export interface TracePorts {
  readonly tenants: Pick<TenantStores, 'open'>
  readonly now: () => number
}

const RECENT = 2_000
const LISTED = 10

/** `!trace`: the last turns. `!trace ID`: one of them, stage by stage. Ids, durations and costs; what was said stands in no trace. */
export function createTrace(ports: TracePorts): Command {
  return {
    name: 'trace',
    aliases: ['spur'],
    places: ['control'],
    async run(order) {
      const [id] = order.words
      const found = await Promise.all(tenantsOf(order.household).map((tenant) => ports.tenants.open(tenant).traces.recent(RECENT)))
      const traces = found.flat().toSorted((one, other) => other.startedAt - one.startedAt)
      if (id === undefined) return said(traces.length === 0 ? order.say('trace.none') : listOf(ports, order, traces.slice(0, LISTED)))
      const wanted = traces.filter(({ turn }) => turn.startsWith(id.toLowerCase()))
      if (wanted.length === 0) return said(order.say('trace.unknown', { id: id.slice(0, 20) }))
      return said(
        wanted
          .slice(0, 3)
          .map((trace) => describe(ports, order, trace))
          .join('\n\n'),
      )
    },
  }
}

function listOf({ now }: TracePorts, { member, say }: Ordered, traces: readonly TurnTrace[]): string {
  const lines = traces.map(({ turn, startedAt, outcome, tier, stagesMs, costNanoUsd }) => {
    const cost = moneyInWords(costNanoUsd, member.locale)
    return `- \`${turn}\` ${momentInWords(startedAt, now(), member)}, ${shownOutcome(outcome, tier)}, ${String(Math.round(stagesMs['total'] ?? 0))} ms, ${cost}`
  })
  return [say('trace.last'), ...lines].join('\n')
}

function describe({ now }: TracePorts, { member, say, household }: Ordered, trace: TurnTrace): string {
  const { turn, attempt, roomId, domain, tier, startedAt, outcome, model, inputTokens, outputTokens, costNanoUsd, edits } = trace
  const room = household.rooms.get(roomId)?.name ?? '-'
  const stages = Object.entries(trace.stagesMs).map(([stage, ms]) => `| ${stage} | ${String(Math.round(ms))} |`)
  return [
    say('trace.head', {
      turn,
      attempt,
      when: momentInWords(startedAt, now(), member),
      member: trace.member,
      room,
      domain,
      tier,
      outcome: shownOutcome(outcome, tier),
    }),
    say('trace.cost', {
      model: model ?? '-',
      input: inputTokens,
      output: outputTokens,
      cost: moneyInWords(costNanoUsd, member.locale),
      edits,
    }),
    '',
    `| ${say('trace.stage')} | ms |`,
    '|---|--:|',
    ...stages,
  ].join('\n')
}

/** Which of a minor's questions were met with care is nobody's at home: harm at home is met so too. */
function shownOutcome(outcome: string, tier: string): string {
  return outcome === 'cared' && tier !== 'adult' ? 'refused' : outcome
}
