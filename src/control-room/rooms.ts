import type { Answers } from '../contracts/household.ts'
import type { RoomState } from '../contracts/room-state.ts'
import type { Settings } from '../contracts/settings.ts'
import { isPaused } from '../conversation/hold-back.ts'
import { type Command, type Ordered, type Outcome, said, sayNotFound } from './command.ts'
import { findRoom } from './find-names.ts'

export interface RoomPorts {
  readonly roomState: RoomState
  readonly settings: Settings
  readonly now: () => number
}

const ANSWERS: readonly Answers[] = ['all', 'addressed', 'never']

/** `!rooms`, `!rooms ROOM answers all|addressed|never`. */
export function createRooms(ports: RoomPorts): Command {
  return {
    name: 'rooms',
    aliases: ['räume'],
    places: ['control'],
    async run(order) {
      const [word, what, value] = order.words
      if (word === undefined) return said(list(ports, order))
      const answers = ANSWERS.find((one) => one === value)
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
