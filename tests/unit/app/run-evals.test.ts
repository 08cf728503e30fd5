import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readDataFiles } from '../../../src/config/data-files.ts'
import { createSentences } from '../../../src/config/sentences.ts'
import type { ModelRequest } from '../../../src/contracts/chat-model.ts'
import type { Household } from '../../../src/contracts/household.ts'
import type { MemberId } from '../../../src/contracts/ids.ts'
import type { Sentences } from '../../../src/contracts/platform.ts'
import { createInstanceGuardrails } from '../../../src/instance-guardrails.ts'
import { createRailRules } from '../../../src/rail-rules.ts'
import type { InstanceRules } from '../../../src/rail-rules.ts'
import { createEvals, type Evals } from '../../../src/run-evals.ts'
import { InMemoryEdge } from '../../fakes/in-memory-edge.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { ManualClock } from '../../fakes/manual-clock.ts'
import { RecordedMetrics } from '../../fakes/recorded-metrics.ts'
import { fault, usage } from '../../fakes/scripted-model.ts'
import { createTestFolder } from '../../support/test-folder.ts'
import { createHome } from '../config/home-fixture.ts'
import { binding, buildHousehold, FAMILY, member } from '../conversation/conversation-fixtures.ts'

const projectRoot = join(import.meta.dirname, '../../..')
const robin = 'robin' as MemberId
const order = { tenant: FAMILY, member: robin, alias: undefined }

let rules: InstanceRules
let household: Household
let sentences: Sentences
beforeAll(async () => {
  const [loaded, data, said] = await Promise.all([
    createRailRules({ home: createHome().home, projectRoot }),
    readDataFiles(projectRoot),
    createSentences(projectRoot),
  ])
  if (!loaded.ok || !data.ok || !said.ok) throw new Error('what ships is broken')
  rules = loaded.value
  sentences = said.value
  household = buildHousehold([member('robin', { role: 'owner' }), member('mia', { role: 'child' })], [binding()], {
    domains: data.value.domains,
    profiles: data.value.profiles,
  })
})
afterAll(() => rules[Symbol.dispose]())

interface Instance {
  readonly evals: Evals
  readonly home: string
  readonly requests: readonly ModelRequest[]
  readonly tenant: InMemoryTenant
  readonly written: readonly string[]
  readonly warned: readonly string[]
}

/** An instance with the shipped rules and a model that answers everything alike; undefined: it is out of order. */
function open(
  answer: (request: ModelRequest) => string | undefined,
  folders: { readonly home?: string; readonly root?: string } = {},
): Instance {
  const requests: ModelRequest[] = []
  const written: string[] = []
  const warned: string[] = []
  const home = folders.home ?? createTestFolder('home')
  const tenant = new InMemoryTenant(FAMILY, [])
  const edge = new InMemoryEdge([])
  const facts = {
    ...edge.facts,
    read: (key: string) => edge.facts.read(key),
    write: (key: string, value: string) => {
      written.push(key)
      return edge.facts.write(key, value)
    },
  }
  const parts = {
    directory: { current: () => household, onChange: () => () => undefined },
    model: {
      async *stream(request: ModelRequest) {
        requests.push(request)
        const text = answer(request)
        if (text === undefined) {
          yield {
            kind: 'failed',
            error: fault({ code: 'bad-credentials', sentence: 'gateway.bad-credentials', isRetryable: false }),
          } as const
          return
        }
        yield { kind: 'delta', text } as const
        yield { kind: 'end', finish: 'stop', usage: usage() } as const
      },
    },
    tenants: { open: () => tenant, [Symbol.asyncDispose]: () => Promise.resolve() },
    crashPoints: { reach: () => undefined },
    metrics: new RecordedMetrics(),
    log: { info: () => undefined, warn: (event: string) => void warned.push(event), error: () => undefined },
  }
  const safety = createInstanceGuardrails({ ...parts, rules, facts, probe: [], findPersonalData: () => Promise.resolve([]) })
  const evals = createEvals({
    ...parts,
    home,
    projectRoot: folders.root ?? projectRoot,
    openGuardrails: () => safety.withoutMemory(),
    sentences,
    clock: new ManualClock(),
  })
  return { evals, home, requests, tenant, written, warned }
}

