import { describe, expect, test } from 'vitest'
import type { EventId, RoomId, TurnId } from '../../../src/contracts/ids.ts'
import type { IncomingMessage } from '../../../src/contracts/incoming.ts'
import { type GuardianWord, takeAnswer } from '../../../src/conversation/ask-parent.ts'
import { refused } from '../../laws/parent-question-laws.ts'
import { Harness } from './conversation-harness.ts'
import { ASSISTANT, binding, buildHousehold, member, message, person, reaction, ROOM, user, view } from './conversation-fixtures.ts'

const PARENTS = '!parents:home' as RoomId
const ALERT = '$alert' as EventId
const TURN = 't1' as TurnId
const HOUR_MS = 3_600_000
const mia = member('mia', { role: 'child' })

/** Mia alone with the assistant; her guardian Robin and her aunt Lee, who is none, in the parents' room. */
class AskingHouse extends Harness {
  constructor() {
    super()
    this.household = buildHousehold(
      [member('robin', { role: 'owner', guardianOf: [mia.id] }), mia, member('lee'), member('kim', { guardianOf: [mia.id] })],
      [binding(), binding({ roomId: PARENTS, name: 'parents', kind: 'parents' })],
    )
    this.people('mia')
    this.inParentsRoom('robin', 'lee')
    this.edge.sources.set(ALERT, `ask:${TURN}`)
    this.model.script = (call) => {
      call.write('Answer.')
      call.end()
    }
  }

  inParentsRoom(...names: readonly string[]): void {
    this.views.set(
      PARENTS,
      view(
        names.map((name) => person(name)),
        { roomId: PARENTS },
      ),
    )
  }

  /** What Mia asked some hours ago, and was refused. */
  refuse(hoursAgo = 1): Promise<void> {
    return this.tenant.questions.keep(refused({ roomId: ROOM, at: this.clock.now() - hoursAgo * HOUR_MS }))
  }

  get question() {
    return this.tenant.safety.kept.get(TURN)
  }

  /** Rows of one room, by their source. */
  rowsIn(roomId: RoomId): Readonly<Record<string, string>> {
    const rows = this.rows.filter((row) => row.roomId === roomId)
    return Object.fromEntries(rows.map((row) => [row.source, row.content.markdown]))
  }
}

const ask = (change: Partial<IncomingMessage> = {}): IncomingMessage => message('ask', { sender: user('mia'), ...change })
const reply = (text: string, change: Partial<IncomingMessage> = {}): IncomingMessage =>
  message(text, { roomId: PARENTS, replyTo: ALERT, ...change })

describe('a child asks for a guardian', () => {
  test('the last refused question goes to the parents, ringing with the guardian, and the child hears of it', async () => {
    const house = new AskingHouse()
    await house.refuse()
    const asking = ask()
    await house.receive(asking)
    expect(house.rows).toMatchObject([
      { roomId: PARENTS, source: `ask:${TURN}`, content: { kind: 'alert', mentions: [user('robin')] } },
      { roomId: ROOM, source: asking.eventId, content: { markdown: '[guardians.ask-passed-on en]' } },
    ])
    expect(house.rowsIn(PARENTS)[`ask:${TURN}`]).toBe(`[guardians.question en] Mia ${refused().text}`)
    expect(house.edge.settled.get(asking.eventId)).toBe('answered')
    expect(house.question?.askedAt).toBe(house.clock.now())
  })

  test('a second time there is nothing left to ask', async () => {
    const house = new AskingHouse()
    await house.refuse()
    await house.receive(ask(), ask())
    expect(Object.keys(house.rowsIn(PARENTS))).toHaveLength(1)
    expect(house.lastRow.content.markdown).toBe('[guardians.ask-nothing en]')
  })

  test.each([
    ['nothing was refused', 'guardians.ask-nothing', async () => undefined],
    ['it is older than a day', 'guardians.ask-nothing', (house: AskingHouse) => house.refuse(25)],
    ['no guardian is in the room', 'guardians.ask-nobody', (house: AskingHouse) => (house.inParentsRoom('lee'), house.refuse())],
    ['another child would read it', 'guardians.ask-nobody', (house: AskingHouse) => (house.inParentsRoom('robin', 'mia'), house.refuse())],
    [
      "there is no parents' room",
      'guardians.ask-nobody',
      (house: AskingHouse) => {
        house.household = buildHousehold([...house.household.members.values()])
        return house.refuse()
      },
    ],
  ] as const)('%s: a kind sentence', async (_what, key, prepare) => {
    const house = new AskingHouse()
    await prepare(house)
    await house.receive(ask())
    expect(house.rowsIn(PARENTS)).toEqual({})
    expect(house.lastRow).toMatchObject({ roomId: ROOM, content: { markdown: `[${key} en]` } })
  })

  test('help tells children of it, and grown-ups not', async () => {
    const house = new AskingHouse()
    await house.receive(message('help', { sender: user('mia') }))
    expect(house.lastRow.content.markdown).toContain('[command.help-ask en]')
    house.people('robin')
    await house.receive(message('help'))
    expect(house.lastRow.content.markdown).not.toContain('help-ask')
  })
})

