/** Branded identifiers: a string from outside becomes one of these only where it was parsed. */
declare const brand: unique symbol
type Branded<Name extends string> = string & { readonly [brand]: Name }

/** The boundary of data; also the file name of `tenants/<id>.db`: `[a-z0-9][a-z0-9-]{0,39}`. */
export type TenantId = Branded<'TenantId'>
/** A person's short name in the configuration (`owner`, `mia`), unique within the instance. */
export type MemberId = Branded<'MemberId'>
/** Matrix user id, `@local:server`. */
export type UserId = Branded<'UserId'>
/** Matrix room id, `!opaque:server`. */
export type RoomId = Branded<'RoomId'>
/** Matrix event id, `$opaque`. */
export type EventId = Branded<'EventId'>
/** Matrix device id. */
export type DeviceId = Branded<'DeviceId'>
/** One message and everything until its reply is sent and paid for; derived from the source event, so a restart finds the same. */
export type TurnId = Branded<'TurnId'>
