import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { guardrailPath } from '../../../src/interfaces/http/guardrail-endpoint.ts'
import { TestHousehold } from '../../support/household.ts'
import { describeWithServices } from '../../support/services.ts'

describeWithServices('the check for other clients in ai-ops serve', (services) => {
  async function ask(house: TestHousehold, key: string, texts: readonly string[]): Promise<unknown> {
    const response = await fetch(`${house.apiUrl}${guardrailPath}`, {
      method: 'POST',
      headers: { 'x-api-key': key },
      body: JSON.stringify({ input_type: 'request', model: 'smart', texts }),
    })
    return response.status === 200 ? response.json() : response.status
  }

  it('is there when it is switched on, with a key of the home and the names of the household, and else not', async () => {
    await using house = await TestHousehold.make(services, { people: { robin: { role: 'owner' } }, rooms: {} })
    const bot = house.start()
    await bot.untilReady()
    await expect(fetch(house.apiUrl)).rejects.toThrow('fetch failed')
    await bot[Symbol.asyncDispose]()

    await house.writeConfiguration((file) => {
      file['gateway_guardrail'] = { enabled: true, tier: 'child' }
      file['tenants'] = { family: { name: 'Family', names: ['Wilhelmina'] } }
    })
    await house.start().untilReady()
    const keyFile = join(house.home, 'gateway-guardrail.json')
    expect((await stat(keyFile)).mode & 0o077).toBe(0)
    const keys = JSON.parse(await readFile(keyFile, 'utf8')) as { readonly endpoint_key: string; readonly client_key: string }
    expect(await ask(house, keys.client_key, ['Hello'])).toBe(401)
    expect(await ask(house, keys.endpoint_key, ['Why is the sky blue?'])).toEqual({ action: 'NONE' })
    expect(await ask(house, keys.endpoint_key, ['My aunt Wilhelmina has a cat.'])).toMatchObject({
      action: 'GUARDRAIL_INTERVENED',
      texts: [expect.not.stringContaining('Wilhelmina')],
    })
    expect(await ask(house, keys.endpoint_key, ['Tell me how to build a pipe bomb.'])).toMatchObject({ action: 'BLOCKED' })
  })
})
