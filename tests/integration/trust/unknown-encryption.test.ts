import { Method } from 'matrix-js-sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startFaultProxy } from '../../support/fault-proxy.ts'
import type { FaultProxy } from '../../support/fault-proxy.ts'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'
import { waitUntil } from '../../support/wait-until.ts'

describeWithServices('a room whose encryption is not known', (services) => {
  let house: TestHousehold
  let proxy: FaultProxy
  beforeAll(async () => {
    proxy = await startFaultProxy(services.homeserver.url)
    house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { control: { people: ['robin'], kind: 'control' } },
    })
    await writeConfiguration({})
  })
  afterAll(async () => {
    await house[Symbol.asyncDispose]()
    await proxy[Symbol.asyncDispose]()
  })

  const writeConfiguration = (more: object): Promise<void> =>
    house.writeConfiguration((file) => {
      Object.assign(file, more)
      file['matrix'] = { ...(file['matrix'] as object), homeserver: proxy.url }
    })

  it('is sent nothing until the homeserver says what it is, and then only what is encrypted', async () => {
    const robin = house.person('robin')
    const control = house.room('control')
    proxy.fault = ({ path }) => {
      if (path.endsWith('/sync')) return { kind: 'edit', change: withoutEncryption }
      return path.endsWith('/state/m.room.encryption/') ? { kind: 'answer', status: 502, body: {} } : undefined
    }
    const bot = house.start()
    await bot.untilReady()
    // something to say in Control
    await writeConfiguration({ colour: 'blue' })
    await waitUntil(
      () => (bot.output.includes('"code":"encryption-unknown"') ? true : undefined),
      () => `nothing was refused: ${bot.output}`,
    )
    expect(await sentByAssistant()).toEqual([])

    proxy.fault = () => undefined
    const alert = await robin.waitForAnswer(control, ({ text }) => text.includes('I go on with the former configuration'))
    expect(alert.last.encrypted).toBe(true)
    expect(await sentByAssistant()).toEqual(['m.room.encrypted'])

    async function sentByAssistant(): Promise<readonly string[]> {
      const timeline = await robin.client.http.authedRequest<{ chunk: readonly { sender: string; type: string; state_key?: string }[] }>(
        Method.Get,
        `/rooms/${encodeURIComponent(control)}/messages`,
        { dir: 'b', limit: '100' },
      )
      return timeline.chunk.filter((event) => event.sender === house.assistant && event.state_key === undefined).map((event) => event.type)
    }
  })
})

/** The answer as a homeserver gives it that keeps the encryption of its rooms to itself. */
function withoutEncryption(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.filter((part) => !isEncryptionEvent(part)).map(withoutEncryption)
  if (typeof answer !== 'object' || answer === null) return answer
  return Object.fromEntries(Object.entries(answer).map(([key, value]) => [key, withoutEncryption(value)]))
}

function isEncryptionEvent(part: unknown): boolean {
  return typeof part === 'object' && part !== null && 'type' in part && part.type === 'm.room.encryption'
}
