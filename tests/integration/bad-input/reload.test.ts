import { expect, it } from 'vitest'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'

describeWithServices('a bad edit of the configuration while the assistant runs', (services) => {
  it('changes nothing: Control is told file, line and cure, and again when it is mended', async () => {
    await using house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { study: { people: ['robin'] }, control: { people: ['robin'], kind: 'control' } },
    })
    const robin = house.person('robin')
    const [study, control] = [house.room('study'), house.room('control')]
    await services.upstream.script({ contains: 'reload:', script: { kind: 'echo' } })
    await house.start().untilReady()
    await house.writeConfiguration((file) => {
      file['rooms'] = { study: { room: study, tenant: 'nobody', domain: 'family' } }
    })
    const alert = await robin.waitForAnswer(control, () => true)
    expect(alert.text).toMatch(
      /^I go on with the former configuration, because the new one has a fault\.\nai-ops\.yaml, line \d+: There is no tenant "nobody"\. Use family\.$/,
    )
    expect(alert.last.content['m.mentions']).toEqual({ user_ids: [robin.userId] })
    await robin.say(study, 'reload: still there?')
    await robin.waitForAnswer(study, ({ text }) => text === 'You said: reload: still there?')

    await house.writeConfiguration()
    await robin.waitForAnswer(control, ({ text }) => text === 'The configuration is in order again and in use.')
    expect(robin.answers(control)).toHaveLength(2)
  })
})
