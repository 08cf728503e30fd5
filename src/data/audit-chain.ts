import { createHash } from 'node:crypto'
import type { AuditAnchor, AuditEntry, AuditFault, AuditRecord, AuditVerdict } from '../contracts/audit.ts'

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

/** A chain as it is kept. */
export interface KeptChain {
  /** In order of their numbers, from the first each time it is called. */
  readonly records: () => Iterable<AuditRecord>
  readonly head: ChainHead
}

/** Goes through a chain from its first entry, and names the first that is not as it was written, or not as the anchor says. */
export function verifyChain(chain: KeptChain, anchor?: AuditAnchor): AuditVerdict {
  const { head } = chain
  const { number, previous, broken, isAnchored } = walk(chain.records(), anchor)
  if (broken === 'misfit') return { ok: false, number, wrong: explain(chain, number, previous) }
  if (broken !== undefined) return { ok: false, number, wrong: broken }
  if (number < head.rows) return { ok: false, number: number + 1, wrong: 'cut' }
  if (number > head.rows) return { ok: false, number: head.rows + 1, wrong: 'added' }
  if (previous !== head.hash) return { ok: false, number, wrong: 'changed' }
  if (!isAnchored) return { ok: false, number: number + 1, wrong: 'cut' }
  return { ok: true, rows: head.rows, head: head.hash }
}

interface Walked {
  /** Where it ended. */
  readonly number: number
  /** The hash before that place, or at the end of a whole chain. */
  readonly previous: string
  /** misfit: the hash of what stands there does not fit behind `previous`. */
  readonly broken?: AuditFault | 'misfit'
  readonly isAnchored: boolean
}

function walk(records: Iterable<AuditRecord>, anchor: AuditAnchor | undefined): Walked {
  let number = 0
  let previous = noHash
  let isAnchored = anchor === undefined
  for (const record of records) {
    number += 1
    if (record.number !== number) return { number, previous, broken: record.number > number ? 'removed' : 'added', isAnchored }
    if (hashEntry(record, previous) !== record.hash) return { number, previous, broken: 'misfit', isAnchored }
    if (number === anchor?.number) {
      if (record.hash !== anchor.hash) return { number, previous, broken: 'changed', isAnchored }
      isAnchored = true
    }
    previous = record.hash
  }
  return { number, previous, isAnchored }
}

/** What became of the entry at `number`, whose hash does not fit behind `previous`: it may be whole, but stand in a place that is not its own. */
function explain({ records, head }: KeptChain, number: number, previous: string): AuditFault {
  if (number > head.rows) return 'added'
  let rows = 0
  let misfit: AuditRecord | undefined
  let hasRightOne = false
  for (const record of records()) {
    rows += 1
    if (record.number === number) misfit = record
    else if (hashEntry(record, previous) === record.hash) hasRightOne = true
  }
  if (misfit !== undefined && isWhole(misfit, records())) return hasRightOne ? 'reordered' : 'removed'
  if (hasRightOne) return 'added'
  // what stood before it is gone, and with it the hash that this one holds
  return rows < head.rows ? 'removed' : 'changed'
}

/** Whether it fits behind any entry there is. */
function isWhole(record: AuditRecord, records: Iterable<AuditRecord>): boolean {
  if (hashEntry(record, noHash) === record.hash) return true
  for (const { hash } of records) if (hashEntry(record, hash) === record.hash) return true
  return false
}
