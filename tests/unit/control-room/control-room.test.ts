import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createSentences } from '../../../src/config/sentences.ts'
import type { Order, OrderPlace } from '../../../src/contracts/control-room.ts'
import type { Household, Member } from '../../../src/contracts/household.ts'
import type { EventId, MemberId, TurnId } from '../../../src/contracts/ids.ts'
import type { Sentences } from '../../../src/contracts/platform.ts'
import type { SettingChange } from '../../../src/contracts/settings.ts'
import { createAllowance } from '../../../src/control-room/allowance.ts'
import { createAudit } from '../../../src/control-room/audit.ts'
import { createBudget } from '../../../src/control-room/budget.ts'
import { createControlRoom } from '../../../src/control-room/control-room.ts'
import { drawSpendChart } from '../../../src/control-room/draw-spend-chart.ts'
import { help } from '../../../src/control-room/help.ts'
import { createMembers } from '../../../src/control-room/members.ts'
import { createPause, createResume } from '../../../src/control-room/pause.ts'
import { createRooms } from '../../../src/control-room/rooms.ts'
import { createSpend } from '../../../src/control-room/spend.ts'
import { createTrace } from '../../../src/control-room/trace.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { RecordedMetrics } from '../../fakes/recorded-metrics.ts'
import { opening } from '../../laws/ledger-laws.ts'
import { binding, buildHousehold, CONTROL, FAMILY, member, view } from '../conversation/conversation-fixtures.ts'

const NOW = Date.parse('2026-11-25T12:00:00Z')
let sentences: Sentences
beforeAll(async () => {
  const read = await createSentences(join(import.meta.dirname, '../../..'))
  if (!read.ok) throw new Error(read.error.sentence)
  sentences = read.value
})

/** A control room on doubles, with the sentences that ship. */
class Room {
  now = NOW
  readonly tenant = new InMemoryTenant(FAMILY, [])
  readonly changes: SettingChange[] = []
  readonly facts = new Map<string, string>()
  readonly metrics = new RecordedMetrics()
  readonly robin = member('robin', { role: 'owner', guardianOf: ['mia' as MemberId] })
  readonly kim = member('kim', { role: 'owner', locale: 'de' })
  household: Household = buildHousehold(
    [this.robin, this.kim, member('lee'), member('mia', { role: 'child' }), member('max', { role: 'teen' })],
    [binding(), binding({ roomId: CONTROL, name: 'control', kind: 'control' })],
  )
  readonly #room = createControlRoom({
    commands: this.#commands(),
    sentences,
    facts: { read: async (key) => this.facts.get(key), write: async (key, value) => void this.facts.set(key, value) },
    auditOf: () => this.tenant.audit,
    deviceOf: async (_user, key) => `device of ${key}`,
    metrics: this.metrics,
    log: { info: () => undefined, warn: () => undefined },
    now: () => this.now,
  })
  #orders = 0
  drawChart: typeof drawSpendChart = drawSpendChart

  #commands() {
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
    const now = (): number => this.now
    const tenants = { open: () => this.tenant }
    const settings = {
      change: async (change: SettingChange) => {
        this.changes.push(change)
        return { ok: true as const, value: { before: 'aa', after: 'bb' } }
      },
    }
    const roomState = { view: () => view([]) }
    return [
      help,
      createSpend({ tenants, now, log, drawChart: (chart) => this.drawChart(chart) }),
      createBudget({ tenants, settings, now }),
      createAllowance({ tenants, settings, now }),
      createMembers({ tenants, settings, canRead: async () => true, now }),
      createRooms({ roomState, settings, now }),
      createPause({ settings, now }),
      createResume({ settings, now }),
      createTrace({ tenants, now }),
      createAudit({ tenants, now }),
    ]
  }

  async order(text: string, by: Member = this.robin, place: OrderPlace = 'control'): Promise<string> {
    this.#orders += 1
    const order: Order = {
      place,
      text,
      member: by,
      household: this.household,
      binding: binding({ kind: place }),
      eventId: `$order-${String(this.#orders)}` as EventId,
      sentAt: this.now,
      senderKey: 'curve',
    }
    return (await this.#room.run(order)).markdown
  }
}

let room: Room
beforeEach(() => {
  room = new Room()
})
const codeIn = (text: string): string => /`(?:yes|ja) (?<code>[a-z0-9]{6})`/u.exec(text)?.groups?.['code'] ?? 'none'

