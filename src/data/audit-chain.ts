import { createHash } from 'node:crypto'
import type { AuditEntry, AuditFault, AuditRecord, AuditVerdict } from '../contracts/audit.ts'

/** The hash before the first entry. */
export const noHash = ''

/** What the chain ends with, kept apart from the entries, so that those cut from its end are missed. */
export interface ChainHead {
  readonly rows: number
  readonly hash: string
}

/** SHA-256, hex, over an entry and the hash before it. JSON of a list of fields is one text for one entry and no other. */
export function hashEntry(entry: AuditEntry, previous: string): string {
  const { at, actor, action, subject, detail, device, before, after, cause } = entry
  const sorted = Object.entries(detail).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const fields = [at, actor, action, subject, sorted, device ?? null, before ?? null, after ?? null, cause ?? null, previous]
  return createHash('sha256').update(JSON.stringify(fields)).digest('hex')
}

/** Goes through a chain from its first entry, and names the first that is not as it was written. `records` in order of their numbers. */
export function verifyChain(records: readonly AuditRecord[], head: ChainHead): AuditVerdict {
  let previous = noHash
  for (const [index, record] of records.entries()) {
    const number = index + 1
    if (record.number > number) return { ok: false, number, wrong: 'removed' }
    if (record.number < number) return { ok: false, number, wrong: 'added' }
    if (hashEntry(record, previous) !== record.hash)
      return { ok: false, number, wrong: explain(records, record, { previous, isShort: records.length < head.rows }) }
    previous = record.hash
  }
  if (records.length < head.rows) return { ok: false, number: records.length + 1, wrong: 'cut' }
  if (records.length > head.rows) return { ok: false, number: head.rows + 1, wrong: 'added' }
  return previous === head.hash ? { ok: true, rows: head.rows, head: head.hash } : { ok: false, number: head.rows, wrong: 'changed' }
}

/** What became of an entry whose hash does not fit behind `previous`: it may be whole, but stand in a place that is not its own. */
function explain(
  records: readonly AuditRecord[],
  record: AuditRecord,
  { previous, isShort }: { readonly previous: string; readonly isShort: boolean },
): AuditFault {
  const rightOne = records.find((other) => other !== record && hashEntry(other, previous) === other.hash)
  const isWhole = [noHash, ...records.map(({ hash }) => hash)].some((before) => hashEntry(record, before) === record.hash)
  if (isWhole) return rightOne === undefined ? 'removed' : 'reordered'
  if (rightOne !== undefined) return 'added'
  // what stood before it is gone, and with it the hash that this one holds
  return isShort ? 'removed' : 'changed'
}
