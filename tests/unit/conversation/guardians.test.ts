import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createSentences } from '../../../src/config/sentences.ts'
import type { RailIncident } from '../../../src/contracts/guardrails.ts'
import type { EventId, RoomId } from '../../../src/contracts/ids.ts'
import type { GuardianPolicy } from '../../../src/contracts/rails.ts'
import type { RoomView } from '../../../src/contracts/room-state.ts'
import { guardianRows, type StoppedMessage } from '../../../src/conversation/guardians.ts'
import { ASSISTANT, binding, buildHousehold, FAMILY, member, person, user, view } from './conversation-fixtures.ts'

const PARENTS = '!parents:home' as RoomId
const TRUSTED = '!trusted:home' as RoomId
const mia = member('mia', { role: 'child' })
const robin = member('robin', { role: 'owner', guardianOf: [mia.id] })
const kim = member('kim', { guardianOf: [mia.id], locale: 'de' })
const lee = member('lee')
const parents = binding({ roomId: PARENTS, name: 'parents', kind: 'parents' })
const trusted = binding({ roomId: TRUSTED, name: 'trusted', kind: 'trusted' })
const household = buildHousehold([mia, robin, kim, lee, member('alex', { role: 'teen' })], [binding(), parents, trusted])
const told: GuardianPolicy = { alerts: 'excerpt', harmAtHome: 'nobody' }
const weapons: RailIncident = { rail: 'kid-safety', category: 'weapons', severity: 'high', action: 'refuse' }
const harm: RailIncident = { rail: 'kid-safety', category: 'harm-at-home', severity: 'high', action: 'care' }
const sentences = await createSentences(join(import.meta.dirname, '../../..'))

function rows(change: Partial<StoppedMessage> = {}, views: Readonly<Record<string, RoomView>> = {}) {
  if (!sentences.ok) throw new Error(sentences.error.sentence)
  const rooms: Readonly<Record<string, RoomView>> = {
    [PARENTS]: view([person('robin'), person('lee')], { roomId: PARENTS }),
    [TRUSTED]: view([person('aunt')], { roomId: TRUSTED }),
    ...views,
  }
  const roomState = { view: (roomId: RoomId) => rooms[roomId] ?? view([], { roomId, membersComplete: false }) }
  const stopped = { household, member: mia, eventId: '$1' as EventId, incident: weapons, count: 3, text: 'How?', policy: told, now: 0 }
  return guardianRows({ roomState, identity: { accounts: [ASSISTANT] }, sentences: sentences.value }, { ...stopped, ...change })
}

function said(...given: Parameters<typeof rows>): string | undefined {
  return rows(...given)[0]?.content.markdown
}

describe("what guardians are told in the parents' room", () => {
  test('category in plain words, severity, count and the first words, ringing only with the guardians', () => {
    expect(rows()).toEqual([
      {
        roomId: PARENTS,
        tenant: FAMILY,
        source: 'guardians:$1',
        turn: expect.any(String) as string,
        content: {
          kind: 'alert',
          markdown:
            'I did not answer a message of Mia. Reason: weapons (severity: high). In the last seven days: 3 ×.\n\nThe message begins: «How?»',
          mentions: [user('robin')],
          replyTo: undefined,
          threadRoot: undefined,
          draft: undefined,
        },
      },
    ])
  })

  test('an excerpt is eighty characters as people count them, the whole text only by the policy', () => {
    const text = `${'👨‍👩‍👧 word '.repeat(30)}end`
    const excerpt = said({ text }) ?? ''
    expect(excerpt).toMatch(/…»$/u)
    expect(excerpt.split('👨‍👩‍👧')).toHaveLength(13)
    expect(said({ text, policy: { ...told, alerts: 'text' } })).toContain('word end»')
  })

  test('no words where the policy says category, nothing where it says none', () => {
    expect(said({ text: 'marzipan', policy: { ...told, alerts: 'category' } })).not.toContain('marzipan')
    expect(rows({ policy: { ...told, alerts: 'none' } })).toEqual([])
  })

  test('a caring answer is told as one, and categories that are none of kid safety by their rail', () => {
    expect(said({ incident: { ...weapons, category: 'self-harm', action: 'care' } })).toMatch(/^I answered a message of Mia with care/u)
    expect(said({ incident: { ...weapons, rail: 'injection', category: 'override' } })).toContain('getting around my rules')
    expect(said({ incident: { ...weapons, category: 'no such' } })).toContain('something I may not help with')
  })

  test('the words of a child are quoted, never rendered', () => {
    expect(said({ text: 'a *b* [c](http://d)\n# e `f`' })).toContain(String.raw`«a \*b\* \[c\](http://d) \# e \`f\`»`)
  })

  test('in the language all guardians share, else English', () => {
    const german = { [PARENTS]: view([person('kim')], { roomId: PARENTS }) }
    expect(said({}, german)).toContain('Waffen')
    expect(said({}, { [PARENTS]: view([person('kim'), person('robin')], { roomId: PARENTS }) })).toContain('weapons')
  })

  test('nothing without a guardian who has joined, without the room, without encryption, or about adults', () => {
    expect(rows({}, { [PARENTS]: view([person('robin', 'invite'), person('lee')], { roomId: PARENTS }) })).toEqual([])
    expect(rows({}, { [PARENTS]: view([person('robin')], { roomId: PARENTS, encryption: 'plain' }) })).toEqual([])
    expect(rows({ household: buildHousehold([mia, robin], [binding()]) })).toEqual([])
    expect(rows({ member: lee, household: buildHousehold([lee, { ...robin, guardianOf: [lee.id] }], [binding(), parents]) })).toEqual([])
  })

  test.each([
    ['a teen', 'alex'],
    ['a stranger', 'nobody'],
  ])('no words where %s reads the room too', (_who, name) => {
    const text = said({ text: 'marzipan' }, { [PARENTS]: view([person('robin'), person(name)], { roomId: PARENTS }) })
    expect(text).toContain('weapons')
    expect(text).not.toContain('marzipan')
  })
})

describe('harm at home', () => {
  test.each(['none', 'category', 'excerpt', 'text'] as const)('is told to nobody at home, alerts: %s', (alerts) => {
    expect(rows({ incident: harm, policy: { alerts, harmAtHome: 'nobody' } })).toEqual([])
  })

  test('the policy may name one person outside, who learns no words', () => {
    const [row, ...others] = rows({ incident: harm, text: 'marzipan', policy: { alerts: 'text', harmAtHome: 'trusted' } })
    expect(others).toEqual([])
    expect(row).toMatchObject({ roomId: TRUSTED, source: 'trusted:$1', content: { kind: 'alert', mentions: [user('aunt')] } })
    expect(row?.content.markdown).toContain('told nobody at home')
    expect(row?.content.markdown).not.toContain('marzipan')
  })

  test.each([
    ['a member of the household is in the room', [person('aunt'), person('lee')], {}],
    ['a member of the household is invited', [person('aunt'), person('mia', 'invite')], {}],
    ['nobody has joined', [person('aunt', 'invite')], {}],
    ['it is not known who is there', [person('aunt')], { membersComplete: false }],
    ['the room may be unencrypted', [person('aunt')], { encryption: 'unknown' }],
  ] as const)('not even there where %s', (_what, people, change) => {
    const outside = { [TRUSTED]: view(people, { roomId: TRUSTED, ...change }) }
    expect(rows({ incident: harm, policy: { alerts: 'text', harmAtHome: 'trusted' } }, outside)).toEqual([])
  })
})
