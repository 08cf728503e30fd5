import { describe, expect, test } from 'vitest'
import type { Judge, JudgeQuestion, JudgeState, JudgeVerdict, RailSubject } from '../../../src/contracts/guardrails.ts'
import type { Tier } from '../../../src/contracts/household.ts'
import type { MemberId, TenantId } from '../../../src/contracts/ids.ts'
import type { Action, Band, Finding, HelpLine, RailBook, RailInput, RailPolicy } from '../../../src/contracts/rails.ts'
import { createRailEngine } from '../../../src/guardrails/engine.ts'
import type { RailCheck } from '../../../src/guardrails/engine.ts'
import { createGuardrails } from '../../../src/guardrails/guardrails.ts'
import { laxPolicy, strictPolicy } from './policy-fixture.ts'
import { subject } from './subject-fixture.ts'

const lines: readonly HelpLine[] = (['children', 'suicide', 'abuse', 'children'] as const).map((kind, index) => ({
  name: `${kind}-${String(index)}`,
  for: kind,
  phone: '1',
  web: undefined,
  source: 'x',
  date: '2026-11-25',
}))

/** Says what the text asks for: `weapons:refuse`, `self-harm:ask-judge`, … */
const says: RailCheck = (_variants, { text }): readonly Finding[] =>
  [...text.matchAll(/(?<category>[\w-]+):(?<action>refuse|care|ask-judge)(?:@(?<score>[\d.]+))?/gu)].map(({ 0: whole, groups, index }) => ({
    rail: 'kid-safety',
    category: groups?.['category'] ?? '',
    score: Number(groups?.['score'] ?? 1),
    variant: 'plain',
    spans: [{ type: 'x', start: index, end: index + whole.length }],
    action: groups?.['action'] as Action,
  }))

class House {
  verdict: JudgeVerdict | undefined
  judgeState: JudgeState = { kind: 'away' }
  readonly asked: JudgeQuestion[] = []
  readonly inputs: RailInput[] = []
  readonly logged: unknown[] = []
  readonly facts = new Map<string, string>()
  policy: RailPolicy = strictPolicy

  readonly judge: Judge = {
    ask: async (question) => {
      this.asked.push(question)
      return this.verdict
    },
    state: () => this.judgeState,
  }

  book: RailBook = {
    engineOf: () => {
      const policies = new Map<Tier, RailPolicy>([['child', strictPolicy]])
      const household = { names: ['Charlotte'], addresses: [], countries: ['DE'] }
      const engine = createRailEngine({ policies, household, learned: [says] })
      return {
        check: (input) => {
          this.inputs.push(input)
          return engine.check(input)
        },
      }
    },
    policyOf: () => this.policy,
    helpLinesOf: () => lines,
  }

  readonly guardrails = createGuardrails({
    rules: { current: () => this.book },
    riskStore: {
      read: async (key) => this.facts.get(key),
      write: async (key, value) => void this.facts.set(key, value),
    },
    judge: this.judge,
    // finds who is not of the household
    findPersonalData: async (text) => [...text.matchAll(/Sam/gu)].map(({ index }) => ({ type: 'PERSON', start: index, end: index + 3 })),
    log: {
      info: (event, facts) => void this.logged.push({ event, ...facts }),
      warn: () => undefined,
      error: () => undefined,
    },
  })

  open(change: Partial<RailSubject> = {}): ReturnType<typeof this.guardrails.open> {
    return this.guardrails.open({ ...subject, ...change })
  }
}

