import type { Allowance, AllowedHours, Pause } from './allowance.ts'
import type { MemberId, RoomId, TenantId, UserId } from './ids.ts'
import type { Fault } from './result.ts'

export type Role = 'owner' | 'adult' | 'teen' | 'child' | 'guest'
/** How strict the guardrails are; ordered from strict to loose. */
export type Tier = 'child' | 'teen' | 'adult'
/** all: every message; addressed: mention, reply or the assistant's thread; never: commands and notices only. */
export type Answers = 'all' | 'addressed' | 'never'
export type Locale = 'en' | 'de'
/** chat: people talk; control: owners rule; parents: guardians are told and asked; trusted: one adult outside the household, told of harm at home. */
export type RoomKind = 'chat' | 'control' | 'parents' | 'trusted'
/** The five model aliases of the gateway. */
export type Alias = 'smart' | 'fast' | 'economy' | 'judge' | 'local'

export interface Member {
  readonly id: MemberId
  readonly userId: UserId
  readonly tenant: TenantId
  readonly name: string
  readonly role: Role
  readonly guardianOf: readonly MemberId[]
  readonly birthYear: number | undefined
  readonly locale: Locale
  readonly timeZone: string
  /** When nothing but a child's safety rings with them. */
  readonly quietHours?: readonly AllowedHours[]
}

/** Who the assistant is for a room or member. */
export interface Profile {
  readonly id: string
  readonly name: string
  readonly tone: string
  readonly language: Locale | undefined
  /** Years; the text should be readable at this age. */
  readonly readingAge: number | undefined
  readonly prompt: string
  readonly alias: Alias | undefined
}

/** A kind of work, as data in `config/domains/`. */
export interface Domain {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly alias: Alias
  readonly prompt: string
  readonly profile: string
  readonly maxTokens: number
}

/** room -> tenant + domain + profile + answers. */
export interface Binding {
  readonly roomId: RoomId
  /** Short name of the room in the configuration (`family`); for a direct room `direct-<member>`. */
  readonly name: string
  readonly tenant: TenantId
  readonly domain: string
  readonly profile: string | undefined
  readonly kind: RoomKind
  /** undefined: `all` where one person is with the assistant, else `addressed`. */
  readonly answers: Answers | undefined
  /** The model of this room, set by an owner; undefined: that of profile or domain. */
  readonly alias?: Alias | undefined
  /** ms since the epoch; events older than the binding are dropped. 0 for rooms of the configuration. */
  readonly boundAt: number
}

export interface ModelPrice {
  /** Integer nano-USD per token. */
  readonly inputNanoUsd: number
  readonly outputNanoUsd: number
}

/** Whether a provider's terms allow minors: yes; conditions (an owner must have accepted them); no. */
export type MinorsRule = 'yes' | 'conditions' | 'no'

/** Where an alias leads and whom that may serve. */
export interface ModelRoute {
  readonly alias: Alias
  /** provider/model, as LiteLLM is told. */
  readonly model: string
  readonly minors: MinorsRule
  /** For `conditions`: the owner who accepted them. */
  readonly acceptedBy: MemberId | undefined
  readonly isStandIn: boolean
  /** What LiteLLM may fall back to, the stand-in included. */
  readonly fallbacks: readonly ModelRoute[]
}

/** Where a name of the gateway leads, before it is known whom that may serve. */
export interface ModelTarget {
  /** One of the aliases, or a further name that only fallbacks use. */
  readonly alias: string
  /** provider/model, as LiteLLM is told. */
  readonly model: string
  /** Whose terms count: a name of `config/minors.yaml`, or one that is not listed there. */
  readonly provider: string
  readonly isStandIn: boolean
  /** Names tried after it. */
  readonly fallbacks: readonly string[]
}

/** What a provider's terms say, and where they stand; no source where only the household runs it. */
export interface MinorsTerms {
  readonly rule: MinorsRule
  readonly source: string | undefined
}

/** What the configuration says about minors and models. */
export interface MinorsSettings {
  readonly providers: ReadonlyMap<string, MinorsTerms>
  /** Provider -> the owner who accepted its conditions. */
  readonly acceptedBy: ReadonlyMap<string, MemberId>
  /** `models` of `ai-ops.yaml`; `minors` is undefined where the provider's terms decide. */
  readonly models: ReadonlyMap<Alias, { readonly model: string; readonly minors: MinorsRule | undefined }>
}

/** One consistent picture of the configuration; replaced as a whole by a hot reload, never mutated. */
export interface Household {
  readonly instanceName: string
  readonly trust: 'signed' | 'any'
  readonly tenants: ReadonlyMap<TenantId, { readonly id: TenantId; readonly name: string }>
  readonly members: ReadonlyMap<UserId, Member>
  readonly rooms: ReadonlyMap<RoomId, Binding>
  readonly domains: ReadonlyMap<string, Domain>
  readonly profiles: ReadonlyMap<string, Profile>
  readonly prices: ReadonlyMap<Alias, ModelPrice>
  readonly minors: MinorsSettings
  /** What was set for members and tenants. A child without an entry gets the default of `budgets/`. */
  readonly allowances: {
    readonly members: ReadonlyMap<MemberId, Allowance>
    readonly tenants: ReadonlyMap<TenantId, Allowance>
  }
  /** Members and rooms (by short name) that get no answers for now. A pause that is over may still stand here. */
  readonly pauses: { readonly members: ReadonlyMap<MemberId, Pause>; readonly rooms: ReadonlyMap<string, Pause> }
  /** True while `smart` is answered by the stand-in. */
  readonly standIn: boolean
}

/** The configuration as it is now. `current` is cheap and never throws. */
export interface Directory {
  current(): Household
  /** Called after each reload: with the new picture, or with the fault that kept the old one. Returns the unsubscribe. */
  onChange(listener: (change: { readonly household: Household } | { readonly fault: Fault }) => void): () => void
}
