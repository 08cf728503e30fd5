import { limitsIn } from '../budgets/allowance.ts'
import { momentInWords } from '../budgets/periods.ts'
import type { Allowance } from '../contracts/allowance.ts'
import type { TenantId } from '../contracts/ids.ts'
import type { Settings } from '../contracts/settings.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { moneyInWords } from '../budgets/money.ts'
import { type Command, type Ordered, type Outcome, said, sayNotFound, tenantsOf } from './command.ts'
import { inUnit, readAmount, readPeriod } from './read-amount.ts'
import { nearestOf } from './read-words.ts'

export interface BudgetPorts {
  readonly tenants: Pick<TenantStores, 'open'>
  readonly settings: Settings
  readonly now: () => number
}

/** `!budget`: what each household may spend and has spent. `!budget [HOUSEHOLD] 20 month` sets it, in US dollars; raising it waits for its code. */
export function createBudget(ports: BudgetPorts): Command {
  return {
    name: 'budget',
    aliases: ['haushalt'],
    places: ['control'],
    async run(order) {
      const all = tenantsOf(order.household)
      if (order.words.length === 0) return said((await Promise.all(all.map((tenant) => describe(ports, order, tenant)))).join('\n'))
      const [first = '', ...others] = order.words
      const named = all.find((tenant) => tenant === first.toLowerCase())
      const [only] = all
      const tenant = named ?? (all.length === 1 ? only : undefined)
      const words = named === undefined ? order.words : others
      const read = readAmount(words)
      if (tenant === undefined) {
        if (read !== undefined) return said(order.say('budget.which', { names: all.join(', ') }))
        return sayNotFound(order, first, { kind: 'none', nearest: nearestOf(first, all) })
      }
      if (read === undefined) return words.length === 0 ? said(await describe(ports, order, tenant)) : { kind: 'misuse' }
      return set(ports, order, tenant, read)
    },
  }
}

async function describe({ tenants, now }: BudgetPorts, { household, member, say }: Ordered, tenant: TenantId): Promise<string> {
  const name = household.tenants.get(tenant)?.name ?? tenant
  const at = now()
  const limit = limitsIn(household.allowances.tenants.get(tenant), undefined, at, member.timeZone).find(({ unit }) => unit === 'money')
  if (limit === undefined) return `- ${say('budget.none', { name, id: tenant })}`
  const [use] = await tenants.open(tenant).allowances.use([limit], undefined)
  const money = (amount: number): string => moneyInWords(amount, member.locale)
  return `- ${say('budget.line', { name, used: money(use?.used ?? 0), amount: money(limit.amount), until: momentInWords(limit.until, at, member) })}`
}

async function set(
  { settings }: BudgetPorts,
  order: Ordered,
  tenant: TenantId,
  { amount, rest }: NonNullable<ReturnType<typeof readAmount>>,
): Promise<Outcome> {
  const { say, household, member } = order
  const before = household.allowances.tenants.get(tenant)
  const meant = inUnit(amount, 'money')
  const words = rest.filter((word) => !['per', 'a', 'pro', 'im'].includes(word.toLowerCase()))
  const period = words.length === 0 ? (before?.period ?? 'month') : readPeriod(words[0])
  if (meant?.unit !== 'money' || amount.isMore || period === undefined || words.length > 1) return { kind: 'misuse' }
  const name = household.tenants.get(tenant)?.name ?? tenant
  const money = moneyInWords(meant.amount, member.locale)
  const isMore = before?.limits.money !== undefined && (before.period !== period || meant.amount > before.limits.money)
  if (isMore && !order.isConfirmed) return { kind: 'confirm', what: say('budget.confirm', { name, amount: money }) }
  const allowance: Allowance = { hours: [], ...before, period, limits: { ...before?.limits, money: meant.amount } }
  const changed = await settings.change({ kind: 'tenant-allowance', tenant, allowance })
  if (!changed.ok) return said(say('order.not-changed', { reason: changed.error.sentence }))
  await order.note(tenant, { action: 'budget.set', subject: tenant, detail: { money: meant.amount, period } }, changed.value)
  return said(say('budget.set', { name, amount: money, period: say(`allowance.per-${period}`) }))
}
