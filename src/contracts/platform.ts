/** The named places at which a test may kill the process: one at every boundary of a message's way. */
export type CrashPoint =
  | 'accept-sync.before'
  | 'accept-sync.after'
  | 'decrypted'
  | 'turn.started'
  | 'open-call.before'
  | 'open-call.after'
  | 'model.first-text'
  | 'model.ended'
  | 'draft.before'
  | 'draft.after'
  | 'draft-noted.after'
  | 'edit.before'
  | 'edit.after'
  | 'end-call.before'
  | 'end-call.after'
  | 'commit-reply.before'
  | 'commit-reply.after'
  | 'final.before'
  | 'final.after'
  | 'sent.before'
  | 'sent.after'
  | 'job.before'
  | 'job.after'

export interface CrashPoints {
  /** Does nothing, unless the configuration names this point: then the process gets SIGKILL here. */
  reach(point: CrashPoint): void
}

/** Ids, counts, durations and costs; never what people wrote. */
export interface Log {
  info(event: string, facts?: LogFacts): void
  warn(event: string, facts?: LogFacts): void
  error(event: string, facts?: LogFacts): void
}
export type LogFacts = Readonly<Record<string, string | number | boolean | undefined>>

export interface Sentences {
  /** The sentence in this language (English where it is missing); throws on an unknown key. */
  say(key: string, locale: string, values?: Readonly<Record<string, string | number>>): string
}

/** One part's state as /readyz and doctor show it. */
export interface HealthCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail: string
}
export interface Health {
  check(): Promise<readonly HealthCheck[]>
}
