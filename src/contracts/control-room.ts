import type { OutboxPicture } from './edge-store.ts'
import type { Binding, Household, Member } from './household.ts'
import type { EventId, TurnId } from './ids.ts'

/** Where an order was given: owners rule in Control, guardians for their wards in the parents' room. */
export type OrderPlace = 'control' | 'parents'

/** What an owner or guardian wrote, decrypted with a key that came directly from their own signed device. */
export interface Order {
  readonly place: OrderPlace
  /** Without the `!`. */
  readonly text: string
  readonly member: Member
  readonly household: Household
  readonly binding: Binding
  readonly eventId: EventId
  readonly sentAt: number
  /** Curve25519 key of the device that wrote it. */
  readonly senderKey: string | undefined
}

export interface OrderAnswer {
  readonly markdown: string
  readonly picture?: OutboxPicture
}

/** An order of somebody who may not give it, or not there or not in this way. */
export interface RefusedOrder {
  readonly why: 'no-owner' | 'not-here' | 'not-direct' | 'edited' | 'no-code'
  readonly member: Member
  readonly binding: Binding
  readonly eventId: EventId
}

/** What owners and guardians rule. */
export interface ControlRoom {
  /** Carries an order out, once for each event however often it is delivered, and answers what to say. Rejects on surprise only. */
  run(order: Order): Promise<OrderAnswer>
  /** Counts and audits it. */
  refused(order: RefusedOrder): Promise<void>
}

/** A request of a member to their guardians that is told in the parents' room. */
export type GuardianRequest = { readonly kind: 'question'; readonly turn: TurnId } | { readonly kind: 'more'; readonly event: EventId }
