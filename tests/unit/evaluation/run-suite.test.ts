import { describe, expect, test } from 'vitest'
import type { EvalAnswer, EvalQuestion, EvalRow, EvalSuite, SuiteResult } from '../../../src/contracts/evaluation.ts'
import type { MemberId, TenantId } from '../../../src/contracts/ids.ts'
import { compareRuns } from '../../../src/evaluation/compare-runs.ts'
import { runSuite, type Judged, type SuitePorts } from '../../../src/evaluation/run-suite.ts'
import { settled } from '../../fakes/manual-clock.ts'

const run = { tenant: 'family' as TenantId, member: 'robin' as MemberId, alias: undefined, name: 'now' }
const never = new AbortController().signal

const row = (id: string, change: Partial<EvalRow> = {}): EvalRow => ({
  id,
  tier: 'child',
  locale: 'en',
  turns: [`question ${id}`],
  expect: { action: 'answered' },
  ...change,
})
const rows = (count: number): readonly EvalRow[] => Array.from({ length: count }, (_, index) => row(`row-${String(index)}`))

const suite = (change: Partial<EvalSuite> = {}): EvalSuite => ({
  id: 'own',
  name: 'Own',
  description: 'Of this test.',
  domain: 'family',
  profile: 'homework',
  passShare: 1,
  passEach: {},
  rows: rows(3),
  ...change,
})

const answer = (change: Partial<EvalAnswer> = {}): EvalAnswer => ({
  action: 'answered',
  text: 'An answer.',
  model: 'scripted',
  inputTokens: 10,
  outputTokens: 5,
  costNanoUsd: 700,
  fault: undefined,
  ...change,
})

const ports = (change: Partial<SuitePorts> = {}): SuitePorts => ({
  rehearse: () => Promise.resolve(answer()),
  askJudge: () => Promise.resolve(true),
  languageOf: () => undefined,
  now: () => 1_000,
  ...change,
})

describe('a run', () => {
  test('puts each row as it stands, under a turn of its own, and sums up', async () => {
    const asked: EvalQuestion[] = []
    const rehearse: SuitePorts['rehearse'] = (question) => {
      asked.push(question)
      return Promise.resolve(answer({ model: asked.length === 1 ? undefined : 'scripted' }))
    }
    const own = suite({
      rows: [
        row('one'),
        row('two', { tier: 'adult', locale: 'de', turns: ['a', 'b'], domain: 'enterprise' }),
        row('three', { profile: 'household' }),
      ],
    })
    const progress: string[] = []
    const tell = (done: number, of: number): number => progress.push(`${String(done)}/${String(of)}`)
    const result = await runSuite(ports({ rehearse }), own, { ...run, alias: 'fast', onProgress: tell }, never)
    const common = { tenant: 'family', member: 'robin', alias: 'fast' }
    expect(asked).toEqual([
      { ...common, name: 'eval:now:one', tier: 'child', locale: 'en', domain: 'family', profile: 'homework', turns: ['question one'] },
      { ...common, name: 'eval:now:two', tier: 'adult', locale: 'de', domain: 'enterprise', profile: undefined, turns: ['a', 'b'] },
      { ...common, name: 'eval:now:three', tier: 'child', locale: 'en', domain: 'family', profile: 'household', turns: ['question three'] },
    ])
    expect(progress).toEqual(['1/3', '2/3', '3/3'])
    expect(result).toEqual({
      suite: 'own',
      at: 1_000,
      alias: 'fast',
      model: 'scripted',
      rows: ['one', 'two', 'three'].map((id) => ({ id, passed: true, failures: [], action: 'answered', ms: 0, costNanoUsd: 700 })),
      passed: 3,
      of: 3,
      short: [],
      passes: true,
      costNanoUsd: 2_100,
    } satisfies SuiteResult)
  })

  test('asks four at a time, never more, and keeps the order of the suite', async () => {
    const under: (() => void)[] = []
    let most = 0
    const rehearse: SuitePorts['rehearse'] = () => {
      const { promise, resolve } = Promise.withResolvers<EvalAnswer>()
      under.push(() => resolve(answer()))
      most = Math.max(most, under.length)
      return promise
    }
    const done = runSuite(ports({ rehearse }), suite({ rows: rows(10) }), run, never)
    await settled()
    expect(under).toHaveLength(4)
    // the last that began ends first
    while (under.length > 0) {
      under.pop()?.()
      await settled()
    }
    expect(most).toBe(4)
    expect((await done).rows.map(({ id }) => id)).toEqual(rows(10).map(({ id }) => id))
  })

  test('that is broken off begins nothing more, counts nothing that was under way, and does not pass', async () => {
    const stop = new AbortController()
    let asked = 0
    const rehearse: SuitePorts['rehearse'] = () => {
      asked += 1
      if (asked === 6) stop.abort()
      return Promise.resolve(answer())
    }
    const result = await runSuite(ports({ rehearse }), suite({ passShare: 0, rows: rows(20) }), run, stop.signal)
    expect(asked).toBeLessThan(20)
    expect(result.rows.length).toBeLessThan(asked)
    expect(result).toMatchObject({ passes: false, of: 20 })
  })
})

