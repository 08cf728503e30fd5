import { momentInWords } from '../budgets/periods.ts'
import type { AuditRecord } from '../contracts/audit.ts'
import type { TenantId } from '../contracts/ids.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { type Command, type Ordered, said, tenantsOf } from './command.ts'

export interface AuditPorts {
  readonly tenants: Pick<TenantStores, 'open'>
  readonly now: () => number
}

const SHOWN = 15
const DAYS_BACK_MS = 30 * 86_400_000

/** `!audit`: the last changes of a month and whether the chain is unbroken. `!audit verify`: only the latter. */
export function createAudit(ports: AuditPorts): Command {
  return {
    name: 'audit',
    aliases: ['protokoll'],
    places: ['control'],
    async run(order) {
      const [word] = order.words
      if (word !== undefined && word !== 'verify') return { kind: 'misuse' }
      const all = tenantsOf(order.household)
      const chains = await Promise.all(all.map((tenant) => verify(ports, order, tenant)))
      if (word === 'verify') return said(chains.join('\n'))
      const since = ports.now() - DAYS_BACK_MS
      const found = await Promise.all(
        all.map(async (tenant) => (await ports.tenants.open(tenant).audit.list(since)).map((entry) => ({ tenant, entry }))),
      )
      const last = found.flat().toSorted((one, other) => other.entry.at - one.entry.at)
      const lines = last.slice(0, SHOWN).map(({ entry }) => lineOf(ports, order, entry))
      const head =
        lines.length === 0 ? order.say('audit.nothing') : order.say('audit.last', { count: Math.min(SHOWN, last.length), all: last.length })
      return said([head, ...lines, '', ...chains].join('\n'))
    },
  }
}

async function verify({ tenants }: AuditPorts, { say, household }: Ordered, tenant: TenantId): Promise<string> {
  const verdict = await tenants.open(tenant).audit.verify()
  const name = household.tenants.get(tenant)?.name ?? tenant
  if (!verdict.ok) return `- ${say('audit.broken', { name, number: verdict.number, wrong: verdict.wrong })}`
  return `- ${say('audit.unbroken', { name, rows: verdict.rows, head: verdict.head.slice(0, 8) })}`
}

function lineOf({ now }: AuditPorts, { member, say }: Ordered, { at, actor, action, subject, device }: AuditRecord): string {
  const values = { when: momentInWords(at, now(), member), actor, action, subject }
  return `- ${device === undefined ? say('audit.line', values) : say('audit.line-device', { ...values, device })}`
}
