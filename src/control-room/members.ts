import { moneyInWords } from '../budgets/money.ts'
import { momentInWords, periodAt } from '../budgets/periods.ts'
import { sumAll } from '../budgets/spend.ts'
import type { Member, Role } from '../contracts/household.ts'
import type { MemberId, UserId } from '../contracts/ids.ts'
import type { LedgerRow } from '../contracts/ledger.ts'
import type { Readers } from '../contracts/room-state.ts'
import type { MemberFields, SettingChange, Settings } from '../contracts/settings.ts'
import type { TenantStores } from '../contracts/tenant-stores.ts'
import { isPaused } from '../conversation/hold-back.ts'
import { isStricter, memberTier } from '../conversation/members.ts'
import { type Command, type Ordered, type Outcome, said, sayNotFound, tenantsOf } from './command.ts'
import { findMember } from './find-names.ts'
import { knownWord, ROLES } from './known-words.ts'

export interface MemberPorts {
  readonly tenants: Pick<TenantStores, 'open'>
  readonly settings: Settings
  readonly canRead: Readers['canRead']
  readonly now: () => number
}

const MEMBER_ID = /^[a-z0-9][a-z0-9-]{0,39}$/u
const USER_ID = /^@[^:\s]+:\S+$/u

/** `!members`, `!members add ID @user:server ROLE [HOUSEHOLD]`, `!members role ID ROLE`, `!members remove ID`. What loosens or removes waits for its code. */
export function createMembers(ports: MemberPorts): Command {
  return {
    name: 'members',
    aliases: ['mitglieder'],
    places: ['control'],
    async run(order) {
      const [action, ...words] = order.words
      switch (action?.toLowerCase()) {
        case undefined:
          return said(await list(ports, order))
        case 'add':
          return add(ports, order, words)
        case 'role':
          return setRole(ports, order, words)
        case 'remove':
          return remove(ports, order, words)
        default:
          return { kind: 'misuse' }
      }
    },
  }
}

async function list({ tenants, canRead, now }: MemberPorts, order: Ordered): Promise<string> {
  const { household, say, member: reader } = order
  const at = now()
  const { since } = periodAt('month', at, reader.timeZone)
  const found = await Promise.all(tenantsOf(household).map((tenant) => tenants.open(tenant).ledger.rows(since)))
  const rows = found.flat()
  const lines = await Promise.all(
    [...household.members.values()].map(async (member) => {
      const own = rows.filter((row) => row.member === member.id && row.purpose === 'chat')
      const device = (await canRead(member.userId)) ? say('members.signed') : say('members.unsigned')
      const paused = isPaused(household.pauses.members.get(member.id), at) ? ` ${say('members.paused')}` : ''
      const cells = [
        `${member.name} (${member.id})${paused}`,
        say(`members.role-${member.role}`),
        say(`members.tier-${memberTier(member, at)}`),
        device,
        lastSeen(order, own, at),
        moneyInWords(sumAll(own).costNanoUsd, reader.locale),
      ]
      return `| ${cells.map((text) => text.replaceAll('|', String.raw`\|`)).join(' | ')} |`
    }),
  )
  const heads = ['name', 'role', 'tier', 'device', 'seen', 'spend'].map((key) => say(`members.head-${key}`))
  return [`| ${heads.join(' | ')} |`, '|---|---|---|---|---|--:|', ...lines].join('\n')
}

function lastSeen({ say, member }: Ordered, rows: readonly LedgerRow[], now: number): string {
  const last = Math.max(0, ...rows.map(({ openedAt }) => openedAt))
  return last === 0 ? say('members.never') : momentInWords(last, now, member)
}

async function add(ports: MemberPorts, order: Ordered, words: readonly string[]): Promise<Outcome> {
  const { say, household, isConfirmed } = order
  const [id = '', userId = '', wanted, tenant = tenantsOf(household)[0]] = words
  const role = knownWord(ROLES, wanted)
  if (words.length < 3 || words.length > 4 || role === undefined) return { kind: 'misuse' }
  if (!MEMBER_ID.test(id)) return said(say('members.bad-id', { id: id.slice(0, 60) }))
  if (!USER_ID.test(userId)) return said(say('members.bad-user', { user: userId.slice(0, 100) }))
  const known = tenantsOf(household).find((one) => one === tenant)
  if (known === undefined) return said(say('budget.which', { names: tenantsOf(household).join(', ') }))
  const doubled = [...household.members.values()].find((member) => member.id === id || member.userId === userId)
  if (doubled !== undefined) return said(say('members.exists', { id: doubled.id, user: doubled.userId }))
  if (!isConfirmed) return { kind: 'confirm', what: say('members.confirm-add', { id, user: userId, role: say(`members.role-${role}`) }) }
  const name = `${id.charAt(0).toUpperCase()}${id.slice(1)}`
  const fields: MemberFields = { userId: userId as UserId, name, role, tenant: known, locale: order.member.locale }
  return change(ports, order, {
    change: { kind: 'member', member: id as MemberId, fields },
    tenant: known,
    action: 'member.added',
    role,
    key: 'members.added',
    name,
  })
}

async function setRole(ports: MemberPorts, order: Ordered, words: readonly string[]): Promise<Outcome> {
  const { say, household, isConfirmed } = order
  const [word = '', wanted] = words
  const role = knownWord(ROLES, wanted)
  if (words.length !== 2 || role === undefined) return { kind: 'misuse' }
  const found = findMember([...household.members.values()], word)
  if (found.kind !== 'one') return sayNotFound(order, word, found)
  const { thing: member } = found
  const { id, name, tenant } = member
  const now = ports.now()
  const isLooser = isStricter(memberTier(member, now), memberTier({ ...member, role }, now)) || role === 'owner' || member.role === 'owner'
  if (isLooser && !isConfirmed) return { kind: 'confirm', what: say('members.confirm-role', { name, role: say(`members.role-${role}`) }) }
  return change(ports, order, {
    change: { kind: 'member', member: id, fields: { role } },
    tenant,
    action: 'member.role',
    role,
    key: 'members.role-set',
    name,
  })
}

async function remove(ports: MemberPorts, order: Ordered, words: readonly string[]): Promise<Outcome> {
  const { say, household, isConfirmed } = order
  const [word = ''] = words
  if (words.length !== 1) return { kind: 'misuse' }
  const found = findMember([...household.members.values()], word)
  if (found.kind !== 'one') return sayNotFound(order, word, found)
  const { id, name, tenant, role } = found.thing
  if (id === order.member.id) return said(say('members.not-yourself'))
  if (!isConfirmed) return { kind: 'confirm', what: say('members.confirm-remove', { name }) }
  return change(ports, order, {
    change: { kind: 'member-removed', member: id },
    tenant,
    action: 'member.removed',
    role,
    key: 'members.removed',
    name,
  })
}

interface MemberChange {
  readonly change: Extract<SettingChange, { readonly kind: 'member' | 'member-removed' }>
  readonly tenant: Member['tenant']
  readonly action: string
  readonly role: Role
  readonly key: string
  readonly name: string
}

async function change(
  { settings }: MemberPorts,
  order: Ordered,
  { change: wanted, tenant, action, role, key, name }: MemberChange,
): Promise<Outcome> {
  const { say } = order
  const changed = await settings.change(wanted)
  if (!changed.ok) return said(say('order.not-changed', { reason: changed.error.sentence }))
  await order.note(tenant, { action, subject: wanted.member, detail: { role } }, changed.value)
  return said(say(key, { name, role: say(`members.role-${role}`) }))
}
