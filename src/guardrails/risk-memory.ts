import type { Finding } from '../contracts/rails.ts'
import { addRisk, noRisk } from './risk.ts'
import type { Risk } from './risk.ts'

/** Where small durable values lie; numbers only, no text. */
export interface RiskStore {
  read(key: string): Promise<string | undefined>
  write(key: string, value: string): Promise<void>
}

/** What earlier messages of one person in one room still weigh, also after a restart. */
export interface RiskMemory {
  read(room: string, member: string): Promise<Risk>
  /** Once for each message. */
  add(room: string, member: string, findings: readonly Finding[]): Promise<void>
}

/** Below this nothing would change any decision. */
const negligible = 0.05

/** Keeps risks in a store; most people have none, and cost it nothing but a read. */
export function createRiskMemory(store: RiskStore): RiskMemory {
  const known = new Map<string, Risk>()
  const read = async (room: string, member: string): Promise<Risk> => {
    const key = keyOf(room, member)
    const risk = known.get(key) ?? parse(await store.read(key))
    known.set(key, risk)
    return risk
  }
  return {
    read,
    async add(room, member, findings) {
      const before = await read(room, member)
      const next = addRisk(before, findings)
      const after = next.sum < negligible && next.personaTurns === undefined ? noRisk : next
      if (after.sum === before.sum && after.personaTurns === before.personaTurns) return
      const key = keyOf(room, member)
      known.set(key, after)
      await store.write(key, JSON.stringify([after.sum, after.personaTurns ?? null]))
    },
  }
}

function keyOf(room: string, member: string): string {
  return `risk:${room}:${member}`
}

function parse(stored: string | undefined): Risk {
  if (stored === undefined) return noRisk
  const [sum, personaTurns] = JSON.parse(stored) as readonly [number, number | null]
  return { sum, personaTurns: personaTurns ?? undefined }
}
