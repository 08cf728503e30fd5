import type { Measured } from './config/measured.ts'
import type { Conversation } from './contracts/conversation.ts'
import type { ControlRoom } from './contracts/control-room.ts'
import type { EdgeFacts } from './contracts/edge-store.ts'
import type { Alias, ModelRoute } from './contracts/household.ts'
import type { UserId } from './contracts/ids.ts'
import type { Metrics } from './contracts/metrics.ts'
import type { Log, Sentences } from './contracts/platform.ts'
import type { Readers as DeviceReaders, RoomState } from './contracts/room-state.ts'
import type { Settings } from './contracts/settings.ts'
import type { TenantStores } from './contracts/tenant-stores.ts'
import { createAllowance } from './control-room/allowance.ts'
import { createAudit } from './control-room/audit.ts'
import { createBudget } from './control-room/budget.ts'
import type { Command, Ordered } from './control-room/command.ts'
import { createControlRoom } from './control-room/control-room.ts'
import { drawSpendChart } from './control-room/draw-spend-chart.ts'
import { help } from './control-room/help.ts'
import { createMembers } from './control-room/members.ts'
import { createEval } from './control-room/eval.ts'
import { createModels } from './control-room/models.ts'
import { createPause, createResume } from './control-room/pause.ts'
import { createRooms } from './control-room/rooms.ts'
import { createSpend } from './control-room/spend.ts'
import { createStatus, type InstanceState } from './control-room/status.ts'
import { createTestAlert } from './control-room/test-alert.ts'
import { createTrace } from './control-room/trace.ts'
import { createWeek, type WeekPorts } from './control-room/week.ts'
import type { Readers } from './conversation/command-sentences.ts'
import { type Evals, GATE_SUITE } from './run-evals.ts'

export interface ControlRoomParts {
  readonly evals: Evals
  readonly week: WeekPorts
  readonly settings: Settings
  readonly tenants: Pick<TenantStores, 'open'>
  readonly facts: Pick<EdgeFacts, 'read' | 'write'>
  readonly sentences: Sentences
  readonly roomState: RoomState
  readonly readers: DeviceReaders
  readonly readersOf: (alias: Alias) => Readers
  readonly routes: () => ReadonlyMap<Alias, ModelRoute>
  readonly ownUserId: UserId
  readonly measured: Measured
  readonly state: () => Promise<InstanceState>
  /** The conversation, which is made with this control room. */
  readonly tellControl: Conversation['tellControl']
  readonly metrics: Metrics
  readonly log: Log
}

/** The control room with all its commands, each with what it needs and no more. */
export function openControlRoom(parts: ControlRoomParts): ControlRoom {
  const { settings, tenants, facts, sentences, roomState, readers, evals, log } = parts
  const now = (): number => Date.now()
  const { alone, judged } = parts.measured
  const sayRunning = (suite: string, order: Ordered) => (done: number, of: number) => {
    if (done !== 1) return
    const told = parts.tellControl(`eval-running:${order.eventId}`, 'eval.running', { suite, rows: of })
    told.catch((error: unknown) => log.warn('eval-running-not-told', { error: error instanceof Error ? error.name : 'unknown' }))
  }
  const commands: readonly Command[] = [
    help,
    createStatus({
      state: parts.state,
      readers: () => parts.readersOf('smart'),
      passing: { alone: alone.passWithRulesAlone, judged: judged?.passWithJudge },
      now,
    }),
    createSpend({ tenants, now, drawChart: drawSpendChart, log }),
    createBudget({ tenants, settings, now }),
    createAllowance({ tenants, settings, now }),
    createMembers({ tenants, settings, canRead: (userId) => readers.canRead(userId), now }),
    createRooms({ roomState, settings, now }),
    createModels({
      routes: parts.routes,
      tenants,
      roomState,
      ownAccounts: [parts.ownUserId],
      settings,
      tryModel: (alias, order) => evals.tryModel(alias, { member: order.member.id, tenant: order.binding.tenant, name: order.eventId }),
      gate: (alias, binding, order) =>
        evals.gate(alias, binding, { member: order.member.id, name: order.eventId, onProgress: sayRunning(GATE_SUITE, order) }),
      now,
    }),
    createEval({
      suites: () => evals.suites(),
      last: (suite) => evals.last(suite),
      run: (suite, alias, order) =>
        evals.run({
          suite,
          alias,
          tenant: order.binding.tenant,
          member: order.member.id,
          name: order.eventId,
          onProgress: sayRunning(suite, order),
        }),
      now,
    }),
    createPause({ settings, now }),
    createResume({ settings, now }),
    createWeek(parts.week),
    createTrace({ tenants, now }),
    createAudit({ tenants, now }),
    createTestAlert({ alert: (source) => parts.tellControl(source, 'alert.test', {}) }),
  ]
  return createControlRoom({
    commands,
    sentences,
    facts,
    auditOf: (tenant) => tenants.open(tenant).audit,
    deviceOf: (userId, senderKey) => readers.deviceOf(userId, senderKey),
    metrics: parts.metrics,
    log,
    now,
  })
}
