import type { Fault } from './result.ts'
import type { Locale, Tier } from './household.ts'
import type { MemberId, TenantId } from './ids.ts'

/** The five rails, in the order they run. */
export type Rail = 'pii' | 'injection' | 'toxicity' | 'kid-safety' | 'secrets'

/** in: what a person says; out: what the model says; tool: what comes from outside (tool results, web, files, recalled memory). */
export type Direction = 'in' | 'out' | 'tool'

export type Action = 'allow' | 'redact' | 'care' | 'ask-judge' | 'refuse'

/** The closed set of kid-safety categories. */
export type KidCategory =
  | 'violence'
  | 'weapons'
  | 'sexual'
  | 'drugs'
  | 'self-harm'
  | 'hate-bullying'
  | 'grooming'
  | 'illegal'
  | 'dangerous-challenge'
  | 'adult-content'
  | 'dieting'
  | 'manipulation'
  | 'harm-at-home'

/** UTF-16 offsets into the text as it was given; `type` is a PII type by Presidio's names, or the category. */
export interface Span {
  readonly type: string
  readonly start: number
  readonly end: number
}

/** One thing one rail found. */
export interface Finding {
  readonly rail: Rail
  readonly category: string
  /** 0 to 1; 1 for rules. */
  readonly score: number
  /** The normalised form that hit: `plain`, `leet`, `base64`, … */
  readonly variant: string
  readonly spans: readonly Span[]
  /** What this finding alone asks for under the policy. */
  readonly action: Action
}

/** What all rails together say about one text. */
export interface RailVerdict {
  readonly action: Action
  /** The finding that decided; undefined for allow. */
  readonly rail: Rail | undefined
  readonly category: string | undefined
  readonly score: number
  /** The text with placeholders where the policy redacts; undefined if nothing was redacted. */
  readonly redacted: string | undefined
  /** Placeholder -> what it stands for, valid for this turn only. */
  readonly placeholders: ReadonlyMap<string, string>
  readonly findings: readonly Finding[]
}

/** Where a score begins to matter; `Infinity` = never. */
export interface Band {
  /** From here on (0 to 1) the judge is asked. */
  readonly judgeFrom: number
  /** From here on (0 to 1, not below `judgeFrom`) the rail acts without asking. */
  readonly actFrom: number
}

export interface ActingBand extends Band {
  readonly action: Action
}

/** The rules of one tier, or of a tenant, room or member after merging: `policies/<tier>.yaml`. */
export interface RailPolicy {
  /** PII types that become placeholders; other types are found and reported only. */
  readonly pii: Readonly<Record<Direction, readonly string[]>>
  readonly secrets: Readonly<Record<Direction, Action>>
  readonly injection: Readonly<Record<Direction, ActingBand>>
  readonly toxicity: Readonly<Record<Direction, ActingBand>>
  readonly kidSafety: {
    readonly bands: Readonly<Record<Direction, Band>>
    /** What a sure finding of a category gets; self-harm, grooming and harm at home never `refuse`. */
    readonly categories: Readonly<Record<KidCategory, Action>>
  }
  /** What becomes of the undecided band while no judge is there. */
  readonly withoutJudge: 'refuse' | 'allow'
  /** With a judge that passed its probe: from this score of kid safety or injection on it is asked, and of the rails only sure rules act alone; `Infinity` = never. */
  readonly askFrom: number
  readonly guardians: GuardianPolicy
}

/** What guardians are told of a child's or teen's refusals. */
export interface GuardianPolicy {
  /** nothing; category, severity and count; the first words too; the whole message. */
  readonly alerts: 'none' | 'category' | 'excerpt' | 'text'
  /** nobody: no alert at all; trusted: the room of one adult outside the household (a room of kind `trusted`). Never the household. */
  readonly harmAtHome: 'nobody' | 'trusted'
}

export interface RailInput {
  readonly tier: Tier
  readonly direction: Direction
  readonly locale: Locale
  readonly text: string
  /** Earlier messages of this person in this room, oldest first, for what only shows over several turns. */
  readonly before?: readonly string[]
  /** What `FindPersonalData` found in this text, in its offsets. What the rails find themselves goes before. */
  readonly knownSpans?: readonly Span[]
  /** The merged rules of this tenant, room and member; without them those of the tier. */
  readonly policy?: RailPolicy
  /** Personal data and secrets alone: for what was said and judged before. */
  readonly only?: 'personal-data'
}

/** Names and addresses of the household that PII must find exactly. */
export interface HouseholdNames {
  readonly names: readonly string[]
  readonly addresses: readonly string[]
  /** ISO 3166 country codes for phone numbers, the home country first. */
  readonly countries: readonly string[]
}

/** What a policy file or an override may leave out: everything. */
export type RailPolicyChange = {
  readonly pii?: Partial<RailPolicy['pii']>
  readonly secrets?: Partial<RailPolicy['secrets']>
  readonly injection?: Partial<Record<Direction, Partial<ActingBand>>>
  readonly toxicity?: Partial<Record<Direction, Partial<ActingBand>>>
  readonly kidSafety?: {
    readonly bands?: Partial<Record<Direction, Partial<Band>>>
    readonly categories?: Partial<RailPolicy['kidSafety']['categories']>
  }
  readonly withoutJudge?: RailPolicy['withoutJudge']
  readonly askFrom?: number
  readonly guardians?: Partial<GuardianPolicy>
}

/** Telephone or web help in one country. */
export interface HelpLine {
  readonly name: string
  readonly for: 'children' | 'suicide' | 'abuse'
  readonly phone: string | undefined
  readonly web: string | undefined
  /** Who publishes the number, and when the entry was written (YYYY-MM-DD). */
  readonly source: string
  readonly date: string
}

/**
 * Finds personal data in this text outside the process, in addition to what the engine finds; the text leaves the process.
 * Never rejects: without an answer in time it has found nothing. Offsets are UTF-16.
 */
export type FindPersonalData = (text: string, locale: Locale, signal: AbortSignal) => Promise<readonly Span[]>

/** The engine: pure, synchronous, no I/O. May throw; a throw means refuse. */
export interface RailEngine {
  check(input: RailInput): RailVerdict
}

/** Whose rules: the tier's, then what tenant, room and member changed, in that order. */
export interface RuleSubject {
  readonly tier: Tier
  readonly tenant: TenantId
  /** Short name of the room in the configuration; undefined: no room, for other clients. */
  readonly room: string | undefined
  /** undefined: nobody knows who. */
  readonly member: MemberId | undefined
}

/** One consistent picture of all rules; replaced as a whole by a reload. */
export interface RailBook {
  /** The engine with the names and addresses of this tenant, and of no other. */
  engineOf(tenant: TenantId): RailEngine
  policyOf(subject: RuleSubject): RailPolicy
  /** Those of the tenant's countries, for a child or anybody. */
  helpLinesOf(tenant: TenantId): readonly HelpLine[]
}

/** The rules as the files say now. A bad edit keeps the old ones and tells the fault. */
export interface RailRules {
  current(): RailBook
  onChange(listener: (change: { readonly book: RailBook } | { readonly fault: Fault }) => void): () => void
}
