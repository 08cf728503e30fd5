import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventId, RoomId } from '../../../src/contracts/ids.ts'
import type { CrashPoint } from '../../../src/contracts/platform.ts'
import { TestHousehold } from '../../support/household.ts'
import type { Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { echoOf, SaidMessages } from './said-messages.ts'

const words = 'The kettle sings. The cat sleeps. The clock ticks on. Rain falls outside. Somebody hums. The soup is warm.'

describeWithServices('what happens in a room while the assistant is away', (services) => {
  let house: TestHousehold
  let robin: Person
  beforeAll(async () => {
    await services.upstream.script({ contains: 'away', script: { kind: 'echo' } })
    await services.upstream.script({ contains: words, script: { kind: 'echo', chunks: 8, chunkDelayMs: 270 } })
    const people = ['robin']
    const rooms = { hall: { people }, attic: { people }, cellar: { people }, porch: { people }, pantry: { people }, loft: { people } }
    house = await TestHousehold.make(services, { people: { robin: { role: 'owner' } }, rooms })
    robin = house.person('robin')
    await using bot = house.start()
    await bot.untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  const edit = (roomId: RoomId, target: EventId, text: string): Promise<EventId> =>
    robin.say(roomId, `* ${text}`, {
      content: { 'm.new_content': { msgtype: 'm.text', body: text }, 'm.relates_to': { rel_type: 'm.replace', event_id: target } },
    })
  /** The next answer of the room: whatever was still to come for what was said before it has come by then. */
  const answerNext = async (roomId: RoomId, text: string): Promise<void> => {
    await robin.say(roomId, text)
    await robin.waitForAnswer(roomId, (answer) => answer.text === echoOf(text))
  }
  const crash = async <Said>(crashAt: CrashPoint, say: () => Promise<Said>): Promise<Said> => {
    const said = await say()
    const bot = house.start({ crashAt })
    expect((await bot.exited).signal).toBe('SIGKILL')
    return said
  }

  it('answers what was said meanwhile once, in the order of each room', async () => {
    const said = new SaidMessages(robin, 'meanwhile')
    const rooms = [house.room('hall'), house.room('attic')]
    for (const count of [1, 2, 3]) for (const roomId of rooms) await said.say(roomId, `absence ${String(count)}`, 'away')
    await using bot = house.start()
    await said.untilAnswered(30_000, () => bot.output)
    expect(said.faults()).toEqual([])
    for (const roomId of rooms) {
      const inOrder = said.all.filter((message) => message.roomId === roomId).map(({ text }) => echoOf(text))
      expect(robin.answers(roomId).map(({ text }) => text)).toEqual(inOrder)
    }
  })

  it('reads a message as it was edited meanwhile, and leaves one alone that was taken back', async () => {
    const room = house.room('cellar')
    const edited = await robin.say(room, 'away: seven eggs?')
    const redacted = await robin.say(room, 'away: never mind me')
    await edit(room, edited, 'away: eight eggs?')
    await robin.client.redactEvent(room, redacted)
    await using bot = house.start()
    await bot.untilReady()
    await answerNext(room, 'away: is that all?')
    expect(robin.answers(room).map(({ text }) => text)).toEqual([echoOf('away: eight eggs?'), echoOf('away: is that all?')])
    expect(await services.upstream.calls('seven eggs')).toEqual([])
    expect(await services.upstream.calls('never mind me')).toEqual([])
  })

  it.each(['decrypted', 'turn.started'] as const)('the same for messages it had taken in when it was killed at %s', async (crashAt) => {
    const room = house.room('porch')
    const before = robin.answers(room).length
    const [edited, redacted] = await crash(
      crashAt,
      async () => [await robin.say(room, `away: nine eggs (${crashAt})?`), await robin.say(room, `away: forget me (${crashAt})`)] as const,
    )
    await edit(room, edited, `away: ten eggs (${crashAt})?`)
    await robin.client.redactEvent(room, redacted)
    await using bot = house.start()
    await bot.untilReady()
    await answerNext(room, `away: and now (${crashAt})?`)
    const texts = robin.answers(room).map(({ text }) => text)
    expect(texts.slice(before)).toEqual([echoOf(`away: ten eggs (${crashAt})?`), echoOf(`away: and now (${crashAt})?`)])
    expect(await services.upstream.calls(`forget me (${crashAt})`)).toEqual([])
  })

  it('takes a draft back whose question was taken back meanwhile', async () => {
    const room = house.room('pantry')
    const question = await crash('edit.after', () => robin.say(room, words))
    const draft = await waitUntil(
      () => robin.answers(room)[0],
      () => 'no draft',
    )
    await robin.client.redactEvent(room, question)
    await using bot = house.start()
    await bot.untilReady()
    await answerNext(room, 'away: still there?')
    const event = await robin.client.fetchRoomEvent(room, draft.eventId)
    expect(event.unsigned?.redacted_because).toBeDefined()
    expect(robin.answers(room).filter(({ isFinal }) => isFinal)).toHaveLength(1)
  })

  it('finishes a draft with the answer to the question as it was edited meanwhile', async () => {
    const room = house.room('loft')
    const question = await crash('draft-noted.after', () => robin.say(room, words))
    await edit(room, question, 'away: something else?')
    await using bot = house.start()
    await bot.untilReady()
    await answerNext(room, 'away: still there?')
    expect(robin.answers(room).map(({ text }) => text)).toEqual([echoOf('away: something else?'), echoOf('away: still there?')])
    expect(robin.undecryptable.size).toBe(0)
  })
})
