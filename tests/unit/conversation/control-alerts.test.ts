import { describe, expect, test } from 'vitest'
import { Harness } from './conversation-harness.ts'
import { CONTROL, user } from './conversation-fixtures.ts'

const always = [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, untilMinute: 24 * 60 }]

class Home extends Harness {
  async alert(name: string, key = 'control.unsigned-device'): Promise<void> {
    await this.conversation.tellControl(name, key, {})
  }

  /** For each alert: whether somebody's phone rings. */
  get rings(): readonly boolean[] {
    return this.rows.filter(({ roomId }) => roomId === CONTROL).map(({ content }) => content.quiet !== true && content.mentions.length > 0)
  }
}

describe('an alert in Control', () => {
  test('rings with the owners and with nobody else', async () => {
    const house = new Home()
    await house.alert('one')
    expect(house.rows[0]?.content).toMatchObject({ kind: 'alert', mentions: [user('robin')] })
  })

  test('of a kind that has just rung stands below it, and rings again later; another kind rings', async () => {
    const house = new Home()
    for (const name of ['one', 'two', 'three']) await house.alert(name)
    await house.alert('other', 'control.undecryptable')
    await house.clock.advance(10 * 60_000)
    await house.alert('later')
    expect(house.rings).toEqual([true, false, false, true, true])
    expect(house.rows).toHaveLength(5)
  })

  test('does not ring in quiet hours, is not lost, and never becomes a plain notice', async () => {
    const house = new Home()
    const members = new Map([...house.household.members].map(([userId, one]) => [userId, { ...one, quietHours: always }]))
    house.household = { ...house.household, members }
    await house.alert('one')
    expect(house.rows[0]?.content).toMatchObject({ kind: 'alert', quiet: true, mentions: [] })
  })

  test('that was ordered to ring rings each time', async () => {
    const house = new Home()
    await house.alert('one', 'alert.test')
    await house.alert('two', 'alert.test')
    expect(house.rings).toEqual([true, true])
  })
  test('that somebody waits for does not ring', async () => {
    const house = new Home()
    await house.alert('one', 'eval.running')
    expect(house.rings).toEqual([false])
  })
})
