import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readEnvironment } from '../../../src/config/environment.ts'
import type { Environment } from '../../../src/config/environment.ts'
import { serveHome } from '../../../src/data/home-socket.ts'
import { openKeyRing } from '../../../src/data/key-ring.ts'
import { resolveMasterKey } from '../../../src/data/master-key.ts'
import { examine } from '../../../src/doctor.ts'
import { openDownServer } from '../../../src/interfaces/http/health-server.ts'
import type { Finding } from '../../../src/interfaces/terminal/terminal-ports.ts'
import { takePortBase } from '../../support/free-ports.ts'

let place = ''
let home = ''
let portBase = 0
beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'ai-ops-doctor-'))
  home = join(place, 'home')
  portBase = await takePortBase()
})
afterEach(() => rmSync(place, { recursive: true, force: true }))

function environment(variables: Readonly<Record<string, string>> = {}): Environment {
  const read = readEnvironment({ variables: { AI_OPS_HOME: home, AI_OPS_PORT_BASE: String(portBase), ...variables }, cwd: place })
  if (!read.ok) throw new Error(read.error.sentence)
  return read.value
}

async function find(name: string, variables?: Readonly<Record<string, string>>): Promise<Finding | undefined> {
  return (await examine(environment(variables))).find((finding) => finding.name === name)
}

async function makeHome(configuration: string = household): Promise<void> {
  const master = await resolveMasterKey({ home, value: undefined, command: undefined })
  if (!master.ok) throw new Error(master.error.sentence)
  const keys = openKeyRing(home, master.value.key)
  if (!keys.ok) throw new Error(keys.error.sentence)
  keys.value[Symbol.dispose]()
  writeFileSync(join(home, 'ai-ops.yaml'), configuration)
}

const household = `version: 1
instance: { name: Home, stack: local }
tenants: { family: { name: Family } }
members: { me: { user: "@me:localhost", name: Me, role: owner, tenant: family } }
rooms: {}
`

const withChild = household.replace(' } }\nrooms', ' }, kid: { user: "@kid:localhost", name: Kid, role: child, tenant: family } }\nrooms')
const elsewhere = `matrix: { homeserver: http://127.0.0.1:1, access_token: t }
gateway: { url: http://127.0.0.1:2, key: k }
models: { smart: { model: anthropic/claude-x } }
rooms: {}
`
const accepted = 'minors_terms: [{ provider: anthropic, accepted_by: me, on: 2026-11-25 }]\n'

