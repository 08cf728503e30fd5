import type { Alias, Binding, ModelRoute } from '../contracts/household.ts'
import type { Fault, Result } from '../contracts/result.ts'
import type { RoomState } from '../contracts/room-state.ts'
import type { Settings } from '../contracts/settings.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { moneyInWords } from '../budgets/money.ts'
import { roomTier } from '../conversation/members.ts'
import type { UserId } from '../contracts/ids.ts'
import { ALIASES, knownWord } from './known-words.ts'
import { type Command, type Ordered, type Outcome, said, sayNotFound, tenantsOf } from './command.ts'
import { findRoom } from './find-names.ts'

/** What a short call to a model came to. */
export interface ModelTrial {
  readonly model: string
  readonly ms: number
  readonly costNanoUsd: number
}

/** What a suite said of a model before it may answer children. */
export interface GateVerdict {
  readonly passes: boolean
  readonly passed: number
  readonly of: number
}

export interface ModelPorts {
  readonly routes: () => ReadonlyMap<Alias, ModelRoute>
  readonly tenants: Pick<TenantStores, 'open'>
  readonly roomState: RoomState
  readonly ownAccounts: readonly UserId[]
  readonly settings: Settings
  /** Asks the model of an alias for a word; booked. */
  readonly tryModel: (alias: Alias, order: Ordered) => Promise<Result<ModelTrial, Fault>>
  /** Runs the suite for children against an alias as it would answer in this room. */
  readonly gate: (alias: Alias, binding: Binding, order: Ordered) => Promise<Result<GateVerdict, Fault>>
  readonly now: () => number
}

const RECENT = 500
/** Nobody talks with these. */
const NOT_FOR_ROOMS: readonly Alias[] = ['judge', 'local']

/** `!models`, `!models test ALIAS`, `!models use ALIAS in ROOM`. A model for a child's or teen's room must pass the suite first, or an owner overrides it with the code. */
export function createModels(ports: ModelPorts): Command {
  return {
    name: 'models',
    aliases: ['modelle'],
    places: ['control'],
    async run(order) {
      const [action, word, ...rest] = order.words
      if (action === undefined) return said(await list(ports, order))
      const alias = knownWord(ALIASES, word)
      if (alias === undefined)
        return word === undefined
          ? { kind: 'misuse' }
          : said(order.say('models.unknown', { word: word.slice(0, 40), names: ALIASES.join(', ') }))
      if (action === 'test' && rest.length === 0) return test(ports, order, alias)
      const [room] = rest.filter((one) => one !== 'in')
      if (action === 'use' && room !== undefined && rest.length <= 2) return use(ports, order, alias, room)
      return { kind: 'misuse' }
    },
  }
}

async function list({ routes, tenants }: ModelPorts, { household, say, member }: Ordered): Promise<string> {
  const found = await Promise.all(tenantsOf(household).map((tenant) => tenants.open(tenant).traces.recent(RECENT)))
  const traces = found.flat()
  const lines = ALIASES.map((alias) => {
    const route = routes().get(alias)
    const price = household.prices.get(alias)
    const cost =
      price === undefined
        ? '-'
        : `${moneyInWords(price.inputNanoUsd * 1e6, member.locale)} / ${moneyInWords(price.outputNanoUsd * 1e6, member.locale)}`
    if (route === undefined) return `| ${alias} | ${say('models.gateway')} | - | ${cost} | - |`
    const own = traces.filter(
      ({ model, stagesMs }) =>
        model !== undefined && route.model.endsWith(model.replace(/^[^/]+\//u, '')) && stagesMs['model'] !== undefined,
    )
    const half = median(own.map(({ stagesMs }) => stagesMs['model'] ?? 0))
    const minors =
      route.minors === 'conditions' && route.acceptedBy !== undefined
        ? say('models.accepted', { by: route.acceptedBy })
        : say(`models.minors-${route.minors}`)
    return `| ${alias} | ${route.model} | ${minors} | ${cost} | ${half === undefined ? '-' : `${String(Math.round(half))} ms`} |`
  })
  const heads = ['alias', 'model', 'minors', 'price', 'speed'].map((key) => say(`models.head-${key}`))
  return [`| ${heads.join(' | ')} |`, '|---|---|---|---|--:|', ...lines].join('\n')
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)]
}

async function test({ tryModel }: ModelPorts, order: Ordered, alias: Alias): Promise<Outcome> {
  const tried = await tryModel(alias, order)
  if (!tried.ok) return said(order.say('models.test-failed', { alias, reason: order.say(tried.error.sentence) }))
  const { model, ms, costNanoUsd } = tried.value
  return said(order.say('models.test-done', { alias, model, ms, cost: moneyInWords(costNanoUsd, order.member.locale) }))
}

async function use(ports: ModelPorts, order: Ordered, alias: Alias, word: string): Promise<Outcome> {
  const { say, household, isConfirmed } = order
  const found = findRoom(household, word)
  if (found.kind !== 'one') return sayNotFound(order, word, found)
  const binding = found.thing
  if (binding.kind !== 'chat') return said(say('models.no-chat', { room: binding.name }))
  if (NOT_FOR_ROOMS.includes(alias)) return said(say('models.not-for-rooms', { alias }))
  const { roomState, ownAccounts, now } = ports
  const view = roomState.view(binding.roomId)
  const tier = roomTier({ household, tenant: binding.tenant, view, ownAccounts, now: now() })
  let passed = ''
  if (tier !== 'adult' && !isConfirmed) {
    const verdict = await ports.gate(alias, binding, order)
    if (!verdict.ok)
      return { kind: 'confirm', what: say('models.gate-failed', { alias, room: binding.name, reason: verdict.error.sentence }) }
    const score = `${String(verdict.value.passed)}/${String(verdict.value.of)}`
    if (!verdict.value.passes) return { kind: 'confirm', what: say('models.gate-not-passed', { alias, room: binding.name, score }) }
    passed = score
  }
  const changed = await ports.settings.change({ kind: 'room', room: binding.name, alias })
  if (!changed.ok) return said(say('order.not-changed', { reason: changed.error.sentence }))
  const action = tier !== 'adult' && isConfirmed ? 'room.model-overridden' : 'room.model'
  await order.note(
    binding.tenant,
    { action, subject: binding.name, detail: { alias, ...(passed === '' ? {} : { eval: passed }) } },
    changed.value,
  )
  const done = say('models.used', { alias, room: binding.name })
  return said(passed === '' ? done : `${done} ${say('models.gate-passed', { score: passed })}`)
}
