import { Method } from 'matrix-js-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RoomId } from '../../../src/contracts/ids.ts'
import { TestHousehold } from '../../support/household.ts'
import type { Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'

const childSentence = 'This room is not set up for me yet. A grown-up has to allow it first. Until then, please ask a grown-up you trust.'

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
    for (const contains of ['tiers: in the teens', 'tiers: in the den']) await upstream.script({ contains, script })
    await house.start().untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  const everythingIn = (person: Person, room: RoomId): readonly string[] =>
    person.heard.filter((event) => event.roomId === room && event.sender === house.assistant).map(({ body }) => body)

  it("a teen's room sees whole answers only, however slowly they come", async () => {
    const tim = house.person('tim')
    const teens = house.room('teens')
    await tim.say(teens, 'tiers: in the teens’ room', { mention: house.assistant })
    const answer = await tim.waitForAnswer(teens, ({ text }) => text.includes('Line 7'))
    expect(answer.edits).toBe(0)
    expect(everythingIn(tim, teens)).toEqual([answer.text])
    // each device syncs for itself
    await robin.waitForAnswer(teens, ({ text }) => text === answer.text)
    expect(everythingIn(robin, teens)).toEqual([answer.text])
  })

  it("a child's room gets a kind sentence and no model, whoever asks there", async () => {
    const homework = house.room('homework')
    for (const [index, name] of ['mia', 'robin'].entries()) {
      await house.person(name).say(homework, 'tiers: in the homework room', { mention: house.assistant })
      await waitUntil(
        () => (everythingIn(house.person('mia'), homework).length === index + 1 ? true : undefined),
        () => `${name} got no sentence`,
      )
    }
    expect(everythingIn(house.person('mia'), homework)).toEqual([childSentence, childSentence])
    expect(await upstream.calls('in the homework room')).toEqual([])
  })

  it('a child who is invited while an answer is written makes the assistant take it back', async () => {
    const den = house.room('den')
    const mia = house.person('mia')
    await robin.say(den, 'tiers: in the den')
    const draft = await waitUntil(
      () => robin.answers(den).find((answer) => answer.text.includes('Line 0')),
      () => 'no draft',
    )
    expect(draft.isFinal).toBe(false)
    await robin.client.invite(den, mia.userId)
    await mia.client.joinRoom(den)
    const final = await robin.waitForAnswer(den, () => true)
    expect(final.text).toBe(childSentence)
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
    expect(everythingIn(robin, den).join()).not.toContain('Line 7')
    expect(everythingIn(mia, den).join()).not.toContain('Line')
  })
})