describe('the doctor', () => {
  it('says what makes a home where there is none, and makes none itself', async () => {
    expect(await find('data home')).toMatchObject({ state: 'note', cure: 'npm start makes it' })
    expect(await find('assistant')).toBeUndefined()
  })

  it('finds a home that is not running in order, and says that key and data share a folder', async () => {
    await makeHome()
    const findings = await examine(environment())
    expect(findings.filter(({ state }) => state === 'fault')).toEqual([])
    expect(findings).toContainEqual(expect.objectContaining({ name: 'configuration', detail: '1 members, 0 rooms' }))
    expect(findings).toContainEqual(expect.objectContaining({ name: 'assistant', state: 'note', detail: 'not running' }))
    expect(await find('master key')).toMatchObject({
      state: 'note',
      detail: expect.stringContaining('key and data lie in the same folder'),
      cure: expect.stringContaining('AI_OPS_MASTER_KEY_COMMAND'),
    })
  })

  it('is content with a master key from elsewhere', async () => {
    await makeHome()
    expect(await find('master key', { AI_OPS_MASTER_KEY: 'ab'.repeat(32) })).toMatchObject({
      state: 'ok',
      detail: 'from AI_OPS_MASTER_KEY',
    })
  })

  it('names what is wrong with the configuration', async () => {
    await makeHome(household.replace('tenant: family', 'tenant: firm'))
    const finding = await find('configuration')
    expect(finding).toMatchObject({ state: 'fault', detail: expect.stringMatching(/ai-ops\.yaml.*"firm"/s) })
    expect(finding?.cure).toBeDefined()
  })

  it('says how much gets past the rules, with a judge only where that was measured here', async () => {
    const alone = expect.stringMatching(
      /^No filter catches everything\. Of 100 unsafe questions \d+ pass with rules alone \(own dev rows, 20\d\d-\d\d-\d\d\), .* not measured here\.$/,
    ) as string
    expect(await find('guardrails')).toMatchObject({ state: 'ok', detail: alone })
    await makeHome()
    expect(await find('guardrails')).toMatchObject({ state: 'ok', detail: alone })
    const own = { date: '2026-12-01', passWithJudge: 9, rows: 222, judge: 'x/y' }
    writeFileSync(join(home, 'guardrails-measured.json'), JSON.stringify(own))
    expect((await find('guardrails'))?.detail).toContain(', 9 with your judge (x/y, 2026-12-01).')
    writeFileSync(join(home, 'guardrails-measured.json'), JSON.stringify({ ...own, passWithJudge: 900 }))
    expect(await find('guardrails')).toMatchObject({
      state: 'fault',
      detail: expect.stringContaining('guardrails-measured.json') as string,
    })
  })

  it('finds rules that are looser for a child with nobody to answer for it, and says a fault of the file once', async () => {
    await makeHome(household.replace('{ name: Family }', '{ name: Family, guardrails: { without_judge: allow } }'))
    expect(await find('guardrails')).toMatchObject({ state: 'fault', detail: expect.stringContaining('approved_by') as string })
    writeFileSync(join(home, 'ai-ops.yaml'), household.replace('tenant: family', 'tenant: firm'))
    const faults = (await examine(environment())).filter(({ state }) => state === 'fault')
    expect(faults.map(({ name }) => name)).toEqual(['configuration'])
  })

  it('tells when others can read the home', async () => {
    await makeHome()
    chmodSync(home, 0o755)
    expect(await find('data home')).toMatchObject({ state: 'note', cure: `chmod 700 ${home}` })
  })

  it('says of each alias in use whether minors may use it, and what to do', async () => {
    await makeHome(`${withChild.replace('rooms: {}', '').replace('stack: local', 'stack: none')}${elsewhere}`)
    expect(await find('model smart')).toEqual({
      name: 'model smart',
      state: 'note',
      detail: "anthropic/claude-x: children's rooms no, teens' rooms no",
      cure: expect.stringMatching(/support\.anthropic\.com.*minors_terms: \[\{ provider: anthropic, accepted_by: ID, on: DATE \}\]/),
    })
    await makeHome(`${withChild.replace('rooms: {}', '').replace('stack: local', 'stack: none')}${elsewhere}${accepted}`)
    expect(await find('model smart')).toMatchObject({
      state: 'ok',
      detail: expect.stringContaining("children's rooms yes"),
      cure: undefined,
    })
  })

  it('says of the stand-in that children need a real model, and nothing to a household of adults', async () => {
    for (const [text, state, cure] of [
      [withChild, 'note', expect.stringContaining('connect a real model')],
      [household, 'ok', undefined],
    ] as const) {
      await makeHome(text)
      expect(await find('model smart')).toBeUndefined()
      mkdirSync(join(home, 'run'), { recursive: true })
      const targets = [{ alias: 'smart', model: 'openai/smollm2-135m', provider: 'own-server', isStandIn: true, fallbacks: [] }]
      writeFileSync(join(home, 'run/servers.json'), JSON.stringify({ homeserver: {}, prices: [], targets }))
      expect(await find('model smart')).toMatchObject({
        state,
        detail: "openai/smollm2-135m: children's rooms no, teens' rooms yes",
        cure,
      })
      rmSync(join(home, 'run/servers.json'))
    }
  })

  it('shows the parts of a running instance, with the cure of what is missing', async () => {
    await makeHome()
    const checks = [
      { name: 'homeserver', ok: false, detail: 'signing in' },
      { name: 'gateway', ok: true, detail: 'answers' },
    ]
    const status = { pid: 7, device: 'DEVICE', ready: false, checks, judge: 'being tried' }
    const served = await serveHome({
      home,
      handlers: { status: () => Promise.resolve({ ok: true, value: status }) },
      onSurprise: () => undefined,
    })
    if (!served.ok) throw new Error(served.error.sentence)
    await using _instance = served.value
    expect(await find('assistant')).toMatchObject({ state: 'fault', detail: 'process 7, device DEVICE' })
    expect(await find('homeserver')).toMatchObject({
      state: 'fault',
      detail: 'signing in',
      cure: expect.stringContaining('logs/synapse.log'),
    })
    expect(await find('gateway')).toMatchObject({ state: 'ok' })
    expect(await find('judge')).toMatchObject({ state: 'ok', detail: 'being tried' })
  })

  it('knows from the health port why an assistant is down', async () => {
    await makeHome()
    const server = await openDownServer(portBase + 4, 'exit code 70')
    if (!server.ok) throw new Error(server.error.sentence)
    await using _down = server.value
    expect(await find('assistant')).toMatchObject({ state: 'fault', detail: 'down (exit code 70)' })
  })
})
