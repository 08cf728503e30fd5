import type { Locale, Tier } from './household.ts'
import type { MemberId, RoomId, TenantId, TurnId } from './ids.ts'
import type { Severity } from './incidents.ts'
import type { Direction, HelpLine, KidCategory, Rail } from './rails.ts'

/** Key of a sentence in `config/sentences/`. */
export type SentenceKey = string

/** Numbers the model calls of one attempt, whoever makes them: chat, judge. From 1. */
export interface CallNumbers {
  next(): number
}

/** Who is spoken with, where, and in which turn what a judge costs is booked. */
export interface RailSubject {
  readonly tenant: TenantId
  readonly roomId: RoomId
  /** Short name of the room in the configuration. */
  readonly room: string
  readonly member: MemberId
  readonly domain: string
  readonly tier: Tier
  readonly locale: Locale
  readonly turn: TurnId
  readonly attempt: number
  readonly calls: CallNumbers
  /** A guardian allowed this question: it is not judged again, its answer is. */
  readonly approved: boolean
  readonly signal: AbortSignal
}

/** What a check found that guardians or owners may have to know; never any text. */
export interface RailIncident {
  readonly rail: Rail
  readonly category: string
  readonly severity: Severity
  readonly action: 'care' | 'refuse'
}

export interface RailStop {
  readonly kind: 'stop'
  readonly direction: 'in' | 'out'
  readonly action: 'care' | 'refuse'
  /** The rail that found it, whoever decided; undefined: the check itself failed. */
  readonly rail: Rail | undefined
  readonly category: string
  readonly sentence: SentenceKey
  /** Where people find help, for `care`; those of the household's country. */
  readonly helpLines: readonly HelpLine[]
  /** undefined: nobody needs to know (the check itself failed, nobody could judge). */
  readonly incident: RailIncident | undefined
  /** True if a guardian may be asked to allow the question. */
  readonly mayAskParent: boolean
}

/** `text`: of a question, what the model may read, with placeholders; of an answer, what people may read, with what placeholders stood for. */
export type RailOutcome = { readonly kind: 'pass'; readonly text: string } | RailStop

/** The checks of one turn. It knows which placeholder stands for what until the turn ends, and no longer. */
export interface TurnRails {
  /** `before`: this member's last messages here, oldest first. Call it once. */
  checkInput(text: string, before: readonly string[]): Promise<RailOutcome>
  /** What else goes to the model (recalled memory): the same personal data behind the same placeholders. Rejects only if the rails throw. */
  hide(text: string): Promise<string>
  /** `text`: a checked unit (streamed) or the whole answer; `released`: what of this answer people may have seen already. */
  checkOutput(text: string, released: string): Promise<RailOutcome>
}

/** The rails around the model. A throw means refuse: callers must not let text pass when a check fails. */
export interface Guardrails {
  open(subject: RailSubject): TurnRails
  /** What can be said of the judge now, for status and doctor. */
  judgeState(): JudgeState
}

export interface JudgeQuestion {
  readonly subject: RailSubject
  readonly direction: Exclude<Direction, 'tool'>
  readonly text: string
  readonly before: readonly string[]
}

export interface JudgeVerdict {
  readonly category: KidCategory | 'none'
  readonly action: 'allow' | 'care' | 'refuse'
  /** Who gave it, as the gateway reported it. */
  readonly model: string
}

/** closed: it has not passed its probe; away: there is none, or the stand-in would answer. */
export type JudgeState =
  | { readonly kind: 'away' }
  | { readonly kind: 'probing' }
  | { readonly kind: 'closed' | 'open'; readonly model: string; readonly right: number; readonly of: number }

/** A model that decides what the rails could not. */
export interface Judge {
  /** undefined: away, closed, failed, or somebody else answered in its name. Books its call. */
  ask(question: JudgeQuestion): Promise<JudgeVerdict | undefined>
  state(): JudgeState
}

/** One row of `policies/judge-probe.jsonl`: what a model must get right before it may judge. */
export interface ProbeRow {
  readonly text: string
  readonly expect: 'safe' | 'unsafe'
  readonly tier: 'child' | 'teen'
  readonly lang: 'en' | 'de'
}
