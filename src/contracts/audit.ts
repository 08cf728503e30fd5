/** Something that changed rights, rules or money; append-only. Never message text. */
export interface AuditEntry {
  /** ms since the epoch. */
  readonly at: number
  /** Member id, or `configuration` for what came from a file. */
  readonly actor: string
  /** e.g. `policy.loosened`, `question.allowed`, `allowance.granted`. */
  readonly action: string
  /** What it concerns: a room, a member, a rule. */
  readonly subject: string
  readonly detail: Readonly<Record<string, string | number>>
  /** Matrix device the order came from, where one was given. */
  readonly device?: string
  /** SHA-256, hex, of what the subject was before and is after. */
  readonly before?: string
  readonly after?: string
  /** The event that ordered it: the same action on the same subject stands once for it, however often it is delivered. */
  readonly cause?: string
}

/** An entry in its place in the chain. */
export interface AuditRecord extends AuditEntry {
  /** From 1, without gaps. */
  readonly number: number
  /** SHA-256, hex, over this entry and the hash before it. */
  readonly hash: string
}

/**
 * changed: an entry is not what was written; removed: entries are missing before this number; reordered: this entry stands in another's
 * place; added: it was never written by the chain; cut: entries are missing at the end.
 */
export type AuditFault = 'changed' | 'removed' | 'reordered' | 'added' | 'cut'

/** Whether the chain is whole; if not, the first number at which it is not. `head` is the last hash, '' of an empty audit. */
export type AuditVerdict =
  | { readonly ok: true; readonly rows: number; readonly head: string }
  | { readonly ok: false; readonly number: number; readonly wrong: AuditFault }

/** An entry of the chain as somebody keeps it elsewhere: whoever rewrites all of a tenant's file cannot rewrite this. */
export type AuditAnchor = Pick<AuditRecord, 'number' | 'hash'>

/** A piece of the chain. */
export interface AuditRange {
  /** ms since the epoch. */
  readonly since: number
  /** Only entries with a higher number; default: from the first. */
  readonly after?: number
  /** How many at most. */
  readonly limit: number
}

/** The audit of one tenant: a chain of hashes in which each entry holds all those before it. */
export interface AuditLog {
  append(entry: AuditEntry): Promise<void>
  /** In order of time and of arrival. */
  list(since: number): Promise<readonly AuditRecord[]>
  /** In order of the chain; what has no end is read a piece at a time. */
  read(range: AuditRange): Promise<readonly AuditRecord[]>
  /**
   * Computes the chain anew and compares it with what is kept of each entry and of the end. An anchor that is no longer there is `cut`;
   * one that reads otherwise now is `changed`, though the first change may lie before it.
   */
  verify(anchor?: AuditAnchor): Promise<AuditVerdict>
}
