import { afterAll, beforeAll, expect, it } from 'vitest'
import { describeWithServices } from '../../support/services.ts'
import { TestHousehold } from '../../support/household.ts'

describeWithServices('first light', (services) => {
  let house: TestHousehold
  beforeAll(async () => {
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { study: { people: ['robin'] }, control: { people: ['robin'], kind: 'control' } },
    })
    await house.start().untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  it('answers a question in an encrypted room with the words of the model', async () => {
    const robin = house.person('robin')
    await services.upstream.script({ contains: 'first-light', script: { kind: 'text', text: 'Let there be **light**.' } })
    await robin.say(house.room('study'), 'first-light: what shall there be?')
    const answer = await robin.waitForAnswer(house.room('study'), ({ text }) => text.includes('light'))
    expect(answer.text).toBe('Let there be **light**.')
    expect(answer.last.encrypted).toBe(true)
    expect(answer.last.content['formatted_body']).toBe('Let there be <strong>light</strong>.')
    expect(robin.undecryptable.size).toBe(0)
    expect(await services.upstream.calls('first-light')).toHaveLength(1)
  })
})