async function run(evals: Evals, suite: string, name = 'one') {
  const done = await evals.run({ ...order, suite, name })
  if (!done.ok) throw new Error(done.error.sentence)
  return done.value
}

/** A project with this one suite. */
function projectWith(suite: string): string {
  const root = createTestFolder('project')
  mkdirSync(join(root, 'evals'))
  writeFileSync(join(root, 'evals/own.yaml'), suite)
  return root
}

const own = `name: Own
description: Two rows.
domain: family
pass: { share: 1 }
rows:
  - { id: one, tier: adult, locale: en, text: What is the colour of snow?, expect: { contains_any: [white] } }
  - { id: two, tier: adult, locale: en, text: What is the colour of coal?, expect: { contains_any: [black] } }
`
const kind = (): string => 'Here is a kind answer for you.'

describe('the suite for children', () => {
  test('is passed by a kind model: the rules decide alone what must not be answered, and nothing of it is remembered', async () => {
    const { evals, requests, tenant, written } = open(kind)
    const { result } = await run(evals, 'kid-safety')
    // without a judge the rules are careful with this one
    expect(result.rows.flatMap(({ id, passed }) => (passed ? [] : [id]))).toEqual(['left-out-de'])
    expect(result).toMatchObject({ passes: true, short: [], model: 'scripted' })
    expect(result.of).toBeGreaterThanOrEqual(60)
    const answered = result.rows.filter(({ action }) => action === 'answered')
    expect(requests).toHaveLength(answered.length)
    expect(tenant.openings.map(({ purpose, member: who }) => [purpose, who])).toEqual(requests.map(() => ['eval', robin]))
    expect(tenant.endings).toHaveLength(requests.length)
    expect(new Set(requests.map(({ endUser }) => endUser))).toEqual(new Set(['eval']))
    expect([written, tenant.safety.recorded, tenant.remembered, tenant.written]).toEqual([[], [], [], []])
  })

  test('is not passed by a model that says it is a person, nor by one that is out of order', async () => {
    const claims = await run(open(() => 'I am a girl, and I like owls.').evals, 'kid-safety')
    expect(claims.result.passes).toBe(false)
    // the rules stop it on its way to a child, and then nothing was answered
    expect(claims.result.rows.find(({ id }) => id === 'human-en')?.failures).toEqual(['action:refused'])
    const broken = await run(open(() => undefined).evals, 'kid-safety')
    expect(broken.result.passes).toBe(false)
    expect(broken.result.rows.find(({ id }) => id === 'sums-en')).toMatchObject({ action: 'failed', failures: ['failed:bad-credentials'] })
  })

  test('opens the gate for an alias as it would answer in a room', async () => {
    const { evals, requests } = open(kind)
    const gate = await evals.gate('fast', binding({ profile: undefined }), { member: robin, name: 'again' })
    expect(gate).toMatchObject({ ok: true, value: { passes: true } })
    expect(new Set(requests.map(({ alias }) => alias))).toEqual(new Set(['fast']))
  })

  test('keeps the gate shut for a room whose profile does not exist', async () => {
    const { evals } = open(kind)
    const gate = await evals.gate('fast', binding({ profile: 'no-such-profile' }), { member: robin, name: 'gate' })
    expect(gate).toMatchObject({ ok: true, value: { passes: false } })
  })
})

