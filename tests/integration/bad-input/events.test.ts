import { open } from 'node:fs/promises'
import { join } from 'node:path'
import type { TimelineEvents } from 'matrix-js-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RoomId } from '../../../src/contracts/ids.ts'
import type { BotProcess } from '../../support/bot-process.ts'
import { TestHousehold } from '../../support/household.ts'
import type { Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { sendPlain } from '../rooms/acts.ts'

const NOTICE_MS = 1_500

describeWithServices('bad events', (services) => {
  let house: TestHousehold
  let bot: BotProcess
  let robin: Person
  let study: RoomId
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { study: { people: ['robin'] }, control: { people: ['robin'], kind: 'control' } },
    })
    robin = house.person('robin')
    study = house.room('study')
    await services.upstream.script({ contains: 'events:', script: { kind: 'echo' } })
    bot = start()
    await bot.untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  const start = (): BotProcess => house.start({ environment: { AI_OPS_UNDECRYPTABLE_NOTICE_MS: String(NOTICE_MS) } })

  async function ask(words: string): Promise<void> {
    await robin.say(study, `events: ${words}`)
    await robin.waitForAnswer(study, ({ text }) => text === `You said: events: ${words}`)
  }

  it('malformed and unknown ones are dropped and counted, and the next question is answered', async () => {
    const before = (await bot.untilReady()).settled
    const malformed = [
      { msgtype: 7 },
      { body: { deep: ['x'] } },
      { 'm.new_content': 'none' },
      { 'm.relates_to': { rel_type: 'm.replace' } },
    ]
    const target = await robin.say(study, 'events: broken', { content: { msgtype: 7 } })
    for (const content of malformed) await robin.say(study, 'events: broken', { content })
    await robin.say(study, 'events: I am a bot', { content: { msgtype: 'm.notice' } })
    await robin.say(study, 'events: strange', { content: { msgtype: 'org.example.strange' } })
    await robin.client.sendEvent(
      study,
      'org.example.unknown' as keyof TimelineEvents,
      { msgtype: 'm.text', body: 'events: unknown' } as never,
    )
    await sendPlain(robin, study, 'm.reaction', {})
    await sendPlain(robin, study, 'm.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: target, key: 'x'.repeat(500) } })
    await ask('after the broken ones')
    const { settled } = await bot.untilReady()
    const added = (reason: string): number => (settled[reason] ?? 0) - (before[reason] ?? 0)
    expect({ malformed: added('malformed'), notice: added('notice'), unsupported: added('unsupported-type') }).toEqual({
      malformed: malformed.length + 3,
      notice: 1,
      unsupported: 2,
    })
    expect(
      robin.answers(study).filter(({ text }) => /broken|I am a bot|strange|unknown/.test(text.replace('after the broken ones', ''))),
    ).toEqual([])
  })

  it('the longest message an event can hold is read, and the longest answer comes in parts', async () => {
    const paragraph = `${'word '.repeat(150)}\n\n`
    const long = `events: long ${'x'.repeat(40_000)}`
    await services.upstream.script({
      contains: 'events: long',
      script: { kind: 'text', text: `${paragraph.repeat(80)}The end.`, chunks: 4 },
    })
    await robin.say(study, long)
    await robin.waitForAnswer(study, ({ text }) => text.endsWith('The end.'))
    const parts = robin.answers(study).filter(({ text }) => text.startsWith('word word'))
    expect(parts.length).toBeGreaterThanOrEqual(7)
    expect(
      parts
        .map(({ text }) => text)
        .join(' ')
        .match(/word/g)?.length,
    ).toBe(80 * 150)
    const [call] = await services.upstream.calls('events: long')
    expect(call?.messages.at(-1)?.content).toContain('x'.repeat(40_000))
  })

  it('undecryptable ones are kept and hold nobody up; each Megolm session is told of once', async () => {
    const megolm = { algorithm: 'm.megolm.v1.aes-sha2', sender_key: 'forged', device_id: 'FORGED', ciphertext: 'AwgAEnACgAkL' }
    const forged = [
      { ...megolm, session_id: 'forged-one' },
      { ...megolm, session_id: 'forged-one' },
      { ...megolm, session_id: 'forged-two' },
      { algorithm: 'org.example.unknown', session_id: 'forged-three' },
      { ciphertext: 7, session_id: { not: 'text' } },
      {},
    ]
    for (const content of forged) await sendPlain(robin, study, 'm.room.encrypted', content)
    await ask('while the others wait')
    const sentence = 'I could not decrypt one or more messages here, because your app did not give me the key.'
    const notices = (): number => robin.answers(study).filter(({ text }) => text.startsWith(sentence)).length
    // one for each of the three named sessions, one for a session of no text, one for none at all
    await waitUntil(
      () => (notices() === 5 ? true : undefined),
      () => `${String(notices())} notices`,
    )
    await robin.waitForAnswer(house.room('control'), ({ text }) => text.startsWith('In study there are messages I cannot decrypt.'))
    const status = await bot.untilReady()
    expect(status.checks.find(({ name }) => name === 'homeserver')?.detail).toContain(`${String(forged.length)} waiting for a key`)
    expect(status.settled['undecryptable']).toBeUndefined()

    // the next process knows what was told
    await bot[Symbol.asyncDispose]()
    bot = start()
    await bot.untilReady()
    await ask('after a restart')
    await waitUntil(
      async () =>
        (await bot.untilReady()).checks.some(({ detail }) => detail.includes(`${String(forged.length)} waiting`)) ? true : undefined,
      () => 'the entries were lost',
    )
    expect(notices()).toBe(5)
  })

  it("a tenant's damaged file: the person gets a number that finds it in the log, and no stack trace is printed", async () => {
    await bot[Symbol.asyncDispose]()
    const file = await open(join(house.home, 'tenants', 'family.db'), 'r+')
    await file.write(Buffer.alloc(4096 * 3, 5), 0, 4096 * 3, 4096)
    await file.close()
    bot = start()
    await bot.untilReady()
    await robin.say(study, 'events: with a damaged file')
    const answer = await robin.waitForAnswer(study, ({ text }) => text.includes('Something went wrong on my side.'))
    const number = /Number ([0-9a-f]+)\.$/.exec(answer.text)?.[1]
    expect(bot.output).toContain(`"event":"turn-failed","turn":"${number ?? ''}"`)
    expect(bot.output).not.toMatch(/^\s+at /m)
    expect(await services.upstream.calls('with a damaged file')).toEqual([])
    await robin.say(study, 'help')
    await robin.waitForAnswer(study, ({ text }) => text.includes('an assistant and not a person'))
  })
})
