import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventId, RoomId } from '../../../src/contracts/ids.ts'
import type { BotProcess } from '../../support/bot-process.ts'
import { TestHousehold } from '../../support/household.ts'
import type { Answer, Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { editOf, inThread, react, replyTo, sendPlain } from './acts.ts'

describeWithServices('what members may expect in their rooms', (services) => {
  const { upstream } = services
  let house: TestHousehold
  let bot: BotProcess
  let robin: Person
  let alex: Person
  let study: RoomId
  let family: RoomId
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' }, alex: { role: 'adult' } },
      rooms: {
        study: { people: ['robin'] },
        family: { people: ['robin', 'alex'] },
        open: { people: ['robin'], encrypted: false },
        control: { people: ['robin'], kind: 'control' },
      },
    })
    robin = house.person('robin')
    alex = house.person('alex')
    study = house.room('study')
    family = house.room('family')
    await upstream.script({ contains: 'rooms:', script: { kind: 'echo' } })
    await upstream.script({ contains: 'rooms: hold', script: { kind: 'echo', firstDelayMs: 1_200 } })
    bot = house.start()
    await bot.untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  /** The echo of these words; among people their writer's name stands before them. */
  const answerTo = (person: Person, room: RoomId, words: string): Promise<Answer> =>
    person.waitForAnswer(room, ({ text }) => text.startsWith('You said: ') && text.endsWith(words))
  const countOf = (person: Person, room: RoomId, part: string): number =>
    person.answers(room).filter((answer) => answer.last.sender === house.assistant && answer.text.includes(part)).length

  /** Keeps the lane of the study busy for a second. */
  async function holdLane(words: string): Promise<void> {
    await robin.say(study, words)
    await upstream.waitForCall(({ messages }) => messages.at(-1)?.content.includes(words) === true)
  }

  it('among people only what is addressed reaches the model; the first word that is not gets one hint', async () => {
    await alex.say(family, 'rooms: what is for lunch?')
    const hint = await alex.waitForAnswer(family, ({ text }) => text.includes('I say this only once'))
    expect(hint.text).toContain('In this room I answer when you mention me or reply to me.')
    await alex.say(family, 'rooms: soup, then')

    await alex.say(family, 'rooms: by a mention', { mention: house.assistant })
    const mentioned = await answerTo(alex, family, 'rooms: by a mention')
    expect(mentioned.last.content['m.mentions']).toEqual({ user_ids: [alex.userId] })
    await alex.say(family, 'Assistant: rooms: by its name')
    await answerTo(alex, family, 'rooms: by its name')
    await alex.say(family, 'rooms: by a reply', { content: replyTo(mentioned.eventId) })
    await answerTo(alex, family, 'rooms: by a reply')

    expect(countOf(alex, family, 'I say this only once')).toBe(1)
    expect(await upstream.calls('rooms: what is for lunch')).toEqual([])
    expect(await upstream.calls('rooms: soup')).toEqual([])
    const seen = (await upstream.calls('rooms: by')).flatMap(({ messages }) => messages.map(({ content }) => content))
    expect(seen.filter((content) => content.includes('lunch') || content.includes('soup'))).toEqual([])
  })

  it('a thread is answered in its thread, and there without being addressed again', async () => {
    const root = await robin.say(family, 'rooms: the thread begins here', { mention: house.assistant })
    await answerTo(robin, family, 'rooms: the thread begins here')
    await robin.say(family, 'rooms: first in the thread', { mention: house.assistant, content: inThread(root) })
    const first = await answerTo(robin, family, 'rooms: first in the thread')
    expect(first.last.content['m.relates_to']).toMatchObject({ rel_type: 'm.thread', event_id: root, is_falling_back: true })
    await robin.say(family, 'rooms: second in the thread', { content: inThread(root) })
    const second = await answerTo(robin, family, 'rooms: second in the thread')
    expect(second.last.content['m.relates_to']).toMatchObject({ rel_type: 'm.thread', event_id: root })
  })

  it('an edit before the turn starts replaces the text', async () => {
    await holdLane('rooms: hold for the edit')
    const question = await robin.say(study, 'rooms: old words')
    await robin.say(study, '', { content: editOf(question, 'rooms: new words') })
    await answerTo(robin, study, 'rooms: new words')
    expect(await upstream.calls('old words')).toEqual([])
    expect(await upstream.calls('new words')).toHaveLength(1)
  })

  it('a redaction cancels what waits and what is being answered', async () => {
    await holdLane('rooms: hold for the redaction')
    const waiting = await robin.say(study, 'rooms: taken back while waiting')
    await robin.client.redactEvent(study, waiting)
    await answerTo(robin, study, 'rooms: hold for the redaction')

    await upstream.script({ contains: 'while running', script: { kind: 'echo', chunks: 40, chunkDelayMs: 200 } })
    const running = await robin.say(study, 'rooms: taken back while running')
    await upstream.waitForCall(({ messages }) => messages.at(-1)?.content.includes('while running') === true)
    await robin.client.redactEvent(study, running)
    await robin.say(study, 'rooms: after the redactions')
    await answerTo(robin, study, 'rooms: after the redactions')

    expect(await upstream.calls('while waiting')).toEqual([])
    expect(countOf(robin, study, 'taken back')).toBe(0)
    await waitUntil(
      async () => ((await upstream.calls('while running')).every(({ state }) => state === 'aborted') ? true : undefined),
      () => 'the call goes on',
    )
  })

  it('🛑 stops an answer that is being written, and what was said so far stays', async () => {
    const sentences = Array.from({ length: 12 }, (_, index) => `Sentence ${String(index)} of the story. `)
    await upstream.script({
      contains: 'long story',
      script: { kind: 'text', text: sentences.join(''), chunks: sentences, chunkDelayMs: 400 },
    })
    await robin.say(study, 'rooms: tell a long story')
    const draft = await waitUntil(
      () => robin.answers(study).find((answer) => !answer.isFinal && answer.text.includes('Sentence')),
      () => 'no draft',
    )
    expect(draft.last.content).toHaveProperty(['org.matrix.msc4357.live'])
    await react(robin, study, draft.eventId, '🛑')
    const stopped = await robin.waitForAnswer(study, (answer) => answer.eventId === draft.eventId)
    expect(stopped.text).toMatch(/^Sentence 0 .*\n\n\*Stopped\.\*$/s)
    expect(stopped.text).not.toContain('Sentence 11')
    await robin.waitForAnswer(study, ({ text }) => text === 'Stopped.')
    expect((await upstream.calls('long story')).map(({ state }) => state)).toEqual(['aborted'])
  })

  it('help, privacy and new are answered without a model; after new nothing of before is recalled', async () => {
    const calls = (await upstream.calls()).length
    await robin.say(study, 'help')
    const help = await robin.waitForAnswer(study, ({ text }) => text.includes('an assistant and not a person'))
    expect(help.last.content['formatted_body']).toContain('<li><strong>privacy</strong>')
    await robin.say(study, 'privacy')
    const privacy = await robin.waitForAnswer(study, ({ text }) => text.includes('carries this room encrypted'))
    expect(privacy.text).toContain(services.homeserver.url)
    expect(privacy.text).toContain('scripted-smart')
    expect((await upstream.calls()).length).toBe(calls)

    await robin.say(study, 'rooms: my bicycle is called Rocinante')
    await answerTo(robin, study, 'rooms: my bicycle is called Rocinante')
    await robin.say(study, 'rooms: what is it called?')
    await answerTo(robin, study, 'rooms: what is it called?')
    await robin.say(study, 'new')
    await robin.waitForAnswer(study, ({ text }) => text.startsWith('We begin afresh.'))
    await robin.say(study, 'rooms: and what is it called now?')
    await answerTo(robin, study, 'rooms: and what is it called now?')
    const recalled = async (question: string): Promise<boolean> =>
      (await upstream.calls(question)).some(({ messages }) => messages.some(({ content }) => content.includes('Rocinante')))
    expect(await recalled('what is it called?')).toBe(true)
    expect(await recalled('what is it called now?')).toBe(false)
  })

  it('a photo, a voice message and a file get one sentence each, and nothing of them is kept', async () => {
    const sentence = 'I cannot look at or listen to attachments yet, and I have kept nothing of it. Please write it in words.'
    const file = { url: 'mxc://localhost/none', key: {}, iv: '', hashes: {}, v: 'v2' }
    for (const msgtype of ['m.image', 'm.audio', 'm.file']) await robin.say(study, 'rooms-media.bin', { content: { msgtype, file } })
    await waitUntil(
      () => (countOf(robin, study, sentence) === 3 ? true : undefined),
      () => `${String(countOf(robin, study, sentence))} sentences`,
    )
    await robin.say(study, 'rooms: after the media')
    await answerTo(robin, study, 'rooms: after the media')
    const [call] = await upstream.calls('after the media')
    expect(call?.messages.filter(({ content }) => content.includes('rooms-media'))).toEqual([])
  })

  it('an unencrypted room gets one sentence and no model', async () => {
    const open = house.room('open')
    const ask = (body: string): Promise<EventId> => sendPlain(robin, open, 'm.room.message', { msgtype: 'm.text', body })
    await ask('rooms: in the open')
    const sentence = await robin.waitForAnswer(open, () => true)
    expect(sentence.last).toMatchObject({ msgtype: 'm.notice', encrypted: false })
    expect(sentence.text).toContain('This room is not encrypted, so I do not chat here.')
    await ask('rooms: in the open once more')
    await robin.say(study, 'rooms: after the open room')
    await answerTo(robin, study, 'rooms: after the open room')
    await waitUntil(
      async () => (((await bot.status())?.settled['no-effect'] ?? 0) > 0 ? true : undefined),
      () => 'the second message was not settled',
    )
    expect(robin.answers(open)).toHaveLength(1)
    expect(await upstream.calls('in the open')).toEqual([])
  })

  it('nobody had anything undecryptable', () => {
    expect([robin.undecryptable.size, alex.undecryptable.size]).toEqual([0, 0])
  })
})
