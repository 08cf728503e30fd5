import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { TestHousehold } from '../../support/household.ts'
import { installNio } from '../../support/install-nio.ts'
import { injectServices } from '../../support/services.ts'

const script = join(import.meta.dirname, '../../support/nio-client.py')
const services = injectServices()
const nio = services === undefined ? undefined : await installNio()
const reason = nio?.kind === 'missing' ? ` (skipped: ${nio.reason})` : ''

describe.skipIf(nio?.kind !== 'ready')(`a client that is not ours, matrix-nio${reason}`, () => {
  it('exchanges encrypted messages with the assistant under trust: any, in a direct room of its own making', async () => {
    if (services === undefined || nio?.kind !== 'ready') throw new Error('skipped')
    await using house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { control: { people: ['robin'], kind: 'control' } },
      trust: 'any',
    })
    await services.upstream.script({ contains: 'nio:', script: { kind: 'echo', chunks: 10, chunkDelayMs: 60 } })
    const bot = house.start()
    await bot.untilReady()
    const { userId, password } = house.person('robin')
    const questions = ['nio: can you read me?', 'nio: and again?', 'nio: and a third time?']
    const ran = await promisify(execFile)(nio.python, [script, services.homeserver.url, userId, password, house.assistant, ...questions])
    expect(JSON.parse(ran.stdout)).toMatchObject({
      finals: questions.map((question) => ({ body: `You said: ${question}`, decrypted: true })),
      undecryptable: 0,
    })
    // nothing is told of a device that is trusted as it is
    expect(house.person('robin').answers(house.room('control'))).toEqual([])
  })
})
