import { sumAll, sumBy } from './budgets/spend.ts'
import type { Environment } from './config/environment.ts'
import { loadHousehold } from './config/load-household.ts'
import { createSettings } from './config/settings.ts'
import type { Household } from './contracts/household.ts'
import type { MemberId, TenantId } from './contracts/ids.ts'
import type { LedgerRow } from './contracts/ledger.ts'
import type { Fault, Result } from './contracts/result.ts'
import type { SettingChange, Settings } from './contracts/settings.ts'
import type { TenantStores } from './contracts/tenant-stores.ts'
import { ALIASES, ANSWERS, knownWord, ROLES } from './control-room/known-words.ts'
import { inUnit, readAmount } from './control-room/read-amount.ts'
import { callHome, type HomeHandler } from './data/home-socket.ts'
import type { Listing, SettingOrder, SpendLine, SpendQuery } from './interfaces/terminal/home-ports.ts'
import type { Evals } from './run-evals.ts'
import { openStoppedHome } from './open-home.ts'

export interface HomeParts {
  readonly household: () => Household
  readonly tenants: Pick<TenantStores, 'open'>
  readonly settings: Settings
  readonly now: () => number
}

/** Longest that a command waits for the running instance; a suite takes minutes. */
const CALL_LIMIT_MS = 11 * 60_000

/** What the terminal may ask of a home's data, running or not. */
export function homeHandlers(parts: HomeParts): Readonly<Record<string, HomeHandler>> {
  return {
    spend: (query) => spend(parts, query as SpendQuery),
    list: () => Promise.resolve({ ok: true, value: listHousehold(parts.household()) }),
    set: (order) => set(parts, order as SettingOrder),
  }
}

/** What it may ask of a running instance only. */
export function evalHandlers(evals: Evals, household: () => Household, now: () => number): Readonly<Record<string, HomeHandler>> {
  return {
    'eval.list': async () => ({
      ok: true,
      value: await Promise.all(evals.suites().map(async (suite) => ({ suite, last: await evals.last(suite) }))),
    }),
    'eval.run': (params, signal) => {
      const { suite, alias } = params as { readonly suite: string; readonly alias: string | undefined }
      const owner = [...household().members.values()].find(({ role }) => role === 'owner')
      if (owner === undefined) return Promise.resolve(fault('no-owner', 'Nobody has the role owner.'))
      const known = knownWord(ALIASES, alias)
      if (alias !== undefined && known === undefined)
        return Promise.resolve(fault('misuse', `There is no alias "${alias}". Use ${ALIASES.join(', ')}.`))
      return evals.run({ suite, alias: known, tenant: owner.tenant, member: owner.id, name: `terminal:${String(now())}`, signal })
    },
  }
}

/** Asks the instance that runs in this home; opens the home itself where none does. */
export async function askHome(environment: Environment, method: string, params: unknown): Promise<Result<unknown, Fault>> {
  const answer = await callHome(environment.home, method, params, CALL_LIMIT_MS)
  if (answer.ok || answer.error.code !== 'not-running') return answer
  const { home, projectRoot } = environment
  const loaded = await loadHousehold({ home, projectRoot, standIn: false })
  if (!loaded.ok) return loaded
  await using opened = new AsyncDisposableStack()
  const stopped = await openStoppedHome(environment, opened)
  if (!stopped.ok) return stopped
  const { tenants } = stopped.value
  const settings = createSettings({ home, projectRoot, refresh: () => Promise.resolve() })
  const handler = homeHandlers({ household: () => loaded.value.household, tenants, settings, now: () => Date.now() })[method]
  // awaited here: the stores are closed when this function ends
  return handler === undefined ? answer : await handler(params, AbortSignal.timeout(CALL_LIMIT_MS))
}

function fault(code: string, sentence: string): { readonly ok: false; readonly error: Fault } {
  return { ok: false, error: { code, sentence } }
}

/** One tenant, or all of them. */
function tenantsIn({ household }: HomeParts, wanted: string | undefined): Result<readonly TenantId[], Fault> {
  const all = [...household().tenants.keys()]
  if (wanted === undefined) return { ok: true, value: all }
  const found = all.filter((tenant) => tenant === wanted)
  return found.length > 0 ? { ok: true, value: found } : fault('misuse', `There is no tenant "${wanted}". There are: ${all.join(', ')}.`)
}

