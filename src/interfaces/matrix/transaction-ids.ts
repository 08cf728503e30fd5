import { createHash } from 'node:crypto'
import type { EventId } from '../../contracts/ids.ts'

/**
 * Transaction ids say which send is meant, not when it happened: a repeated send of the same thing is recognised by the
 * homeserver, so a process killed between send and commit cannot send twice.
 */
function transactionId(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

export const draftTransaction = (source: EventId): string => transactionId(source, 'draft')
export const editTransaction = (source: EventId, attempt: number, n: number): string => transactionId(source, 'edit', attempt, n)
export const finalTransaction = (source: string, part: number): string => transactionId(source, 'final', part)
export const redactTransaction = (target: EventId): string => transactionId(target, 'redact')
