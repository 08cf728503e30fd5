import type { EdgeFacts, Inbox, NewOutboxRow, Outbox } from '../contracts/edge-store.ts'
import type { SentenceKey } from '../contracts/guardrails.ts'
import type { Directory } from '../contracts/household.ts'
import type { EventId, RoomId, TenantId, UserId } from '../contracts/ids.ts'
import type { IncomingMessage } from '../contracts/incoming.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { RoomState } from '../contracts/room-state.ts'
import type { Clock } from './clock.ts'
import { alertControl } from './control-alerts.ts'
import type { Identity } from './identity.ts'
import { noticeRow } from './notice-row.ts'
import { controlRoom, findBinding, roomLocale, roomOfKind } from './rooms.ts'

export interface NoticePorts {
  readonly directory: Pick<Directory, 'current'>
  readonly roomState: RoomState
  readonly identity: Identity
  readonly inbox: Pick<Inbox, 'settle' | 'noticed'>
  readonly outbox: Pick<Outbox, 'commitReply'>
  readonly facts: Pick<EdgeFacts, 'bindings' | 'read' | 'write'>
  readonly sentences: Sentences
  readonly clock: Pick<Clock, 'now'>
}

/** True if this was said before. What is said once has an outbox row named for it, so even a crash in between does not say it twice. */
export async function wasSaid({ facts }: { readonly facts: Pick<EdgeFacts, 'read'> }, name: string): Promise<boolean> {
  return (await facts.read(saidKey(name))) !== undefined
}

/** Commits rows that are named `name`, with the inbox entries they settle, and remembers that they were said. */
async function sayOnce(ports: NoticePorts, name: string, rows: readonly NewOutboxRow[], settles: readonly EventId[]): Promise<void> {
  await ports.outbox.commitReply({ settles, rows, jobs: [] })
  await noteSaid(ports, name)
}

/** Remembers that the row named `name` was committed. */
export async function noteSaid({ facts }: { readonly facts: Pick<EdgeFacts, 'write'> }, name: string): Promise<void> {
  await facts.write(saidKey(name), 'yes')
}

/** A message in a room nobody bound: one sentence there and one question in Control, whoever writes and however often. */
export async function sayUnbound(ports: NoticePorts, message: IncomingMessage, settles: readonly EventId[]): Promise<void> {
  const name = `unbound:${message.roomId}`
  const household = ports.directory.current()
  const tenant = household.members.get(message.sender)?.tenant ?? controlRoom(household, undefined)?.tenant
  if (tenant === undefined || (await wasSaid(ports, name))) {
    await ports.inbox.settle(settles, 'unbound-room')
    return
  }
  const view = ports.roomState.view(message.roomId)
  const locale = roomLocale(household, tenant, view, ports.identity.accounts)
  const here = noticeRow(view, tenant, name, ports.sentences.say('room.unbound', locale))
  const values = { user: message.sender, room: message.roomId }
  const question = await alertControl(ports, { household, tenant, source: `${name}:question`, key: 'room.unbound-question', values })
  await sayOnce(ports, name, [here, ...question], settles)
}

/** Entries that cannot be decrypted: told once for each Megolm session, in their room and in Control. The entries stay, in case the key comes. */
export async function sayUndecryptable(ports: NoticePorts, roomId: RoomId, session: string, eventIds: readonly EventId[]): Promise<void> {
  const name = `undecryptable:${roomId}:${session}`
  const household = ports.directory.current()
  const binding = await findBinding(roomId, household, ports.facts)
  if (binding !== undefined && !(await wasSaid(ports, name))) {
    const { tenant } = binding
    const view = ports.roomState.view(roomId)
    const locale = roomLocale(household, tenant, view, ports.identity.accounts)
    const here = noticeRow(view, tenant, name, ports.sentences.say('undecryptable.notice', locale))
    const values = { room: binding.name }
    const alert = await alertControl(ports, { household, tenant, source: `${name}:control`, key: 'control.undecryptable', values })
    await sayOnce(ports, name, [here, ...alert], [])
  }
  await ports.inbox.noticed(eventIds, ports.clock.now())
}

/** A device its owner has not signed: told to Control once for each device. */
export async function sayUnsignedDevice(ports: NoticePorts, userId: UserId, deviceId: string): Promise<void> {
  const name = `unsigned-device:${userId}:${deviceId}`
  if (await wasSaid(ports, name)) return
  const household = ports.directory.current()
  const tenant = household.members.get(userId)?.tenant
  const values = { user: userId, device: deviceId }
  const alert = await alertControl(ports, { household, tenant, source: name, key: 'control.unsigned-device', values })
  if (alert.length > 0) await sayOnce(ports, name, alert, [])
}

/** Something the owners must know that belongs to no room; told once for each `source`. */
export async function sayToControl(
  ports: NoticePorts,
  source: string,
  key: SentenceKey,
  values: Readonly<Record<string, string | number>>,
): Promise<void> {
  const household = ports.directory.current()
  const alert = await alertControl(ports, { household, tenant: undefined, source, key, values })
  if (alert.length > 0) await ports.outbox.commitReply({ settles: [], rows: alert, jobs: [] })
}

/** Numbers for guardians, which nobody's phone rings for; said once for each `source`, and nowhere if the room is not encrypted. */
export async function sayToParents(ports: NoticePorts, tenant: TenantId, source: string, markdown: string): Promise<void> {
  const binding = roomOfKind(ports.directory.current(), tenant, 'parents')
  const view = binding === undefined ? undefined : ports.roomState.view(binding.roomId)
  if (view?.encryption !== 'encrypted') return
  const row = noticeRow(view, tenant, source, markdown)
  await ports.outbox.commitReply({ settles: [], rows: [{ ...row, content: { ...row.content, quiet: true } }], jobs: [] })
}

function saidKey(name: string): string {
  return `said:${name}`
}