describe('orders at once', () => {
  const cases: readonly (readonly [order: string, answer: RegExp, changes: number])[] = [
    ['allowance mia', /0 of 40 messages/u, 0],
    ['allowance @mia:home', /0 of 40 messages/u, 0],
    ['ALLOWANCE Mia 20 messages day', /20 messages a day/u, 1],
    ['allowance mia 0 messages', /0 messages a day/u, 1],
    ['allowance mia $0.50 month', /\$0\.50 a month|40 messages, |0\.50/u, 1],
    ['allowance mia +5', /5 messages more until/u, 0],
    ['allowance mia +5 messages week', /is counted a day/u, 0],
    ['allowance mia +$1', /no limit in money/u, 0],
    ['allowance max', /no allowance/u, 0],
    ['allowance mia school days 07:00 to 20:00', /Mon, Tue, Wed, Thu, Fri from 07:00 to 20:00/u, 1],
    ['allowance mia lots', /cannot read "lots"/u, 0],
    ['allowance mia +0', /cannot read/u, 0],
    ['allowance mia -5', /cannot read/u, 0],
    ['allowance mia 1e9', /cannot read/u, 0],
    ['allowance mia 2.5 messages', /cannot read/u, 0],
    ['allowance mia 5 messages fortnight', /It goes like this/u, 0],
    ['allowance nobody', /called "nobody"/u, 0],
    ['allowance mie', /Did you mean mia/u, 0],
    ['allowance', /It goes like this/u, 0],
    ['pause mia', /no answers from me any more/u, 1],
    ['pause mia until 18:00', /until 18:00/u, 1],
    ['pause family for 2h', /until 15:00/u, 1],
    ['pause robin', /leave nobody to end it/u, 0],
    ['pause mia until never', /cannot read "until never"/u, 0],
    ['pause mia for 0m', /cannot read/u, 0],
    ['pause', /It goes like this/u, 0],
    ['resume mia', /gets answers again/u, 1],
    ['resume mia now', /It goes like this/u, 0],
    ['budget', /has no limit/u, 0],
    ['budget family 20 month', /may spend \$20\.00 a month/u, 1],
    ['budget 20', /Which household/u, 0],
    ['budget family much', /It goes like this/u, 0],
    ['budget family 20 year', /It goes like this/u, 0],
    ['budget famly', /Did you mean family/u, 0],
    ['members', /\| Robin \(robin\) \| owner \|/u, 0],
    ['members add Tom @tom:home child', /cannot be a short name/u, 0],
    ['members add tom tom child', /no Matrix user id/u, 0],
    ['members add tom @tom:home wizard', /It goes like this/u, 0],
    ['members add mia @other:home child', /mia is @mia:home already/u, 0],
    ['members remove robin', /cannot take yourself out/u, 0],
    ['members role max child', /max is child now|Max is child now/u, 1],
    ['rooms', /\| family \|/u, 0],
    ['rooms family answers never', /I answer nothing/u, 1],
    ['rooms famly answers all', /Did you mean family/u, 0],
    ['rooms family answers maybe', /It goes like this/u, 0],
    ['rooms bind x nonsense', /no room id/u, 0],
    ['rooms bind direct-x !x:home', /cannot be a short name/u, 0],
    ['rooms remove control', /Nobody chats/u, 0],
    ['spend', /Nothing was spent this week/u, 0],
    ['spend yesterday', /It goes like this/u, 0],
    ['trace', /no turn yet/u, 0],
    ['trace zzz', /No turn begins/u, 0],
    ['audit', /Nothing was changed/u, 0],
    ['audit now', /It goes like this/u, 0],
    ['help', /\*\*!spend\*\*/u, 0],
    ['help spend', /!spend month/u, 0],
    ['help nonsense', /\*\*!spend\*\*/u, 0],
    ['hilfe', /\*\*!spend\*\*/u, 0],
    ['', /do not know that order/u, 0],
    ['spned', /Did you mean `!spend`/u, 0],
    ['__proto__', /do not know that order/u, 0],
    ['constructor', /do not know that order/u, 0],
    ['yes abcdef', /Nothing waits/u, 0],
    [`help ${'x'.repeat(60_000)}`, /too long/u, 0],
  ]
  test.each(cases)('%.60s', async (text, answer, changes) => {
    expect(await room.order(text)).toMatch(answer)
    expect(room.changes).toHaveLength(changes)
  })

  test('answer in the language of who orders', async () => {
    expect(await room.order('pause mia bis 18:00', room.kim)).toBe(
      'Mia bekommt bis 18:00 keine Antworten von mir, außer Hilfsangeboten und Hilfe.',
    )
    expect(await room.order('taschengeld mia 10 nachrichten tag', room.kim)).toContain('10 Nachrichten am Tag')
    expect(await room.order('quatsch', room.kim)).toContain('kenne ich nicht')
  })

  test('stand in the audit with who, from which device, and what it was before and after', async () => {
    await room.order('pause mia')
    expect(room.tenant.safety.audited).toEqual([
      {
        at: NOW,
        actor: 'robin',
        action: 'paused',
        subject: 'mia',
        detail: {},
        cause: '$order-1',
        device: 'device of curve',
        before: 'aa',
        after: 'bb',
      },
    ])
  })
})

