import type { Allowance } from '../../contracts/allowance.ts'
import type { SuiteResult } from '../../contracts/evaluation.ts'
import type { Fault, Result } from '../../contracts/result.ts'

export interface SpendQuery {
  readonly by: 'member' | 'model' | 'room' | 'day'
  /** ms since the epoch. */
  readonly since: number
  readonly tenant: string | undefined
}

/** The last line has the key `all`. */
export interface SpendLine {
  readonly key: string
  readonly costNanoUsd: number
  readonly calls: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly unsureNanoUsd: number
}

/** The household as its files say now. */
export interface Listing {
  readonly members: readonly {
    readonly id: string
    readonly user: string
    readonly name: string
    readonly role: string
    readonly tenant: string
    readonly guardianOf: readonly string[]
    readonly allowance: Allowance | undefined
  }[]
  readonly rooms: readonly {
    readonly name: string
    readonly room: string
    readonly tenant: string
    readonly domain: string
    readonly kind: string
    readonly answers: string | undefined
    readonly alias: string | undefined
  }[]
  readonly tenants: readonly { readonly id: string; readonly name: string; readonly allowance: Allowance | undefined }[]
}

export interface SettingOrder {
  readonly what: 'member' | 'room' | 'tenant'
  readonly id: string
  readonly key: string
  readonly value: string
}

export interface SuiteRun {
  readonly result: SuiteResult
  readonly failing: readonly string[]
  readonly passing: readonly string[]
}

/** What commands of the terminal ask of a home; through the running instance, or the home itself where none runs. */
export interface HomePorts {
  spend(query: SpendQuery): Promise<Result<readonly SpendLine[], Fault>>
  list(): Promise<Result<Listing, Fault>>
  set(order: SettingOrder): Promise<Result<true, Fault>>
  /** Needs a running instance. */
  suites(): Promise<Result<readonly { readonly suite: string; readonly last?: SuiteResult }[], Fault>>
  runSuite(suite: string, alias: string | undefined): Promise<Result<SuiteRun, Fault>>
}
