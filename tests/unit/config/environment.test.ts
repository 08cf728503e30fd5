import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readEnvironment } from '../../../src/config/environment.ts'
import type { Environment } from '../../../src/config/environment.ts'
import { createTestFolder } from '../../support/test-folder.ts'

function folder(env?: string): string {
  const path = createTestFolder('environment')
  if (env !== undefined) writeFileSync(join(path, '.env'), env)
  return path
}

function read(variables: Readonly<Record<string, string>>, cwd = folder(), projectRoot = folder()): Environment {
  const result = readEnvironment({ variables, cwd, projectRoot })
  if (!result.ok) throw new Error(result.error.sentence)
  return result.value
}

describe('readEnvironment', () => {
  test('has the public defaults', () => {
    const projectRoot = folder()
    const environment = read({}, folder(), projectRoot)
    expect(environment.home).toBe(join(projectRoot, '.ai-ops'))
    expect(environment.ports).toEqual({ homeserver: 8008, gateway: 4000, api: 8787, model: 8788, metrics: 9464 })
    expect(environment).toMatchObject({ providers: {}, noColor: false, ci: false, locale: 'en', masterKey: undefined })
  })

  test('a port base moves all five ports', () => {
    expect(read({ AI_OPS_PORT_BASE: '18000' }).ports).toEqual({
      homeserver: 18000,
      gateway: 18001,
      api: 18002,
      model: 18003,
      metrics: 18004,
    })
  })

  test.each(['eighty', '0', '-1', '65532', '80.5', '0x50', '1e3'])('port base %s is refused with the cure', (base) => {
    const result = readEnvironment({ variables: { AI_OPS_PORT_BASE: base }, cwd: folder(), projectRoot: folder() })
    const sentence: unknown = expect.stringContaining(`AI_OPS_PORT_BASE is "${base}"`)
    expect(result).toMatchObject({ ok: false, error: { code: 'bad-port-base', sentence } })
  })

  test('reads .env: comments, quotes, export, Windows line ends, a byte order mark', () => {
    const env =
      '\uFEFF# keys\r\nANTHROPIC_API_KEY=abc # mine\r\nexport OPENAI_API_KEY="x y#z"\r\nGEMINI_API_KEY=\'a"b\'\r\nAI_OPS_HOME=data\r\n'
    const cwd = folder(env)
    const environment = read({}, cwd)
    expect(environment.providers).toEqual({ ANTHROPIC_API_KEY: 'abc', OPENAI_API_KEY: 'x y#z', GEMINI_API_KEY: 'a"b' })
    expect(environment.home).toBe(join(cwd, 'data'))
  })

  test('set variables win over .env, even set to nothing; the nearer .env wins over the project', () => {
    const cwd = folder('OPENAI_API_KEY=near\nGEMINI_API_KEY=near\n')
    const projectRoot = folder('OPENAI_API_KEY=far\nANTHROPIC_API_KEY=far\nOCI_USER=far\n')
    const environment = read({ ANTHROPIC_API_KEY: '', GEMINI_API_KEY: 'set' }, cwd, projectRoot)
    expect(environment.providers).toEqual({ OPENAI_API_KEY: 'near', GEMINI_API_KEY: 'set', OCI_USER: 'far' })
  })

  test('a child gets what it needs to run and no secret', () => {
    const { childVariables } = read({ PATH: '/bin', HOME: '/h', OPENAI_API_KEY: 'secret', AI_OPS_MASTER_KEY: 'secret' })
    expect(childVariables).toEqual({ PATH: '/bin', HOME: '/h' })
  })

  test('a model name without an address, an address and a number that are none, are refused', () => {
    const refused = (variables: Readonly<Record<string, string>>): unknown =>
      readEnvironment({ variables, cwd: folder(), projectRoot: folder() })
    expect(refused({ AI_OPS_MODEL_NAME: 'm' })).toMatchObject({ error: { code: 'model-url-missing' } })
    expect(refused({ AI_OPS_UNDECRYPTABLE_NOTICE_MS: 'soon' })).toMatchObject({ error: { code: 'bad-number' } })
    expect(refused({ AI_OPS_MODEL_BASE_URL: 'localhost:1' })).toMatchObject({ error: { code: 'bad-model-url' } })
    expect(refused({ AI_OPS_MODEL_NAME: 'm', AI_OPS_MODEL_BASE_URL: 'http://127.0.0.1:1/v1' })).toMatchObject({ ok: true })
  })

  test('the language comes from the first locale variable that is set', () => {
    expect(read({ LANG: 'de_AT.UTF-8' }).locale).toBe('de')
    expect(read({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }).locale).toBe('en')
  })
})
