import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'
import { createTestFolder } from '../../support/test-folder.ts'

const projectRoot = join(import.meta.dirname, '../../..')

/** What an assistant needs to run, so that a test may edit its policies. */
function copyProject(): string {
  const copy = createTestFolder('project')
  for (const name of ['src', 'config', 'policies', 'package.json']) {
    const isData = (from: string): boolean => from.startsWith(join(projectRoot, 'policies/data'))
    cpSync(join(projectRoot, name), join(copy, name), { recursive: true, filter: (from) => !isData(from) })
  }
  symlinkSync(join(projectRoot, 'node_modules'), join(copy, 'node_modules'))
  return copy
}

describeWithServices('a bad edit of the rules while the assistant runs', (services) => {
  it('changes nothing, in a policy file or in the configuration: Control is told file, line and cure, once', async () => {
    await using house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { study: { people: ['robin'] }, control: { people: ['robin'], kind: 'control' } },
    })
    const robin = house.person('robin')
    const [study, control] = [house.room('study'), house.room('control')]
    await services.upstream.script({ contains: 'rules:', script: { kind: 'echo' } })
    const project = copyProject()
    await house.start({ project }).untilReady()

    const policy = join(project, 'policies/child.yaml')
    const good = readFileSync(policy, 'utf8')
    writeFileSync(policy, good.replace('without_judge: refuse', 'without_judge: perhaps'))
    const told = await robin.waitForAnswer(control, () => true)
    expect(told.text).toMatch(/\npolicies\/child\.yaml, line \d+: without_judge is "perhaps"\. Use refuse, allow\.$/)
    await robin.say(study, 'rules: still there?')
    await robin.waitForAnswer(study, ({ text }) => text === 'You said: rules: still there?')
    writeFileSync(policy, good)
    await robin.waitForAnswer(control, ({ text }) => text === 'The configuration is in order again and in use.')

    await house.writeConfiguration((file) => {
      file['rooms'] = {
        ...(file['rooms'] as object),
        study: { room: study, tenant: 'family', domain: 'family', answers: 'never', ...looser },
      }
    })
    await robin.waitForAnswer(control, ({ text }) =>
      /\nai-ops\.yaml, line \d+: rooms\.study\.guardrails is looser .*approved_by/.test(text),
    )
    // the household of the same edit is not taken either
    await robin.say(study, 'rules: and now?')
    await robin.waitForAnswer(study, ({ text }) => text === 'You said: rules: and now?')
    await house.writeConfiguration()
    await robin.waitForAnswer(control, () => robin.answers(control).length === 4)
  })
})

const looser = { guardrails: { without_judge: 'allow' } }