describe('what loosens or destroys', () => {
  test.each([
    ['allowance mia 100 messages day', 'allowance'],
    ['allowance mia +100 messages', 'grant'],
    ['members add tom @tom:home child', 'member'],
    ['members role max adult', 'member'],
    ['members role mia owner', 'member'],
    ['members remove mia', 'member-removed'],
    ['rooms remove family', 'room-removed'],
  ])('%s waits for its code, and is then done once', async (text, kind) => {
    const asked = await room.order(text)
    expect([asked.includes('within ten minutes'), room.changes.length, room.tenant.grants.length]).toEqual([true, 0, 0])
    await room.order(`yes ${codeIn(asked)}`)
    expect([...room.changes.map((change) => change.kind), ...room.tenant.grants.map(() => 'grant')]).toEqual([kind])
    expect(await room.order(`yes ${codeIn(asked)}`)).toContain('Nothing waits')
    expect(room.changes.length + room.tenant.grants.length).toBe(1)
  })

  test('is confirmed by nobody else, not elsewhere, and not after ten minutes', async () => {
    const code = codeIn(await room.order('members remove mia'))
    expect(await room.order(`yes ${code}`, room.kim)).toContain('wartet nichts')
    expect(await room.order(`yes ${code}`, room.robin, 'parents')).toContain('Nothing waits')
    room.now += 10 * 60_000 + 1
    expect(await room.order(`yes ${code}`)).toContain('Nothing waits')
    expect(room.changes).toEqual([])
    expect(room.tenant.safety.audited.map(({ action, detail }) => `${action} ${String(detail['why'])}`)).toEqual(
      Array.from({ length: 3 }, () => 'order.refused no-code'),
    )
    expect(room.metrics.refusedOrders).toBe(3)
  })
})

test('the figures of a spend come even if its picture cannot be drawn', async () => {
  const key = { turn: 'turn-1' as TurnId, attempt: 1, call: 1 }
  const costs = { model: 'smart', inputTokens: 1, outputTokens: 1, cachedTokens: 0, costNanoUsd: 2_000_000_000 }
  await room.tenant.ledger.openCall(opening({ ...key, member: room.robin.id, openedAt: NOW }))
  await room.tenant.ledger.endCall(key, { kind: 'settled', ...costs })
  room.drawChart = () => Promise.reject(new Error('no font'))
  const answer = await room.order('spend')
  expect(answer).toContain('| Robin | smart |')
  expect(answer).toContain('chart could not be drawn')
})

describe('guardians in the parents’ room', () => {
  test('order for their own children and for nobody else', async () => {
    const parents = (text: string): Promise<string> => room.order(text, room.robin, 'parents')
    expect(await parents('pause mia')).toContain('no answers')
    expect(await parents('pause max')).toContain('called "max"')
    expect(await parents('pause family')).toContain('called "family"')
    expect(await parents('allowance lee +5')).toContain('called "lee"')
    expect(await parents('members')).toContain('do not know that order')
    expect(await parents('spend')).toContain('do not know that order')
    expect(await parents('help')).not.toContain('!members')
    expect(room.changes).toHaveLength(1)
  })
})

test('no words make it throw, or change anything by accident', async () => {
  const pieces = [
    'allowance',
    'mia',
    '+',
    '$',
    '"',
    '-1',
    'yes',
    'month',
    '!x:y',
    '\u0000',
    '🧒',
    'remove',
    '99999999999',
    'NaN',
    'bind',
    'until',
    '25:99',
    '%s',
    '<b>',
    '../..',
    "' or 1=1",
    'members',
    'pause',
    'budget',
  ]
  let state = 7
  const next = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below
  for (let round = 0; round < 2_000; round += 1) {
    const text = Array.from({ length: next(6) }, () => pieces[next(pieces.length)]).join(' ')
    expect(await room.order(text)).toMatch(/\S/u)
  }
  for (const change of room.changes) expect(['member-pause', 'allowance', 'tenant-allowance']).toContain(change.kind)
})
