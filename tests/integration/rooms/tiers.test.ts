import { Method } from 'matrix-js-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RoomId } from '../../../src/contracts/ids.ts'
import { TestHousehold } from '../../support/household.ts'
import type { Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'

describeWithServices('rooms of teens and children', (services) => {
  const { upstream } = services
  let house: TestHousehold
  let robin: Person
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' }, tim: { role: 'teen' }, mia: { role: 'child' } },
      rooms: { teens: { people: ['robin', 'tim'] }, homework: { people: ['robin', 'mia'] }, den: { people: ['robin'] } },
    })
    robin = house.person('robin')
    const sentences = Array.from({ length: 8 }, (_, index) => `Line ${String(index)} is said now. `)
    const script = { kind: 'text', text: sentences.join(''), chunks: sentences, chunkDelayMs: 350 } as const
    for (const contains of ['tiers: in the teens', 'tiers: in the homework', 'tiers: why is the sky blue in the den'])
      await upstream.script({ contains, script })
    await house.start().untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  /** Without the pinned sentence about who sees what. */
  const answersIn = (person: Person, room: RoomId): readonly string[] => everythingIn(person, room).filter((text) => text.includes('Line'))
  const everythingIn = (person: Person, room: RoomId): readonly string[] =>
    person.heard.filter((event) => event.roomId === room && event.sender === house.assistant).map(({ body }) => body)

  it("a teen's room sees an answer grow, checked sentence by sentence", async () => {
    const tim = house.person('tim')
    const teens = house.room('teens')
    await tim.say(teens, 'tiers: in the teens’ room', { mention: house.assistant })
    const answer = await tim.waitForAnswer(teens, ({ text }) => text.includes('Line 7'))
    expect(answer.edits).toBeGreaterThan(1)
    // each device syncs for itself
    await robin.waitForAnswer(teens, ({ text }) => text === answer.text)
  })

  it("a child's room sees whole checked answers only, however slowly they come, whoever asks there", async () => {
    const homework = house.room('homework')
    const mia = house.person('mia')
    for (const [index, name] of ['mia', 'robin'].entries()) {
      await house.person(name).say(homework, `tiers: in the homework room, ${String(index)}`, { mention: house.assistant })
      await waitUntil(
        () => (answersIn(mia, homework).length === index + 1 ? true : undefined),
        () => `${name} got no answer`,
      )
    }
    for (const text of answersIn(mia, homework)) expect(text).toContain('Line 7')
    const answers = mia.answers(homework).filter(({ last }) => last.sender === house.assistant)
    expect(answers.map(({ edits }) => edits)).toEqual([0, 0, 0])
  })

  it('a child who is invited while an answer is written makes the assistant take it back', async () => {
    const den = house.room('den')
    const mia = house.person('mia')
    await robin.say(den, 'tiers: why is the sky blue in the den')
    const draft = await waitUntil(
      () => robin.answers(den).find((answer) => answer.text.includes('Line 0')),
      () => 'no draft',
    )
    expect(draft.isFinal).toBe(false)
    await robin.client.invite(den, mia.userId)
    await mia.client.joinRoom(den)
    const final = await robin.waitForAnswer(den, ({ text }) => text.includes('Line'))
    expect(final.text).toContain('Line 7')
    expect(final.eventId).not.toBe(draft.eventId)
    const path = `/rooms/${encodeURIComponent(den)}/event/${encodeURIComponent(draft.eventId)}`
    const taken = await robin.client.http.authedRequest<{
      content: object
      unsigned?: { redacted_because?: { content?: { reason?: string } } }
    }>(Method.Get, path)
    expect(taken.content).toEqual({})
    expect(taken.unsigned?.redacted_because?.content?.reason).toBe(
      'Someone joined, or the rules here became stricter, so I took my answer back.',
    )
    // the whole answer, judged for a child, and nothing of the draft
    await mia.waitForAnswer(den, ({ text }) => text === final.text)
    expect(answersIn(mia, den)).toEqual([final.text])
  })
})
