import type { ControlRoom, Order, OrderAnswer, RefusedOrder } from '../../../src/contracts/control-room.ts'
import type { Received } from '../../../src/contracts/conversation.ts'
import type { NewOutboxRow } from '../../../src/contracts/edge-store.ts'
import type { Guardrails, RailOutcome, RailStop, RailSubject, TurnRails } from '../../../src/contracts/guardrails.ts'
import type { Household, Tier } from '../../../src/contracts/household.ts'
import type { MemberId, RoomId } from '../../../src/contracts/ids.ts'
import type { Incoming } from '../../../src/contracts/incoming.ts'
import type { CrashPoint, Log } from '../../../src/contracts/platform.ts'
import type { RailBook, RailPolicy } from '../../../src/contracts/rails.ts'
import type { RoomView } from '../../../src/contracts/room-state.ts'
import { createConversation } from '../../../src/conversation/conversation.ts'
import { InMemoryEdge } from '../../fakes/in-memory-edge.ts'
import { RecordedMetrics } from '../../fakes/recorded-metrics.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { ManualClock, settled } from '../../fakes/manual-clock.ts'
import { ScriptedModel } from '../../fakes/scripted-model.ts'
import { ScriptedRoomSender } from '../../fakes/scripted-room-sender.ts'
import { strictPolicy } from '../guardrails/policy-fixture.ts'
import { ASSISTANT, binding, buildHousehold, CONTROL, FAMILY, member, PARENTS, person, ROOM, view } from './conversation-fixtures.ts'

/** Says its own key, so that tests see what was said in which language. */
const sentences = {
  say: (key: string, locale: string, values: Readonly<Record<string, string | number>> = {}): string =>
    [`[${key} ${locale}]`, ...Object.values(values)].join(' '),
}

/** What the guardrails stop in a test, unless it says otherwise. */
export function stop(change: Partial<RailStop> = {}): RailStop {
  return {
    kind: 'stop',
    direction: 'in',
    action: 'refuse',
    rail: 'kid-safety',
    category: 'x',
    sentence: 'guardrail.refused',
    helpLines: [],
    incident: undefined,
    mayAskParent: false,
    ...change,
  }
}

class ScriptedGuardrails implements Guardrails {
  readonly inputs: { readonly tier: Tier; readonly text: string }[] = []
  readonly outputs: { readonly tier: Tier; readonly text: string }[] = []
  readonly subjects: RailSubject[] = []
  /** Earlier messages that were given with the last question. */
  before: readonly string[] = []
  onInput: (text: string, tier: Tier) => RailOutcome = (text) => ({ kind: 'pass', text })
  onOutput: (text: string, tier: Tier) => RailOutcome = (text) => ({ kind: 'pass', text })
  onHide: (text: string) => string = (text) => text

  open(subject: RailSubject): TurnRails {
    this.subjects.push(subject)
    const { tier } = subject
    return {
      checkInput: async (text, before) => {
        this.inputs.push({ tier, text })
        this.before = before
        return this.onInput(text, tier)
      },
      hide: async (text) => this.onHide(text),
      checkOutput: async (text) => {
        this.outputs.push({ tier, text })
        return this.onOutput(text, tier)
      },
    }
  }

  judgeState(): ReturnType<Guardrails['judgeState']> {
    return { kind: 'away' }
  }
}

/** A conversation on doubles: one family room with Robin (owner) in it, unless the test says otherwise. */
export class Harness {
  /** Orders that reached the control room, and those that were refused. */
  readonly orders: (Order | RefusedOrder)[] = []
  onOrder: (order: Order) => Promise<OrderAnswer> = async (order) => ({ markdown: `done: ${order.text}` })
  readonly controlRoom: ControlRoom = {
    run: (order) => {
      this.orders.push(order)
      return this.onOrder(order)
    },
    refused: async (order) => void this.orders.push(order),
  }