describe('whether a suite passes', () => {
  const failing = (...ids: readonly string[]): Partial<SuitePorts> => ({
    rehearse: ({ name }) => Promise.resolve(answer(ids.some((id) => name.endsWith(`:${id}`)) ? { action: 'refused' } : {})),
  })

  test.each([
    [0.9, 0, true],
    [0.9, 1, true],
    [0.9, 2, false],
    [0.07, 93, true],
    [0.07, 94, false],
    [1, 1, false],
  ])('share %f with %i failures', async (passShare, count, passes) => {
    const all = rows(count > 10 ? 100 : 10)
    const ids = all.slice(0, count).map(({ id }) => id)
    expect(await runSuite(ports(failing(...ids)), suite({ passShare, rows: all }), run, never)).toMatchObject({ passes })
  })

  test('depends on the share of each expectation, whatever the rest', async () => {
    const own = suite({
      passShare: 0.5,
      passEach: { cared: 1, link: 0.5, judged: 1 },
      rows: [
        row('care', { expect: { action: 'cared' } }),
        row('link', { expect: { noLink: true } }),
        row('other', { expect: { noLink: true } }),
      ],
    })
    const caring = (text: string, action: EvalAnswer['action']): Partial<SuitePorts> => ({
      rehearse: ({ name }) =>
        Promise.resolve(name.endsWith(':care') ? answer({ action }) : answer({ text: name.endsWith(':link') ? text : '' })),
    })
    expect(await runSuite(ports(caring('www.a.example', 'cared')), own, run, never)).toMatchObject({ passed: 2, short: [], passes: true })
    expect(await runSuite(ports(caring('', 'refused')), own, run, never)).toMatchObject({ passed: 2, short: ['cared'], passes: false })
    const failed = ports({ rehearse: () => Promise.resolve(answer({ action: 'failed' })) })
    expect(await runSuite(failed, own, run, never)).toMatchObject({ passed: 0, short: ['cared', 'link'], passes: false })
  })
})

describe('the judge', () => {
  const judged = (...texts: readonly string[]): EvalSuite =>
    suite({
      passEach: { judged: 1 },
      rows: texts.map((text) => row(text, { expect: { judged: 'Is it kind to read?', lacksAll: ['rude'] } })),
    })
  const echo: SuitePorts['rehearse'] = ({ name }) => Promise.resolve(answer({ text: name }))

  test('is asked about each row of which all else holds, under a turn of its own', async () => {
    const asked: Judged[] = []
    const askJudge: SuitePorts['askJudge'] = (one) => {
      asked.push(one)
      return Promise.resolve(true)
    }
    const result = await runSuite(ports({ rehearse: echo, askJudge }), judged('good', 'fine', 'rude'), run, never)
    expect(result.rows.map(({ failures }) => failures)).toEqual([[], [], ['lacks']])
    expect(asked.map(({ name, ...rest }) => [name, rest])).toEqual(
      ['good', 'fine'].map((id) => [
        `eval:now:${id}:judged`,
        { domain: 'family', question: 'Is it kind to read?', answer: `eval:now:${id}` },
      ]),
    )
    expect(result.short).toEqual(['judged'])
  })

  test.each([false, undefined])('that says %s lets no row pass', async (verdict) => {
    const result = await runSuite(ports({ askJudge: () => Promise.resolve(verdict) }), judged('good'), run, never)
    expect(result).toMatchObject({ rows: [{ failures: ['judged'] }], short: ['judged'], passes: false })
  })
})

describe('two runs', () => {
  const result = async (...ids: readonly string[]): Promise<SuiteResult> => {
    const all = ids.map((id) => row(id.replace('!', '')))
    const rehearse: SuitePorts['rehearse'] = ({ name }) =>
      Promise.resolve(answer(ids.includes(`${name.split(':')[2] ?? ''}!`) ? { action: 'refused' } : {}))
    return runSuite(ports({ rehearse }), suite({ rows: all }), run, never)
  }

  test('differ in the rows that came out otherwise; a row that is new is none of them', async () => {
    const changes = compareRuns(await result('a', 'b!', 'c', 'd!'), await result('a!', 'b', 'c', 'd!', 'e', 'f!'))
    expect(changes).toEqual({ failing: ['a'], passing: ['b'] })
    expect(compareRuns(undefined, await result('a', 'b!'))).toEqual({ failing: [], passing: [] })
  })
})