async function spend(parts: HomeParts, { by, since, tenant }: SpendQuery): Promise<Result<readonly SpendLine[], Fault>> {
  const tenants = tenantsIn(parts, tenant)
  if (!tenants.ok) return tenants
  const household = parts.household()
  const rows = (await Promise.all(tenants.value.map((id) => parts.tenants.open(id).ledger.rows(since)))).flat()
  const keyOf = keyFor(household, by)
  const lines = [...sumBy(rows, keyOf)].map(([key, sum]) => ({ key, ...sum }))
  return {
    ok: true,
    value: [...(by === 'day' ? lines.toSorted((one, other) => (one.key < other.key ? -1 : 1)) : lines), { key: 'all', ...sumAll(rows) }],
  }
}

function keyFor(household: Household, by: SpendQuery['by']): (row: LedgerRow) => string {
  switch (by) {
    case 'member':
      return ({ member, purpose }) => (purpose === 'chat' ? member : purpose)
    case 'model':
      return ({ model, alias }) => model ?? alias
    case 'room':
      return ({ roomId }) => household.rooms.get(roomId)?.name ?? roomId
    case 'day':
      return ({ openedAt }) => new Date(openedAt).toISOString().slice(0, 10)
  }
}

function listHousehold({ members, rooms, tenants, allowances }: Household): Listing {
  return {
    members: [...members.values()].map(({ id, userId, name, role, tenant, guardianOf }) => ({
      id,
      user: userId,
      name,
      role,
      tenant,
      guardianOf,
      allowance: allowances.members.get(id),
    })),
    rooms: [...rooms.values()].map(({ name, roomId, tenant, domain, kind, answers, alias }) => ({
      name,
      room: roomId,
      tenant,
      domain,
      kind,
      answers,
      alias,
    })),
    tenants: [...tenants.values()].map(({ id, name }) => ({ id, name, allowance: allowances.tenants.get(id) })),
  }
}

/** `member set ID role ROLE`, `room set NAME answers VALUE`, `tenant set ID budget USD`. Whoever may run commands in the home may do it; the audit says so. */
async function set(parts: HomeParts, order: SettingOrder): Promise<Result<true, Fault>> {
  const wanted = readChange(parts.household(), order)
  if (!wanted.ok) return wanted
  const changed = await parts.settings.change(wanted.value.change)
  if (!changed.ok) return changed
  const { what, id, key, value } = order
  const entry = { at: parts.now(), actor: 'terminal', action: `${what}.${key}`, subject: id, detail: { value }, ...changed.value }
  await parts.tenants.open(wanted.value.tenant).audit.append(entry)
  return { ok: true, value: true }
}

function readChange(
  household: Household,
  { what, id, key, value }: SettingOrder,
): Result<{ readonly change: SettingChange; readonly tenant: TenantId }, Fault> {
  if (what === 'member' && key === 'role') {
    const member = [...household.members.values()].find((one) => one.id === id)
    const role = knownWord(ROLES, value)
    if (member === undefined) return fault('misuse', `There is no member "${id}".`)
    if (role === undefined) return fault('misuse', `There is no role "${value}". Use ${ROLES.join(', ')}.`)
    return { ok: true, value: { change: { kind: 'member', member: id as MemberId, fields: { role } }, tenant: member.tenant } }
  }
  if (what === 'room' && key === 'answers') {
    const room = [...household.rooms.values()].find(({ name }) => name === id)
    const answers = knownWord(ANSWERS, value)
    if (room === undefined) return fault('misuse', `There is no room "${id}".`)
    if (answers === undefined) return fault('misuse', `"${value}" is none of ${ANSWERS.join(', ')}.`)
    return { ok: true, value: { change: { kind: 'room', room: id, answers }, tenant: room.tenant } }
  }
  if (what === 'tenant' && key === 'budget') {
    const tenant = [...household.tenants.keys()].find((one) => one === id)
    const read = readAmount([value])
    const money = read === undefined || read.amount.isMore ? undefined : inUnit(read.amount, 'money')
    if (tenant === undefined) return fault('misuse', `There is no tenant "${id}".`)
    if (money?.unit !== 'money') return fault('misuse', `"${value}" is no amount in US dollars a month.`)
    const before = household.allowances.tenants.get(tenant)
    const allowance = { hours: [], ...before, period: 'month', limits: { ...before?.limits, money: money.amount } } as const
    return { ok: true, value: { change: { kind: 'tenant-allowance', tenant, allowance }, tenant } }
  }
  return fault('misuse', `${what} has no "${key}". Use member ID role, room NAME answers or tenant ID budget.`)
}