  readonly journal: string[] = []
  readonly clock = new ManualClock()
  readonly edge = new InMemoryEdge(this.journal)
  readonly tenant = new InMemoryTenant(FAMILY, this.journal)
  readonly sender = new ScriptedRoomSender(this.journal)
  readonly model = new ScriptedModel()
  readonly guardrails = new ScriptedGuardrails()
  /** What guardians are told; the engine is never asked, since the guardrails are scripted. */
  policy: RailPolicy = strictPolicy
  /** The model behind the alias `judge`. */
  judge = 'big'
  readonly book: RailBook = {
    engineOf: () => {
      throw new Error('the guardrails are scripted')
    },
    policyOf: () => this.policy,
    helpLinesOf: () => [],
  }
  readonly metrics = new RecordedMetrics()
  readonly crashPoints: CrashPoint[] = []
  readonly logged: { readonly level: string; readonly event: string; readonly facts: Parameters<Log['info']>[1] }[] = []
  readonly views = new Map<RoomId, RoomView>()
  household: Household = buildHousehold(
    [
      member('robin', { role: 'owner' }),
      member('alex', { role: 'teen' }),
      member('mia', { role: 'child' }),
      member('kim', { locale: 'de' }),
    ],
    [binding(), binding({ roomId: CONTROL, name: 'control', kind: 'control' })],
  )
  conversation = this.restart()

  constructor() {
    this.people('robin')
    this.views.set(CONTROL, view([person('robin')], { roomId: CONTROL }))
  }

  /** Who is in the family room. */
  people(...names: readonly string[]): void {
    this.views.set(ROOM, view(names.map((name) => person(name))))
  }

  /** Robin, guardian of Mia and Alex, has a room for what guardians are told. */
  withParentsRoom(): void {
    this.household = buildHousehold(
      [
        member('robin', { role: 'owner', guardianOf: ['mia' as MemberId, 'alex' as MemberId] }),
        member('alex', { role: 'teen' }),
        member('mia', { role: 'child' }),
      ],
      [
        binding(),
        binding({ roomId: CONTROL, name: 'control', kind: 'control' }),
        binding({ roomId: PARENTS, name: 'parents', kind: 'parents' }),
      ],
    )
    this.views.set(PARENTS, view([person('robin')], { roomId: PARENTS }))
  }

  /** A new process on the same stores. */
  restart(): ReturnType<typeof createConversation> {
    const log = (level: string) => (event: string, facts?: Parameters<Log['info']>[1]) => void this.logged.push({ level, event, facts })
    this.conversation = createConversation({
      directory: { current: () => this.household },
      identity: { userId: ASSISTANT, accounts: [ASSISTANT] },
      roomState: { view: (roomId) => this.views.get(roomId) ?? view([], { roomId, membersComplete: false }) },
      inbox: this.edge.inbox,
      outbox: this.edge.outbox,
      facts: this.edge.facts,
      tenants: { open: () => this.tenant },
      sender: this.sender,
      model: {
        stream: (request, signal) => {
          this.journal.push('stream')
          return this.model.stream(request, signal)
        },
      },
      guardrails: this.guardrails,
      rules: { current: () => this.book },
      sentences,
      readers: { canRead: () => Promise.resolve(true), deviceOf: () => Promise.resolve(undefined) },
      controlRoom: this.controlRoom,
      metrics: this.metrics,
      readersOf: (alias) => ({ homeserver: 'home', model: alias === 'judge' ? this.judge : 'big', provider: 'Somebody' }),
      log: { info: log('info'), warn: log('warn'), error: log('error') },
      crashPoints: { reach: (point) => void this.crashPoints.push(point) },
      clock: this.clock,
    })
    return this.conversation
  }

  async receive(...batch: readonly (Incoming | Received)[]): Promise<void> {
    await this.conversation.receive(batch.map((entry) => ('incoming' in entry ? entry : { incoming: entry, draft: undefined })))
    await settled()
  }

  get lastRow(): NewOutboxRow {
    const row = this.edge.rows.at(-1)
    if (row === undefined) throw new Error('nothing was said')
    return row
  }

  /** Rows that answer something or tell it: all but what is pinned in rooms of minors. */
  get rows(): readonly NewOutboxRow[] {
    return this.edge.rows.filter(({ content }) => content.pin !== true)
  }

  /** What was said, in its order. */
  get said(): readonly string[] {
    return this.rows.map((row) => row.content.markdown)
  }
}