describe('a question', () => {
  test('that nobody minds passes, and the model reads no names', async () => {
    const house = new House()
    const rails = house.open()
    expect(await rails.checkInput('Where is Charlotte?', [])).toEqual({ kind: 'pass', text: 'Where is [NAME_1]?' })
    expect(await rails.hide('Charlotte was here')).toBe('[NAME_1] was here')
    expect(await rails.checkOutput('[NAME_1] is at home.', '')).toEqual({ kind: 'pass', text: 'Charlotte is at home.' })
  })

  test('is also read by who finds names in free text', async () => {
    const house = new House()
    house.policy = { ...strictPolicy, pii: { ...strictPolicy.pii, in: [...strictPolicy.pii.in, 'PERSON'] } }
    const rails = house.open()
    expect(await rails.checkInput('Sam and Charlotte', [])).toEqual({ kind: 'pass', text: '[NAME_1] and [NAME_2]' })
    expect(await rails.hide('with Sam')).toBe('with [NAME_1]')
  })

  test.each([
    ['weapons:refuse', 'child', { action: 'refuse', sentence: 'refusal.danger', mayAskParent: true, incident: { severity: 'high' } }],
    ['sexual:refuse', 'teen', { sentence: 'refusal.grown-up', mayAskParent: true, incident: { severity: 'medium' } }],
    ['manipulation:refuse', 'child', { sentence: 'refusal.role', incident: { severity: 'low' } }],
    ['self-harm:care', 'child', { action: 'care', sentence: 'care.self-harm', mayAskParent: false, incident: { severity: 'high' } }],
    ['harm-at-home:care', 'child', { sentence: 'care.harm-at-home', helpLines: [lines[0], lines[3], lines[2]] }],
    ['self-harm:care', 'adult', { sentence: 'care.self-harm-adult', helpLines: [lines[1]], incident: undefined, mayAskParent: false }],
    ['weapons:refuse', 'adult', { sentence: 'guardrail.refused', incident: undefined, mayAskParent: false }],
  ] as const)('%s of a %s', async (text, tier, expected) => {
    const house = new House()
    expect(await house.open({ tier }).checkInput(text, [])).toMatchObject({ kind: 'stop', direction: 'in', ...expected })
  })

  test('a guardian allowed is not judged again, but still hides names', async () => {
    const rails = new House().open({ approved: true })
    expect(await rails.checkInput('Charlotte asks weapons:refuse', [])).toEqual({ kind: 'pass', text: '[NAME_1] asks weapons:refuse' })
    expect(await rails.checkOutput('weapons:refuse', '')).toMatchObject({ kind: 'stop', sentence: 'refusal.answer' })
  })

  test('no log holds harm at home by its name, and none the text', async () => {
    const house = new House()
    await house.open().checkInput('secretword harm-at-home:care', [])
    expect(JSON.stringify(house.logged)).not.toMatch(/secretword|harm-at-home/u)
    expect(house.logged).toHaveLength(1)
  })
})

describe('what is recalled', () => {
  test('is read once as long as the rules stay, and apart for each reader', async () => {
    const house = new House()
    const hide = async (change: Partial<RailSubject> = {}): Promise<number> => {
      await house.open(change).hide('good morning')
      return house.inputs.length
    }
    expect(await hide()).toBe(1)
    expect(await hide()).toBe(1)
    expect(await hide({ member: 'ben' as MemberId })).toBe(2)
    expect(await hide({ tenant: 'work' as TenantId })).toBe(3)
    house.book = { ...house.book }
    expect(await hide()).toBe(4)
  })

  test('is hidden anew each time if something had to be hidden', async () => {
    const house = new House()
    for (let turn = 0; turn < 2; turn += 1) expect(await house.open().hide('Charlotte was here')).toBe('[NAME_1] was here')
  })
})

describe('what the rules cannot decide', () => {
  test('the judge decides, and is told what came before', async () => {
    const house = new House()
    house.verdict = { category: 'none', action: 'allow', model: 'wise' }
    expect(await house.open().checkInput('weapons:ask-judge', ['earlier'])).toMatchObject({ kind: 'pass' })
    expect(house.asked).toMatchObject([{ direction: 'in', text: 'weapons:ask-judge', before: ['earlier'] }])
    house.verdict = { category: 'grooming', action: 'care', model: 'wise' }
    expect(await house.open().checkInput('weapons:ask-judge', [])).toMatchObject({ action: 'care', sentence: 'care.grooming' })
  })

  test('the judge reads no more than the model that answers', async () => {
    const house = new House()
    house.verdict = { category: 'none', action: 'allow', model: 'wise' }
    const rails = house.open({ tier: 'teen' })
    await rails.checkInput('Charlotte weapons:ask-judge', ['Charlotte was here'])
    await rails.checkOutput('Charlotte weapons:ask-judge', '')
    expect(house.asked.map(({ text, before }) => [text, before])).toEqual([
      ['[NAME_1] weapons:ask-judge', ['[NAME_1] was here']],
      ['Charlotte weapons:ask-judge', []],
    ])
  })

  test('is chosen widely once a judge stands ready, and what it does not answer is decided as without one', async () => {
    const house = new House()
    house.judgeState = { kind: 'open', model: 'wise', right: 60, of: 60 }
    const bandOfLast = (): Band | undefined => house.inputs.at(-1)?.policy?.kidSafety.bands.in
    await house.open().checkInput('hello', [])
    expect(bandOfLast()).toEqual({ judgeFrom: 0.3, actFrom: 1 })
    expect(house.inputs.at(-1)?.policy?.injection.in).toEqual({ judgeFrom: 0.3, actFrom: 1, action: 'refuse' })
    expect(await house.open().checkInput('weapons:refuse', [])).toMatchObject({ action: 'refuse', sentence: 'refusal.danger' })
    expect(house.asked).toEqual([])
    expect(await house.open().checkInput('weapons:ask-judge', [])).toMatchObject({ sentence: 'refusal.undecided' })
    house.verdict = { category: 'none', action: 'allow', model: 'wise' }
    expect(await house.open().checkInput('weapons:ask-judge', [])).toMatchObject({ kind: 'pass' })
    const before = house.asked.length
    await house.open({ approved: true }).checkInput('weapons:ask-judge', [])
    expect(house.asked).toHaveLength(before)
  })

  test('is kindly refused without one, without a word to guardians; where somebody may be in danger it is met with care', async () => {
    const house = new House()
    const refused = await house.open().checkInput('weapons:ask-judge', [])
    expect(refused).toMatchObject({ action: 'refuse', sentence: 'refusal.undecided', incident: undefined, mayAskParent: true })
    const cared = await house.open().checkInput('self-harm:ask-judge', [])
    expect(cared).toMatchObject({ action: 'care', sentence: 'care.self-harm', incident: { severity: 'low' } })
  })

  test('passes with a line in the log where the policy says so', async () => {
    const house = new House()
    house.policy = laxPolicy
    expect(await house.open({ tier: 'adult' }).checkInput('weapons:ask-judge', [])).toMatchObject({ kind: 'pass' })
    expect(house.logged).toEqual([
      { event: 'rail-undecided', turn: 't1', tier: 'adult', direction: 'in', rail: 'kid-safety', category: 'weapons' },
    ])
  })
})

