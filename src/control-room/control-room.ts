import type { AuditLog } from '../contracts/audit.ts'
import type { ControlRoom, Order, OrderAnswer, RefusedOrder } from '../contracts/control-room.ts'
import type { TenantId } from '../contracts/ids.ts'
import type { Metrics } from '../contracts/metrics.ts'
import type { Log, Sentences } from '../contracts/platform.ts'
import type { Readers } from '../contracts/room-state.ts'
import type { Command, Ordered } from './command.ts'
import { askToConfirm, type ConfirmationPorts, readConfirmation, takeConfirmed } from './confirmations.ts'
import { helpOn } from './help.ts'
import { nearestOf, readWords } from './read-words.ts'

export interface ControlRoomPorts extends ConfirmationPorts {
  readonly commands: readonly Command[]
  readonly sentences: Sentences
  readonly auditOf: (tenant: TenantId) => Pick<AuditLog, 'append'>
  readonly deviceOf: Readers['deviceOf']
  readonly metrics: Pick<Metrics, 'refusedOrder'>
  readonly log: Pick<Log, 'info' | 'warn'>
}

/** Longer orders are no orders. */
const LONGEST_ORDER = 2_000

/** Reads orders and gives each to its command. What destroys or loosens waits for its code. */
export function createControlRoom(ports: ControlRoomPorts): ControlRoom {
  return {
    async run(order) {
      const say: Ordered['say'] = (key, values) => ports.sentences.say(key, order.member.locale, values)
      if (order.text.length > LONGEST_ORDER) return { markdown: say('order.too-long') }
      const code = readConfirmation(order.text)
      if (code === undefined) return carryOut(ports, order, false)
      const text = await takeConfirmed(ports, order, code)
      if (text !== undefined) return carryOut(ports, { ...order, text }, true)
      await refuse(ports, { ...order, why: 'no-code' })
      return { markdown: say('order.no-code') }
    },
    refused: (order) => refuse(ports, order),
  }
}

async function refuse(ports: ControlRoomPorts, order: RefusedOrder): Promise<void> {
  ports.log.warn('order-refused', { why: order.why, member: order.member.id, room: order.binding.roomId })
  ports.metrics.refusedOrder()
  await ports.auditOf(order.binding.tenant).append(refusalOf(order, ports.now()))
}

/** Without a word of what was ordered. */
function refusalOf({ member, why, binding, eventId }: RefusedOrder, at: number): Parameters<AuditLog['append']>[0] {
  return { at, actor: member.id, action: 'order.refused', subject: binding.name, detail: { why }, cause: eventId }
}

async function carryOut(ports: ControlRoomPorts, order: Order, isConfirmed: boolean): Promise<OrderAnswer> {
  const say: Ordered['say'] = (key, values) => ports.sentences.say(key, order.member.locale, values)
  const [name = '', ...words] = readWords(order.text)
  const here = ports.commands.filter(({ places }) => places.includes(order.place))
  const command = findCommand(here, name)
  if (command === undefined) return { markdown: unknownCommand(here, name, say) }
  const ordered: Ordered = {
    ...order,
    words,
    isConfirmed,
    sentences: ports.sentences,
    say,
    note: (tenant, what, changed) => note(ports, order, { tenant, what, changed }),
  }
  const outcome = command.name === 'help' ? { kind: 'said' as const, markdown: helpOn(here, ordered) } : await command.run(ordered)
  ports.log.info('order', { command: command.name, member: order.member.id, outcome: outcome.kind, confirmed: isConfirmed })
  switch (outcome.kind) {
    case 'said':
      return outcome
    case 'misuse':
      return { markdown: `${say('order.misuse')}\n\n${say(`order-help.${command.name}`)}` }
    case 'confirm':
      return { markdown: say('order.confirm', { what: outcome.what, code: await askToConfirm(ports, order) }) }
  }
}

/** By its name, or what it is called in German. */
function findCommand(commands: readonly Command[], name: string): Command | undefined {
  const said = name.toLowerCase()
  return commands.find((command) => command.name === said || command.aliases.includes(said))
}

function unknownCommand(commands: readonly Command[], name: string, say: Ordered['say']): string {
  const near = nearestOf(
    name,
    commands.flatMap((command) => [command.name, ...command.aliases]),
  )
  return near === undefined ? say('order.unknown') : say('order.unknown-near', { near })
}

interface Noted {
  readonly tenant: TenantId
  readonly what: Parameters<Ordered['note']>[1]
  readonly changed: Parameters<Ordered['note']>[2]
}

async function note({ auditOf, deviceOf, now }: ControlRoomPorts, order: Order, { tenant, what, changed }: Noted): Promise<void> {
  const { member, eventId, senderKey } = order
  const device = senderKey === undefined ? undefined : await deviceOf(member.userId, senderKey)
  await auditOf(tenant).append({
    ...what,
    at: now(),
    actor: member.id,
    cause: eventId,
    ...(device === undefined ? {} : { device }),
    ...(changed === undefined ? {} : { before: changed.before, after: changed.after }),
  })
}
