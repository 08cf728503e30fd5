import type { OrderPlace } from '../contracts/control-room.ts'
import type { JudgeState } from '../contracts/guardrails.ts'
import type { HealthCheck } from '../contracts/platform.ts'
import { momentInWords } from '../budgets/periods.ts'
import { isPaused } from '../conversation/hold-back.ts'
import { type Command, type Ordered, said } from './command.ts'

/** How the instance is doing. */
export interface InstanceState {
  readonly upSeconds: number
  readonly checks: readonly HealthCheck[]
  readonly residentMb: number
  readonly settled: Readonly<Record<string, number>>
  readonly judge: JudgeState
}

export interface StatusPorts {
  readonly state: () => Promise<InstanceState>
  /** Who reads what goes to the usual model. */
  readonly readers: () => { readonly homeserver: string; readonly model: string; readonly provider: string | undefined }
  /** How many unsafe questions of a hundred get past the rules, as measured; `judged`: with this home's judge. */
  readonly passing: { readonly alone: number; readonly judged: number | undefined }
  readonly now: () => number
}

const PLACES: readonly OrderPlace[] = ['control']

/** `!status`: what runs, who reads what, what the guardrails let through, and what is paused. */
export function createStatus(ports: StatusPorts): Command {
  return {
    name: 'status',
    aliases: ['stand'],
    places: PLACES,
    async run(order) {
      const { say } = order
      const state = await ports.state()
      const bad = state.checks.filter(({ ok }) => !ok)
      const { homeserver, model, provider } = ports.readers()
      return said(
        [
          say(bad.length === 0 ? 'status.well' : 'status.unwell', { hours: hoursOf(state.upSeconds), mb: state.residentMb }),
          ...state.checks.map(({ name, ok, detail }) => `- ${ok ? '✅' : '⚠️'} ${name}: ${detail}`),
          `- ${say('status.answered', { count: state.settled['answered'] ?? 0 })}`,
          `- ${provider === undefined ? say('status.reads-local', { homeserver, model }) : say('status.reads', { homeserver, model, provider })}`,
          `- ${say(`status.judge-${state.judge.kind}`, judgeValues(state.judge))}`,
          `- ${passingLine(ports, order)}`,
          ...pauseLines(ports, order),
        ].join('\n'),
      )
    },
  }
}

function hoursOf(seconds: number): string {
  const hours = seconds / 3_600
  return hours < 1 ? `${String(Math.floor(seconds / 60))} min` : `${String(Math.floor(hours))} h`
}

function judgeValues(judge: JudgeState): Readonly<Record<string, string | number>> {
  return judge.kind === 'open' || judge.kind === 'closed' ? { model: judge.model, right: judge.right, of: judge.of } : {}
}

function passingLine({ passing }: StatusPorts, { say }: Ordered): string {
  return passing.judged === undefined
    ? say('status.passing', { count: passing.alone })
    : say('status.passing-judged', { count: passing.alone, judged: passing.judged })
}

function pauseLines({ now }: StatusPorts, { household, say, member }: Ordered): readonly string[] {
  const at = now()
  const { members, rooms } = household.pauses
  return [...members, ...rooms].flatMap(([name, pause]) => {
    if (!isPaused(pause, at)) return []
    const line =
      pause.until === undefined
        ? say('status.paused', { name })
        : say('status.paused-until', { name, until: momentInWords(pause.until, at, member) })
    return [`- ${line}`]
  })
}
