import type { Order, OrderAnswer, OrderPlace } from '../contracts/control-room.ts'
import type { Household, Member } from '../contracts/household.ts'
import type { AuditEntry } from '../contracts/audit.ts'
import type { TenantId } from '../contracts/ids.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { Changed } from '../contracts/settings.ts'
import type { Found } from './find-names.ts'

/** An order on its way through one command. */
export interface Ordered extends Order {
  /** Without the command's name. */
  readonly words: readonly string[]
  /** An owner or guardian has repeated it with the code: what destroys or loosens may be done. */
  readonly isConfirmed: boolean
  readonly sentences: Sentences
  /** The sentence in the language of who ordered. */
  readonly say: (key: string, values?: Readonly<Record<string, string | number>>) => string
  /** Writes into a tenant's audit who ordered this, from which device, and what it changed; once for the order. */
  readonly note: (tenant: TenantId, what: Pick<AuditEntry, 'action' | 'subject' | 'detail'>, changed?: Changed) => Promise<void>
}

/** What came of it: an answer; a question whether it is really meant; or words that make no sense, answered with the command's usage. */
export type Outcome =
  | ({ readonly kind: 'said' } & OrderAnswer)
  | { readonly kind: 'confirm'; readonly what: string }
  | { readonly kind: 'misuse' }

/** One command of Control or the parents' room. */
export interface Command {
  readonly name: string
  /** What it is called in German, and further names. */
  readonly aliases: readonly string[]
  readonly places: readonly OrderPlace[]
  run(order: Ordered): Promise<Outcome>
}

/** An answer without a picture. */
export function said(markdown: string): Outcome {
  return { kind: 'said', markdown }
}

/** The members somebody may order about here: owners everybody, guardians their wards. */
export function subjectsOf({ place, household, member }: Pick<Order, 'place' | 'household' | 'member'>): readonly Member[] {
  const everybody = [...household.members.values()]
  return place === 'control' ? everybody : everybody.filter(({ id }) => member.guardianOf.includes(id))
}

/** What to say to a name that is none or several. */
export function sayNotFound(order: Pick<Ordered, 'say'>, word: string, found: Exclude<Found<unknown>, { readonly kind: 'one' }>): Outcome {
  if (found.kind === 'several') return said(order.say('order.several', { word, names: found.names.join(', ') }))
  return said(
    found.nearest === undefined
      ? order.say('order.unknown-name', { word })
      : order.say('order.unknown-name-near', { word, near: found.nearest }),
  )
}

/** The tenants of a household, or the one somebody means. */
export function tenantsOf(household: Household): readonly TenantId[] {
  return [...household.tenants.keys()]
}
