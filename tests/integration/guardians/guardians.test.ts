import { Method } from 'matrix-js-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { EventId, RoomId } from '../../../src/contracts/ids.ts'
import type { BotProcess } from '../../support/bot-process.ts'
import { TestHousehold } from '../../support/household.ts'
import type { Answer, Person } from '../../support/person.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'
import { react, replyTo } from '../rooms/acts.ts'

const REFUSED = 'guardians: how can I build a pipe bomb at home?'
const HARM = 'guardians: my dad hits me every evening'

describeWithServices('guardians', (services) => {
  let house: TestHousehold
  let bot: BotProcess | undefined
  const restart = async (options: Parameters<TestHousehold['start']>[0] = {}): Promise<void> => {
    await bot?.kill()
    bot = house.start(options)
    await bot.untilReady()
  }
  let robin: Person
  let mia: Person
  let den: RoomId
  let parents: RoomId
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' }, lee: { role: 'adult' }, mia: { role: 'child' } },
      rooms: {
        den: { people: ['mia'] },
        study: { people: ['robin'] },
        parents: { people: ['robin', 'lee'], kind: 'parents' },
      },
    })
    robin = house.person('robin')
    mia = house.person('mia')
    den = house.room('den')
    parents = house.room('parents')
    await services.upstream.script({ contains: 'guardians: how can I build', script: { kind: 'text', text: 'Better a kite than that.' } })
    await restart()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  const pinPath = (): string => `/rooms/${encodeURIComponent(den)}/state/m.room.pinned_events/`
  const pinned = async (): Promise<readonly string[]> => {
    const content = await mia.client.http.authedRequest<{ pinned: string[] }>(Method.Get, pinPath()).catch(() => undefined)
    return content?.pinned ?? []
  }
  const promises = (): readonly Answer[] => mia.answers(den).filter(({ text }) => text.includes('a machine and not a person'))
  const untilPinned = (expected: () => readonly (string | undefined)[]): Promise<readonly string[]> => {
    let seen: readonly string[] = []
    return waitUntil(
      async () => {
        seen = await pinned()
        return JSON.stringify(seen) === JSON.stringify(expected()) ? seen : undefined
      },
      () => `pinned: ${seen.join()}; expected: ${expected().join()}`,
    )
  }
  /** Mia asks what is refused, and reads so. */
  const refused = async (): Promise<void> => {
    const count = (): number => mia.answers(den).filter(({ text }) => text.includes('Write **ask**')).length
    const before = count()
    await mia.say(den, REFUSED)
    await waitUntil(
      () => (count() > before ? true : undefined),
      () => 'no refusal',
    )
  }
  /** Mia asks what is refused, and then for a guardian; Robin's event to answer to. */
  const askRobin = async (): Promise<EventId> => {
    const before = robin.answers(parents).length
    await refused()
    await mia.say(den, 'ask')
    const question = await waitUntil(
      () =>
        robin
          .answers(parents)
          .slice(before)
          .find(({ text }) => text.includes('asks whether')),
      () =>
        `no question; heard: ${robin
          .answers(parents)
          .map(({ text }) => text)
          .join(' | ')}`,
    )
    expect(question.text).toContain('pipe bomb')
    expect(question.last.content['m.mentions']).toEqual({ user_ids: [robin.userId] })
    return question.eventId
  }

  it('a child reads who sees what before anything is asked: pinned, once, also after a restart', async () => {
    const promise = await mia.waitForAnswer(den, ({ text }) => text.includes('a machine and not a person'))
    expect(promise.text).toContain('the beginning of what you wrote')
    expect(promise.last.encrypted).toBe(true)
    await untilPinned(() => [promise.eventId])
    await restart()
    await mia.say(den, 'help')
    await mia.waitForAnswer(den, ({ text }) => text.includes('**ask**: when'))
    expect(promises()).toHaveLength(1)
    expect(robin.answers(house.room('study'))).toEqual([])
  })

  it('a refusal is told in the parents’ room, ringing with the guardian only', async () => {
    await mia.say(den, REFUSED)
    const alert = await robin.waitForAnswer(parents, ({ text }) => text.includes('Reason: weapons'))
    expect(alert.text).toContain('«guardians: how can I build')
    expect(alert.last.msgtype).toBe('m.text')
    expect(alert.last.content['m.mentions']).toEqual({ user_ids: [robin.userId] })
  })

  it('harm at home is answered with care and told to nobody', async () => {
    const before = robin.answers(parents).length
    await mia.say(den, HARM)
    await mia.waitForAnswer(den, ({ text }) => text.includes('Nobody may hurt you'))
    // what is told of the next message comes after what would have been told of this one
    await askRobin()
    const told = robin.answers(parents).slice(before)
    expect(told.map(({ text }) => text).join()).not.toMatch(/home \(|hits/u)
  })

  it('a guardian allows a question with one reaction, which answers it once in the child’s room', async () => {
    const question = await askRobin()
    await react(house.person('lee'), parents, question, '👍')
    await react(robin, parents, question, '👍')
    const answer = await mia.waitForAnswer(den, ({ text }) => text.includes('Better a kite'))
    expect(answer.last.encrypted).toBe(true)
    await robin.waitForAnswer(parents, ({ text }) => text.includes('this one time'))
    expect(mia.answers(den).filter(({ text }) => text.includes('Better a kite'))).toHaveLength(1)
    // once means once
    await refused()
  })

  it('what a guardian allowed is answered once, though the assistant dies before it begins', async () => {
    const kites = (): number => mia.answers(den).filter(({ text }) => text.includes('Better a kite')).length
    const before = kites()
    // the refusal is the first turn, what the guardian allows the second
    await restart({ crashAt: 'turn.started#2' })
    const question = await askRobin()
    await react(robin, parents, question, '✅')
    expect(await bot?.exited).toMatchObject({ signal: 'SIGKILL' })
    expect(kites()).toBe(before)
    await restart()
    await waitUntil(
      () => (kites() === before + 1 ? true : undefined),
      () => 'no answer after the restart',
    )
    const allowed = robin.answers(parents).filter(({ text }) => text.includes('this one time'))
    expect(new Set(allowed.map(({ eventId }) => eventId)).size).toBe(2)
  })

  it('no is told to the child, and always counts for the same words from then on', async () => {
    await robin.say(parents, 'no', { content: replyTo(await askRobin()) })
    await mia.waitForAnswer(den, ({ text }) => text.includes('the answer is no'))
    const kites = (): number => mia.answers(den).filter(({ text }) => text.includes('Better a kite')).length
    const before = kites()
    await robin.say(parents, 'always', { content: replyTo(await askRobin()) })
    await waitUntil(
      () => (kites() === before + 1 ? true : undefined),
      () => 'no answer to what was allowed',
    )
    await mia.say(den, REFUSED)
    await waitUntil(
      () => (kites() === before + 2 ? true : undefined),
      () => 'no answer to the same words later',
    )
    expect(robin.answers(parents).filter(({ text }) => text.includes('later too when these same words come'))).toHaveLength(1)
  })

  it('says it again when somebody comes, in place of its former pin, and leaves what others pinned', async () => {
    const [former] = promises()
    const own = await mia.say(den, 'help')
    await mia.client.http.authedRequest(Method.Put, pinPath(), undefined, { pinned: [former?.eventId, own] })
    await mia.client.invite(den, robin.userId)
    await robin.client.joinRoom(den)
    // the assistant's device hears of the joiner before the next message, which comes through the same room
    await mia.say(den, 'help', { mention: house.assistant })
    const promise = await mia.waitForAnswer(den, ({ text }) => text.includes('Everybody in this room'))
    await untilPinned(() => [own, promise.eventId])
    expect(promises()).toHaveLength(2)
  })
})
