import { afterAll, beforeAll, expect, it } from 'vitest'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'
import { react } from './acts.ts'

/** More than the 500 events that the assistant takes in one response. */
const FILLERS = 520
const AT_ONCE = 10

describeWithServices('a room that said much while the assistant was away', (services) => {
  let house: TestHousehold
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { study: { people: ['robin'] }, control: { people: ['robin'], kind: 'control' } },
    })
  })
  afterAll(() => house[Symbol.asyncDispose]())

  it('is read back to where it was left, and everything addressed is answered, once and in order', async () => {
    const robin = house.person('robin')
    const study = house.room('study')
    await services.upstream.script({ contains: 'gap:', script: { kind: 'echo' } })
    {
      await using bot = house.start()
      await bot.untilReady()
      await robin.say(study, 'gap: 0')
      await robin.waitForAnswer(study, ({ text }) => text === 'You said: gap: 0')
    }
    const target = await robin.say(study, 'gap: 1')
    await robin.say(study, 'gap: 2')
    for (let sent = 0; sent < FILLERS; sent += AT_ONCE) {
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => react(robin, study, target, `${String(sent + index)} x`)))
    }
    await robin.say(study, 'gap: 3')

    await using bot = house.start()
    await bot.untilReady()
    await robin.say(study, 'gap: 4')
    for (const number of [1, 2, 3, 4]) await robin.waitForAnswer(study, ({ text }) => text === `You said: gap: ${String(number)}`)
    expect(bot.output).toContain('"event":"gap-filled"')
    expect(robin.answers(study).map(({ text }) => text)).toEqual([0, 1, 2, 3, 4].map((number) => `You said: gap: ${String(number)}`))
    expect((await services.upstream.calls('gap:')).length).toBe(5)
    expect((await bot.untilReady()).settled['no-effect']).toBe(FILLERS)
    expect(robin.undecryptable.size).toBe(0)
  })
})