describe('a run', () => {
  test('is kept for its user alone, without a word of what was asked or answered, and compared with the one before', async () => {
    const home = createTestFolder('home')
    const root = projectWith(own)
    const first = await run(open(() => 'It is white.', { home, root }).evals, 'own')
    expect(first).toMatchObject({ failing: [], passing: [], result: { passes: false, passed: 1 } })
    const { evals } = open(() => 'It is black.', { home, root })
    expect(await evals.last('own')).toEqual(first.result)
    expect(await run(evals, 'own', 'next')).toMatchObject({ failing: ['one'], passing: ['two'] })
    const file = join(home, 'evals/own.jsonl')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).not.toMatch(/white|black|snow|coal/iu)
  })

  test('that cannot be kept still says how it went', async () => {
    const home = createTestFolder('home')
    writeFileSync(join(home, 'evals'), 'a file where the folder belongs')
    const { evals, warned } = open(() => 'It is white or black.', { home, root: projectWith(own) })
    expect(await run(evals, 'own')).toMatchObject({ result: { passes: true } })
    expect(warned).toEqual(['eval-not-kept'])
  })

  test('that is broken off is no result', async () => {
    const { evals, home, requests } = open(kind)
    const stopped = await evals.run({ ...order, suite: 'smoke', name: 'one', signal: AbortSignal.abort() })
    expect(stopped).toMatchObject({ ok: false, error: { code: 'not-finished', sentence: 'The suite was ended after 0 of 10 rows.' } })
    expect([requests, await evals.last('smoke')]).toEqual([[], undefined])
    expect(existsSync(join(home, 'evals'))).toBe(false)
  })

  test('of a suite that does not exist names those that do, one of a broken file its line', async () => {
    const { evals } = open(kind)
    expect(await evals.run({ ...order, suite: '../smoke', name: 'one' })).toMatchObject({
      ok: false,
      error: { code: 'unknown-suite', sentence: 'There is no suite "../smoke". There are: kid-safety, smoke.' },
    })
    const broken = open(kind, { root: projectWith(own.replace('domain: family', 'domain: nowhere')) })
    expect(await broken.evals.run({ ...order, suite: 'own', name: 'one' })).toMatchObject({
      ok: false,
      error: { sentence: expect.stringMatching(/^evals\/own\.yaml, line 3: There is no domain "nowhere"\. Use .*family/u) as unknown },
    })
  })
})

describe('a judged row', () => {
  const judged = own.replace('contains_any: [white]', 'judged: Does the answer name a colour?')
  const answers = (verdict: string) => (request: ModelRequest) => (request.alias === 'judge' ? verdict : 'It is black.')

  test.each([
    ['yes', '{"yes": true}', []],
    ['no', '{"yes": false}', ['judged']],
    ['something else', 'Perhaps.', ['judged']],
  ])('whose judge says %s', async (_what, verdict, failures) => {
    const { evals, tenant, requests } = open(answers(verdict), { root: projectWith(judged) })
    const { result } = await run(evals, 'own')
    expect(result.rows[0]?.failures).toEqual(failures)
    expect(requests.filter(({ alias }) => alias === 'judge')).toMatchObject([{ temperature: 0, endUser: 'eval', maxTokens: 60 }])
    // each call has a turn of its own, so that none ends another's row
    expect(new Set(tenant.openings.map(({ turn, attempt, call }) => `${turn} ${String(attempt)}.${String(call)}`)).size).toBe(
      requests.length,
    )
    expect(tenant.openings.every(({ purpose }) => purpose === 'eval')).toBe(true)
  })
})

describe('trying a model', () => {
  test('says who answered and what it cost, or why nobody did', async () => {
    const { evals } = open(() => 'ready')
    expect(await evals.tryModel('fast', { ...order, name: 'one' })).toEqual({
      ok: true,
      value: { model: 'scripted', ms: 0, costNanoUsd: 700 },
    })
    const broken = await open(() => undefined).evals.tryModel('fast', { ...order, name: 'one' })
    expect(broken).toEqual({ ok: false, error: { code: 'bad-credentials', sentence: 'gateway.bad-credentials' } })
  })
})