describe('an answer', () => {
  test('loses what it must not hold, and nothing of the turn fills the gap', async () => {
    const rails = new House().open()
    await rails.checkInput('call 0171 1234567', [])
    const outcome = await rails.checkOutput('Yours is [PHONE_1], mine 0172 7654321.', '')
    expect(outcome).toEqual({ kind: 'pass', text: 'Yours is 0171 1234567, mine […].' })
  })

  test('that seeks closeness is taken back: nobody is comforted for what the assistant did', async () => {
    const rails = new House().open()
    expect(await rails.checkOutput('grooming:care', '')).toMatchObject({ action: 'refuse', sentence: 'refusal.answer', helpLines: [] })
    expect(await rails.checkOutput('self-harm:care', '')).toMatchObject({ action: 'care', sentence: 'care.self-harm' })
  })

  test('is read across the cut between two units, once', async () => {
    const house = new House()
    const rails = house.open({ tier: 'teen' })
    expect(await rails.checkOutput('fuse and more', 'Here come weapons:re')).toMatchObject({ kind: 'stop', category: 'weapons' })
    expect(await rails.checkOutput('Fine.', 'weapons:refuse was seen')).toEqual({ kind: 'pass', text: 'Fine.' })
  })
})

describe('an escalation', () => {
  const risky = async (house: House): Promise<void> => {
    await house.open().checkInput('weapons:refuse', [])
    await house.open().checkInput('violence:refuse', [])
  }
  const bandOfLast = (house: House): number | undefined => house.inputs.at(-1)?.policy?.kidSafety.bands.in.judgeFrom

  test('lowers the band for what would pass, in this room and for this member alone, and over a restart', async () => {
    const house = new House()
    await house.open().checkInput('hello', [])
    expect(bandOfLast(house)).toBe(0.5)
    await risky(house)
    await house.open().checkInput('hello', [])
    expect(bandOfLast(house)).toBeLessThan(0.5)
    await house.open({ member: 'ben' as MemberId }).checkInput('hello', [])
    expect(bandOfLast(house)).toBe(0.5)
    const restarted = new House()
    for (const [key, value] of house.facts) restarted.facts.set(key, value)
    await restarted.open().checkInput('hello', [])
    expect(bandOfLast(restarted)).toBeLessThan(0.5)
  })

  test('decays, and never makes a refusal looser', async () => {
    const house = new House()
    await risky(house)
    expect(await house.open().checkInput('weapons:refuse', [])).toMatchObject({ category: 'weapons', action: 'refuse' })
    for (let turn = 0; turn < 40; turn += 1) await house.open().checkInput('hello', [])
    expect(bandOfLast(house)).toBe(0.5)
    expect([...house.facts.values()]).toEqual(['[0,null]'])
  })

  test('of a grown-up is not kept', async () => {
    const house = new House()
    await house.open({ tier: 'adult' }).checkInput('weapons:refuse', [])
    expect(house.facts.size).toBe(0)
  })
})
