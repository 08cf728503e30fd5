import type { Answers } from '../contracts/household.ts'
import type { RoomId } from '../contracts/ids.ts'
import type { RoomState } from '../contracts/room-state.ts'
import type { Settings } from '../contracts/settings.ts'
import { isPaused } from '../conversation/hold-back.ts'
import { type Command, type Ordered, type Outcome, said, sayNotFound } from './command.ts'
import { findRoom } from './find-names.ts'
import { ANSWERS, knownWord } from './known-words.ts'

export interface RoomPorts {
  readonly roomState: RoomState
  readonly settings: Settings
  readonly now: () => number
}

const ROOM_NAME = /^(?!direct-)[a-z0-9][a-z0-9-]{0,39}$/u
const ROOM_ID = /^!\S+$/u

/** `!rooms`, `!rooms ROOM answers all|addressed|never`, `!rooms bind NAME !id:server [DOMAIN] [HOUSEHOLD]`, `!rooms remove NAME`, which waits for its code. */
export function createRooms(ports: RoomPorts): Command {
  return {
    name: 'rooms',
    aliases: ['räume'],
    places: ['control'],
    async run(order) {
      const [word, what, value] = order.words
      if (word === undefined) return said(list(ports, order))
      if (word === 'bind') return bind(ports, order)
      if (word === 'remove') return remove(ports, order)
      const answers = knownWord(ANSWERS, value)
      if (what !== 'answers' || answers === undefined || order.words.length !== 3) return { kind: 'misuse' }
      return setAnswers(ports, order, word, answers)
    },
  }
}

function list({ roomState, now }: RoomPorts, { household, say }: Ordered): string {
  const lines = [...household.rooms.values()].map((binding) => {
    const { name, tenant, domain, kind, answers, roomId, alias } = binding
    const { encryption } = roomState.view(roomId)
    const paused = isPaused(household.pauses.rooms.get(name), now()) ? ` ${say('members.paused')}` : ''
    return `| ${name}${paused} | ${tenant} | ${domain} | ${kind} | ${answers ?? '-'} | ${alias ?? '-'} | ${say(`rooms.${encryption}`)} |`
  })
  const heads = ['name', 'household', 'domain', 'kind', 'answers', 'model', 'encryption'].map((key) => say(`rooms.head-${key}`))
  return [`| ${heads.join(' | ')} |`, '|---|---|---|---|---|---|---|', ...lines].join('\n')
}

async function setAnswers({ settings }: RoomPorts, order: Ordered, word: string, answers: Answers): Promise<Outcome> {
  const { say, household } = order
  const found = findRoom(household, word)
  if (found.kind !== 'one') return sayNotFound(order, word, found)
  const { name, tenant } = found.thing
  const changed = await settings.change({ kind: 'room', room: name, answers })
  if (!changed.ok) return said(say('order.not-changed', { reason: changed.error.sentence }))
  await order.note(tenant, { action: 'room.answers', subject: name, detail: { answers } }, changed.value)
  return said(say('rooms.answers-set', { name, answers: say(`rooms.answers-${answers}`) }))
}

/** A room that people invited the assistant to: it answers there from now on, as strictly as its youngest member needs. */
async function bind({ settings }: RoomPorts, order: Ordered): Promise<Outcome> {
  const { say, household, words } = order
  const [, name = '', roomId = '', domain = [...household.domains.keys()][0] ?? '', wanted = order.binding.tenant] = words
  if (words.length < 3 || words.length > 5) return { kind: 'misuse' }
  const tenant = [...household.tenants.keys()].find((one) => one === wanted)
  if (!ROOM_NAME.test(name)) return said(say('members.bad-id', { id: name.slice(0, 60) }))
  if (!ROOM_ID.test(roomId)) return said(say('rooms.bad-room', { room: roomId.slice(0, 100) }))
  if (tenant === undefined) return said(say('budget.which', { names: [...household.tenants.keys()].join(', ') }))
  if (!household.domains.has(domain)) return said(say('rooms.which-domain', { names: [...household.domains.keys()].join(', ') }))
  const known = [...household.rooms.values()].find((binding) => binding.name === name || binding.roomId === roomId)
  if (known !== undefined) return said(say('rooms.exists', { name: known.name, room: known.roomId }))
  const changed = await settings.change({ kind: 'room-bound', room: name, roomId: roomId as RoomId, tenant, domain })
  if (!changed.ok) return said(say('order.not-changed', { reason: changed.error.sentence }))
  await order.note(tenant, { action: 'room.bound', subject: name, detail: { domain } }, changed.value)
  return said(say('rooms.bound', { name, domain }))
}

async function remove({ settings }: RoomPorts, order: Ordered): Promise<Outcome> {
  const { say, household, words, isConfirmed } = order
  const [, word = ''] = words
  if (words.length !== 2) return { kind: 'misuse' }
  const found = findRoom(household, word)
  if (found.kind !== 'one') return sayNotFound(order, word, found)
  const { name, tenant, kind } = found.thing
  // without them nobody could order or be told anything
  if (kind !== 'chat') return said(say('models.no-chat', { room: name }))
  if (!isConfirmed) return { kind: 'confirm', what: say('rooms.confirm-remove', { name }) }
  const changed = await settings.change({ kind: 'room-removed', room: name })
  if (!changed.ok) return said(say('order.not-changed', { reason: changed.error.sentence }))
  await order.note(tenant, { action: 'room.removed', subject: name, detail: {} }, changed.value)
  return said(say('rooms.removed', { name }))
}
