import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestHousehold } from '../../support/household.ts'
import { Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { createRoom, untilMember } from './acts.ts'

describeWithServices('invitations', (services) => {
  let house: TestHousehold
  let robin: Person
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' }, alex: { role: 'adult' } },
      rooms: { control: { people: ['robin'], kind: 'control' } },
    })
    robin = house.person('robin')
    await services.upstream.script({ contains: 'invitation:', script: { kind: 'echo' } })
    await house.start().untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  it('of a member into a direct room: the assistant comes, and answers without being mentioned', async () => {
    const alex = house.person('alex')
    const room = await createRoom(alex, [house.assistant], { direct: true })
    await untilMember(alex, room, house.assistant, 'join')
    await alex.say(room, 'invitation: just us two')
    const answer = await alex.waitForAnswer(room, () => true)
    expect(answer.text).toBe('You said: invitation: just us two')
    expect(answer.last.encrypted).toBe(true)
  })

  it('of a stranger: it is declined', async () => {
    const { url, registrationSecret } = services.homeserver
    await using stranger = await Person.open({ homeserver: url, registrationSecret, localpart: `stranger-${randomUUID().slice(0, 8)}` })
    const room = await createRoom(stranger, [house.assistant], { direct: true })
    await untilMember(stranger, room, house.assistant, 'leave')
    expect(stranger.answers(room)).toEqual([])
  })

  it('into a group room that nobody bound: one sentence there, one question in Control, and no model', async () => {
    const alex = house.person('alex')
    const room = await createRoom(alex, [house.assistant, robin.userId], { direct: false })
    await robin.client.joinRoom(room)
    await untilMember(alex, room, house.assistant, 'join')
    await alex.say(room, 'invitation: are you there?', { mention: house.assistant })
    const sentence = await alex.waitForAnswer(room, () => true)
    expect(sentence.text).toBe(
      'This room is not connected to me yet, so I answer nothing here. I have asked in the control room; an owner decides.',
    )
    const control = house.room('control')
    const question = await robin.waitForAnswer(control, ({ text }) => text.includes(room))
    expect(question.text).toContain(`${alex.userId} invited me to a room I do not know: ${room}. Should I answer there?`)

    await alex.say(room, 'invitation: hello again', { mention: house.assistant })
    await robin.say(room, 'invitation: and hello from me', { mention: house.assistant })
    // what follows in a bound room shows that these were dealt with
    await robin.say(control, '!help')
    await robin.waitForAnswer(control, ({ text }) => text.includes('What you can order here'))
    expect(alex.answers(room).filter((answer) => answer.last.sender === house.assistant)).toHaveLength(1)
    expect(robin.answers(control).filter(({ text }) => text.includes(room))).toHaveLength(1)
    expect(await services.upstream.calls('are you there?')).toEqual([])
    expect(await services.upstream.calls('hello')).toEqual([])
  })
})
