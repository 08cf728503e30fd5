import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readConnections } from '../../../src/config/connections.ts'
import type { Connections } from '../../../src/config/connections.ts'
import type { ConfigFault } from '../../../src/config/config-fault.ts'
import { loadHousehold } from '../../../src/config/load-household.ts'
import type { Result } from '../../../src/contracts/result.ts'
import { createHome, goodFile } from './home-fixture.ts'

async function connect(
  matrix: string,
  variables: Readonly<Record<string, string>> = {},
  prepare: (home: string) => void = () => undefined,
): Promise<Result<Connections | undefined, ConfigFault>> {
  const file = goodFile.replace('stack: local', 'stack: none')
  const folders = createHome(`${file}matrix: ${matrix}\ngateway: { url: "http://127.0.0.1:4000", key: env:GATEWAY_KEY }\n`)
  prepare(folders.home)
  const loaded = await loadHousehold({ ...folders, standIn: false })
  if (!loaded.ok) return loaded
  const variable = (name: string): string | undefined => ({ GATEWAY_KEY: 'sk-1', ...variables })[name]
  return readConnections(loaded.value.file, { home: folders.home, variable })
}

const server = 'homeserver: "http://127.0.0.1:8008"'

describe('readConnections', () => {
  test('the local stack needs none', async () => {
    const folders = createHome()
    const loaded = await loadHousehold({ ...folders, standIn: false })
    if (!loaded.ok) throw new Error(loaded.error.sentence)
    expect(await readConnections(loaded.value.file, { home: folders.home, variable: () => undefined })).toEqual({
      ok: true,
      value: undefined,
    })
  })

  test('an application service is not limited and reads its token from a file of the home', async () => {
    const result = await connect(`{ ${server}, user: "@assistant:localhost", appservice_token: "file:secrets/as" }`, {}, (home) => {
      mkdirSync(join(home, 'secrets'))
      writeFileSync(join(home, 'secrets/as'), 'as-token\n')
    })
    expect(result).toEqual({
      ok: true,
      value: {
        matrix: {
          homeserver: 'http://127.0.0.1:8008',
          credentials: { kind: 'appservice', token: 'as-token', userId: '@assistant:localhost' },
          rateLimit: undefined,
        },
        gateway: { url: 'http://127.0.0.1:4000', key: 'sk-1' },
      },
    })
  })

  test("an ordinary account keeps to the homeserver's default limit, or to the one given", async () => {
    const own = await connect(`{ ${server}, access_token: env:TOKEN }`, { TOKEN: 't' })
    expect(own).toMatchObject({
      value: { matrix: { credentials: { kind: 'account', token: 't', userId: undefined }, rateLimit: { perSecond: 0.2, burst: 10 } } },
    })
    const given = await connect(`{ ${server}, access_token: literal, rate_limit: { per_second: 5, burst: 20 } }`)
    expect(given).toMatchObject({ value: { matrix: { credentials: { token: 'literal' }, rateLimit: { perSecond: 5, burst: 20 } } } })
  })

  test.each([
    ['an unset variable', `{ ${server}, access_token: env:TOKEN }`, 'missing-secret', 'TOKEN is not set'],
    ['a missing file', `{ ${server}, access_token: "file:none" }`, 'missing-secret', 'missing, empty or not readable'],
    ['no token', `{ ${server} }`, 'contradiction', 'needs one token'],
    ['two tokens', `{ ${server}, user: "@a:b", access_token: a, appservice_token: b }`, 'contradiction', 'needs one token'],
    ['an application service without user', `{ ${server}, appservice_token: b }`, 'contradiction', 'matrix.user is missing'],
    ['no homeserver', '{ access_token: a }', 'contradiction', 'matrix.homeserver is missing'],
  ])('%s is refused, with line 18', async (_what, matrix, code, wrong) => {
    const result = await connect(matrix)
    const sentence: unknown = expect.stringMatching(new RegExp(`^ai-ops.yaml, line 18: .*${wrong}`, 'm'))
    expect(result).toMatchObject({ ok: false, error: { code, sentence } })
  })
})
