import { createHash } from 'node:crypto'
import type { Order } from '../contracts/control-room.ts'
import type { EdgeFacts } from '../contracts/edge-store.ts'

/** How long somebody may think it over. */
const VALID_MS = 10 * 60_000
const CONFIRMATION = /^(?:yes|ja)\s+(?<code>[a-z0-9]{6})$/iu
/** Without letters and digits that look alike. */
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789'

export interface ConfirmationPorts {
  readonly facts: Pick<EdgeFacts, 'read' | 'write'>
  readonly now: () => number
}

/** What waits for its code; durable, so that a restart forgets none. */
interface Waiting {
  readonly text: string
  readonly place: Order['place']
  readonly member: string
  readonly askedAt: number
  /** The event that confirmed it. */
  readonly confirmedBy: string | undefined
}

/** The code in `yes CODE`, in small letters; undefined if the order is none. */
export function readConfirmation(text: string): string | undefined {
  return CONFIRMATION.exec(text.trim())?.groups?.['code']?.toLowerCase()
}

/** Keeps an order until its code is said, and answers the code. The same order event gets the same code again. */
export async function askToConfirm({ facts, now }: ConfirmationPorts, { eventId, text, place, member }: Order): Promise<string> {
  const digest = createHash('sha256').update(`confirm:${eventId}`).digest()
  const code = [...digest.subarray(0, 6)].map((byte) => ALPHABET[byte % ALPHABET.length]).join('')
  const waiting: Waiting = { text, place, member: member.id, askedAt: now(), confirmedBy: undefined }
  if ((await facts.read(keyOf(code))) === undefined) await facts.write(keyOf(code), JSON.stringify(waiting))
  return code
}

/**
 * The order that this code confirms: of this member alone, in this room, within ten minutes, once. undefined for everything else, without
 * saying what was wrong. The event that confirmed it may ask again, since a restarted process goes on with it.
 */
export async function takeConfirmed(
  { facts, now }: ConfirmationPorts,
  { eventId, place, member }: Order,
  code: string,
): Promise<string | undefined> {
  const kept = await facts.read(keyOf(code))
  if (kept === undefined) return undefined
  const waiting = JSON.parse(kept) as Waiting
  if (waiting.member !== member.id || waiting.place !== place) return undefined
  if (waiting.confirmedBy !== undefined) return waiting.confirmedBy === eventId ? waiting.text : undefined
  if (now() - waiting.askedAt > VALID_MS) return undefined
  await facts.write(keyOf(code), JSON.stringify({ ...waiting, confirmedBy: eventId }))
  return waiting.text
}

function keyOf(code: string): string {
  return `confirm:${code}`
}
