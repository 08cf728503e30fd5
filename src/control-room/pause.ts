import { momentInWords } from '../budgets/periods.ts'
import type { Pause } from '../contracts/allowance.ts'
import type { TenantId } from '../contracts/ids.ts'
import type { SettingChange, Settings } from '../contracts/settings.ts'
import { type Command, type Ordered, type Outcome, said, sayNotFound, subjectsOf } from './command.ts'
import { findMember, findRoom, type Found } from './find-names.ts'
import { readMoment } from '../budgets/read-moment.ts'

export interface PausePorts {
  readonly settings: Settings
  readonly now: () => number
}

/** `!pause MEMBER|ROOM [until 18:00]`: no answers for a member anywhere, or for anybody in a room; care and help lines stay. */
export function createPause(ports: PausePorts): Command {
  return {
    name: 'pause',
    aliases: ['pausiere', 'anhalten'],
    places: ['control', 'parents'],
    run(order) {
      const [word, ...rest] = order.words
      if (word === undefined) return Promise.resolve({ kind: 'misuse' })
      const until = readMoment(rest, ports.now(), order.member.timeZone)
      if (until === 'unreadable') return Promise.resolve(said(order.say('pause.no-moment', { words: rest.join(' ') })))
      return change(ports, order, word, { until, by: order.member.id })
    },
  }
}

/** `!resume MEMBER|ROOM`: ends a pause. */
export function createResume(ports: PausePorts): Command {
  return {
    name: 'resume',
    aliases: ['weiter', 'fortsetzen'],
    places: ['control', 'parents'],
    run(order) {
      const [word, ...rest] = order.words
      return word === undefined || rest.length > 0 ? Promise.resolve({ kind: 'misuse' }) : change(ports, order, word, undefined)
    },
  }
}

/** What a word of the order names. */
interface Subject {
  readonly id: string
  readonly name: string
  readonly tenant: TenantId
  readonly change: SettingChange
}

async function change({ settings, now }: PausePorts, order: Ordered, word: string, pause: Pause | undefined): Promise<Outcome> {
  const { say, member } = order
  const found = findSubject(order, word, pause)
  if (found.kind !== 'one') return sayNotFound(order, word, found)
  const { id, name, tenant, change: wanted } = found.thing
  if (id === member.id) return said(say('pause.not-yourself'))
  const changed = await settings.change(wanted)
  if (!changed.ok) return said(say('order.not-changed', { reason: changed.error.sentence }))
  const action = pause === undefined ? 'resumed' : 'paused'
  await order.note(tenant, { action, subject: id, detail: pause?.until === undefined ? {} : { until: pause.until } }, changed.value)
  if (pause === undefined) return said(say('pause.resumed', { name }))
  if (pause.until === undefined) return said(say('pause.paused', { name, id }))
  return said(say('pause.paused-until', { name, until: momentInWords(pause.until, now(), member) }))
}

/** Guardians pause their wards; owners also rooms. */
function findSubject(order: Ordered, word: string, pause: Pause | undefined): Found<Subject> {
  const found = findMember(subjectsOf(order), word)
  if (found.kind === 'one') {
    const { id, name, tenant } = found.thing
    return { kind: 'one', thing: { id, name, tenant, change: { kind: 'member-pause', member: id, pause } } }
  }
  const room = order.place === 'control' ? findRoom(order.household, word) : undefined
  if (room?.kind === 'one') {
    const { name, tenant } = room.thing
    return { kind: 'one', thing: { id: name, name, tenant, change: { kind: 'room-pause', room: name, pause } } }
  }
  return found
}
