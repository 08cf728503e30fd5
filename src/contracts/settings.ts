import type { Allowance, Pause } from './allowance.ts'
import type { Alias, Answers, Locale, Role } from './household.ts'
import type { MemberId, RoomId, TenantId, UserId } from './ids.ts'
import type { Fault, Result } from './result.ts'

/** What a member's entry says; what is left out stays as it is. */
export interface MemberFields {
  readonly userId?: UserId
  readonly name?: string
  readonly role?: Role
  readonly tenant?: TenantId
  readonly guardianOf?: readonly MemberId[]
  readonly locale?: Locale
}

/** One thing that owners and guardians change from a room. */
export type SettingChange =
  | { readonly kind: 'allowance'; readonly member: MemberId; readonly allowance: Allowance }
  | { readonly kind: 'tenant-allowance'; readonly tenant: TenantId; readonly allowance: Allowance }
  | { readonly kind: 'room'; readonly room: string; readonly answers?: Answers; readonly alias?: Alias }
  | { readonly kind: 'room-bound'; readonly room: string; readonly roomId: RoomId; readonly tenant: TenantId; readonly domain: string }
  | { readonly kind: 'room-removed'; readonly room: string }
  | { readonly kind: 'member'; readonly member: MemberId; readonly fields: MemberFields }
  | { readonly kind: 'member-removed'; readonly member: MemberId }
  | { readonly kind: 'member-pause'; readonly member: MemberId; readonly pause: Pause | undefined }
  | { readonly kind: 'room-pause'; readonly room: string; readonly pause: Pause | undefined }

/** SHA-256, hex, of what the changed entry said before and says now. */
export interface Changed {
  readonly before: string
  readonly after: string
}

/** What people may change while the assistant runs. */
export interface Settings {
  /** In force when it resolves. A change that would contradict the configuration is a fault, and nothing is changed. */
  change(change: SettingChange): Promise<Result<Changed, Fault>>
}