describe('a guardian answers', () => {
  async function asked(): Promise<AskingHouse> {
    const house = new AskingHouse()
    await house.refuse()
    await house.receive(ask())
    house.edge.rows.length = 0
    house.model.script = (call) => {
      call.write('Allowed, so here it is.')
      call.end()
    }
    return house
  }

  test('no: the child is told kindly as an answer to its question, the guardian that it was', async () => {
    const house = await asked()
    const no = reply('No')
    await house.receive(no)
    expect(house.rowsIn(ROOM)).toEqual({ [no.eventId]: '[guardians.child-no en]' })
    expect(house.rowsIn(PARENTS)).toEqual({ [`ask:${TURN}:answer`]: '[guardians.answered-no en] Mia' })
    expect(house.edge.settled.get(no.eventId)).toBe('answered')
    expect(house.question?.answer).toBe('no')
    expect(house.tenant.safety.audited).toEqual([
      {
        at: house.clock.now(),
        actor: 'robin',
        action: 'question.refused',
        subject: 'mia',
        detail: { answer: 'no', category: 'weapons', turn: TURN, room: 'family' },
      },
    ])
  })

  test.each([
    ['the reply once', () => reply('once'), 'once'],
    ['the reply always', () => reply('always'), 'always'],
    ['a reply in its thread', () => reply('einmal', { replyTo: undefined, threadRoot: ALERT }), 'once'],
    ['the reaction 👍', () => reaction(ALERT, '👍', { roomId: PARENTS }), 'once'],
  ] as const)("%s: the question is answered in the child's room, under the guardian's event", async (_what, word, answer) => {
    const house = await asked()
    const said = word()
    await house.receive(said)
    expect(house.question?.answer).toBe(answer)
    expect(house.tenant.safety.audited).toMatchObject([{ actor: 'robin', action: 'question.allowed', detail: { answer } }])
    expect(Object.keys(house.rowsIn(PARENTS))).toEqual([`ask:${TURN}:answer`])
    expect(Object.keys(house.rowsIn(ROOM))).toEqual([said.eventId])
    expect(house.lastRow.content.markdown).toBe('Allowed, so here it is.')
    expect(house.guardrails.subjects.at(-1)).toMatchObject({ approved: true, tier: 'child' })
    expect(house.edge.settled.get(said.eventId)).toBe('answered')
    expect(await house.tenant.questions.isAllowed(mia.id, refused().text)).toBe(answer === 'always')
  })

  test('only guardians of this child can: others are ignored and counted', async () => {
    const house = await asked()
    const words = [reply('once', { sender: user('lee') }), reaction(ALERT, '👍', { roomId: PARENTS, sender: user('lee') })]
    await house.receive(...words)
    expect(house.rows).toEqual([])
    expect(words.map(({ eventId }) => house.edge.settled.get(eventId))).toEqual(['not-a-guardian', 'not-a-guardian'])
    expect(house.question?.answer).toBeUndefined()
    expect(house.tenant.safety.audited).toEqual([])
  })

  test('the first answer stands, and each guardian is told so once', async () => {
    const house = await asked()
    house.inParentsRoom('robin', 'kim')
    await house.receive(reply('no'))
    const late = reply('always', { sender: user('kim') })
    await house.receive(late, reaction(ALERT, '👍', { roomId: PARENTS, sender: user('kim') }))
    expect(house.question?.answer).toBe('no')
    expect(house.tenant.safety.audited).toHaveLength(1)
    expect(Object.values(house.rowsIn(PARENTS)).slice(1)).toEqual(['[guardians.question-answered en]'])
    expect(house.edge.settled.get(late.eventId)).toBe('answered')
  })

  test('what is forgotten cannot be allowed', async () => {
    const house = await asked()
    await house.tenant.questions.forget(refused().eventId)
    await house.receive(reply('once'))
    expect(Object.values(house.rowsIn(PARENTS))).toEqual(['[guardians.question-gone en]'])
    expect(house.rowsIn(ROOM)).toEqual({})
  })

  test("the turn has the child's words and place, the guardian's event, and goes on after a restart", async () => {
    const house = await asked()
    const [robin, parents] = [house.household.members.get(user('robin')), house.household.rooms.get(PARENTS)]
    if (robin === undefined || parents === undefined) throw new Error('the house is not as it should be')
    const at = reply('once')
    const word: GuardianWord = {
      question: TURN,
      answer: 'once',
      at,
      eventId: at.eventId,
      sentAt: 5,
      settles: [at.eventId, '$edit' as EventId],
      draft: undefined,
      binding: parents,
      member: robin,
      household: house.household,
    }
    const ports = {
      inbox: house.edge.inbox,
      outbox: house.edge.outbox,
      facts: house.edge.facts,
      clock: house.clock,
      tenants: { open: () => house.tenant },
      identity: { userId: ASSISTANT, accounts: [ASSISTANT] },
      roomState: { view: (roomId: RoomId) => house.views.get(roomId) ?? view([]) },
      sentences: { say: (key: string) => key },
    }
    const turns = [await takeAnswer(ports, word), await takeAnswer(ports, word)]
    for (const turn of turns) {
      expect(turn).toMatchObject({
        approved: true,
        replyTo: refused().eventId,
        text: refused().text,
        member: mia,
        binding: { roomId: ROOM },
        message: { roomId: ROOM, eventId: at.eventId, sender: user('mia'), sentAt: 5, threadRoot: undefined },
        settles: [at.eventId, '$edit'],
      })
    }
    expect(turns[0]?.id).toBe(turns[1]?.id)
    expect(Object.keys(house.rowsIn(PARENTS))).toHaveLength(1)
  })
})
