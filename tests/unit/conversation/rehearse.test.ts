import { describe, expect, test } from 'vitest'
import type { EvalAnswer, EvalQuestion } from '../../../src/contracts/evaluation.ts'
import type { Guardrails, RailOutcome, RailSubject } from '../../../src/contracts/guardrails.ts'
import type { Household } from '../../../src/contracts/household.ts'
import type { MemberId } from '../../../src/contracts/ids.ts'
import { createRehearsal } from '../../../src/conversation/rehearse.ts'
import { InMemoryTenant } from '../../fakes/in-memory-tenant.ts'
import { ManualClock, settled } from '../../fakes/manual-clock.ts'
import { RecordedMetrics } from '../../fakes/recorded-metrics.ts'
import { ScriptedModel, usage } from '../../fakes/scripted-model.ts'
import { buildHousehold, FAMILY, member } from './conversation-fixtures.ts'
import { stop } from './conversation-harness.ts'

const question = (change: Partial<EvalQuestion> = {}): EvalQuestion => ({
  name: 'eval:now:one',
  tenant: FAMILY,
  member: 'robin' as MemberId,
  alias: undefined,
  domain: 'family',
  profile: undefined,
  tier: 'adult',
  locale: 'en',
  turns: ['What is snow?'],
  ...change,
})

class Stage {
  readonly model = new ScriptedModel()
  readonly tenant = new InMemoryTenant(FAMILY, [])
  readonly metrics = new RecordedMetrics()
  readonly clock = new ManualClock()
  readonly subjects: RailSubject[] = []
  before: readonly string[] = []
  household: Household = buildHousehold([member('robin', { role: 'owner' })])
  onInput: (text: string) => Promise<RailOutcome> = async (text) => ({ kind: 'pass', text })
  onOutput: (text: string) => Promise<RailOutcome> = async (text) => ({ kind: 'pass', text })
  onHide: (text: string) => string = (text) => text
  readonly guardrails: Pick<Guardrails, 'open'> = {
    open: (subject) => {
      this.subjects.push(subject)
      return {
        checkInput: (text, before) => {
          this.before = before
          return this.onInput(text)
        },
        hide: async (text) => this.onHide(text),
        checkOutput: (text) => this.onOutput(text),
      }
    },
  }
  readonly stop = new AbortController()

  constructor() {
    this.model.script = (call) => {
      call.write('Snow is ', 'frozen water.')
      call.end()
    }
  }

  ask(change: Partial<EvalQuestion> = {}): Promise<EvalAnswer> {
    const rehearse = createRehearsal({
      directory: { current: () => this.household },
      guardrails: this.guardrails,
      model: this.model,
      tenants: { open: () => this.tenant },
      sentences: { say: (key, locale) => `[${key} ${locale}]` },
      crashPoints: { reach: () => undefined },
      metrics: this.metrics,
      clock: this.clock,
    })
    return rehearse(question(change), this.stop.signal)
  }
}

describe('a rehearsal', () => {
  test('answers with what the room would hear, booked for who ordered it and counted as an eval', async () => {
    const stage = new Stage()
    expect(await stage.ask()).toEqual({
      action: 'answered',
      text: 'Snow is frozen water.',
      model: 'scripted',
      inputTokens: 10,
      outputTokens: 5,
      costNanoUsd: 700,
      fault: undefined,
    })
    expect(stage.tenant.openings).toMatchObject([
      { purpose: 'eval', member: 'robin', alias: 'smart', domain: 'family', attempt: 1, call: 1 },
    ])
    expect(stage.tenant.endings).toMatchObject([{ kind: 'settled', costNanoUsd: 700 }])
    expect(stage.metrics.calls).toMatchObject([{ purpose: 'eval' }])
    expect(stage.subjects).toMatchObject([{ tier: 'adult', locale: 'en', approved: false, member: 'eval' }])
  })

  test('asks with the prompt of domain, profile and tier, on another model if one is tried', async () => {
    const stage = new Stage()
    await stage.ask({ tier: 'child', alias: 'fast' })
    const { request } = stage.model.last
    expect(request).toMatchObject({ alias: 'fast', tier: 'child', maxTokens: 100, endUser: 'eval' })
    expect(request.messages[0]?.content).toMatch(/child under 13[^]*/u)
    expect(request.messages[0]?.content).toContain('Help.')
    expect(request.messages.at(-1)).toEqual({ role: 'user', content: 'What is snow?' })
  })

  test('takes earlier messages for what was said before, checked and hidden like it', async () => {
    const stage = new Stage()
    stage.onHide = (text) => text.replace('Pixel', '[NAME_1]').replace('Robin', '[NAME_2]')
    await stage.ask({ turns: ['My dog is called Pixel.', 'Well.', 'What is my dog called?'] })
    expect(stage.before).toEqual(['My dog is called Pixel.', 'Well.'])
    const said = JSON.stringify(stage.model.last.request.messages)
    expect(said).toContain('My dog is called [NAME_1].')
    expect(said).not.toMatch(/Pixel|Robin/u)
  })

  test.each([
    ['care', 'cared'],
    ['refuse', 'refused'],
  ] as const)('whose question the rules stop with %s is %s, and no model is asked', async (action, outcome) => {
    const stage = new Stage()
    stage.onInput = async () => stop({ action, sentence: 'some.sentence' })
    expect(await stage.ask({ locale: 'de' })).toMatchObject({
      action: outcome,
      text: '[some.sentence de]',
      costNanoUsd: 0,
      model: undefined,
    })
    expect([stage.model.calls, stage.tenant.openings]).toEqual([[], []])
  })

  test('whose answer the rules stop is refused, and what it cost is said', async () => {
    const stage = new Stage()
    stage.onOutput = async () => stop({ direction: 'out', sentence: 'refusal.answer' })
    stage.model.script = (call) => {
      call.write('Nothing for you.')
      call.end()
    }
    const answer = await stage.ask()
    expect(answer).toMatchObject({ action: 'refused', text: '[refusal.answer en]' })
    expect(answer.costNanoUsd).toBeGreaterThan(0)
    expect(stage.tenant.endings).toHaveLength(1)
  })

  test('whose check breaks has failed: it shows nothing of the rules', async () => {
    const stage = new Stage()
    stage.onInput = () => Promise.reject(new Error('broken'))
    expect(await stage.ask()).toMatchObject({ action: 'failed', fault: { code: 'check-failed' } })
    const later = new Stage()
    later.onOutput = () => Promise.reject(new Error('broken'))
    expect(await later.ask()).toMatchObject({ action: 'failed', text: '', fault: { code: 'check-failed' } })
  })

  test('of a child has failed where only the stand-in answers, but not what the rules stop', async () => {
    const stage = new Stage()
    stage.household = { ...stage.household, standIn: true }
    expect(await stage.ask({ tier: 'child' })).toMatchObject({ action: 'failed', fault: { code: 'no-real-model' } })
    expect(stage.model.calls).toEqual([])
    expect(await stage.ask({ tier: 'adult' })).toMatchObject({ action: 'answered' })
    stage.onInput = async () => stop({ action: 'care' })
    expect(await stage.ask({ tier: 'child' })).toMatchObject({ action: 'cared' })
  })

  test('repeats a call like a turn does, each with its row', async () => {
    const stage = new Stage()
    stage.model.script = (call, index) => {
      if (index === 0) call.fail({ code: 'overloaded', mayHaveCost: false })
      else {
        call.write('At last.')
        call.end({ usage: usage({ costNanoUsd: 300 }) })
      }
    }
    const answer = stage.ask()
    await stage.clock.advance(10_000)
    expect(await answer).toMatchObject({ action: 'answered', text: 'At last.', costNanoUsd: 300 })
    expect(stage.tenant.openings.map(({ attempt, call, purpose }) => [attempt, call, purpose])).toEqual([
      [1, 1, 'eval'],
      [1, 2, 'eval'],
    ])
    expect(stage.tenant.endings.map(({ kind }) => kind)).toEqual(['released', 'settled'])
  })

  test.each([
    ['a model that is out of order', { code: 'bad-credentials', isRetryable: false } as const, 'bad-credentials'],
    ['a model that may not serve minors', { code: 'not-for-minors', isRetryable: false } as const, 'not-for-minors'],
  ])('with %s has failed with its code', async (_what, failure, code) => {
    const stage = new Stage()
    stage.model.script = (call) => call.fail({ ...failure, sentence: `gateway.${code}` })
    expect(await stage.ask()).toMatchObject({ action: 'failed', text: '', fault: { code, sentence: `gateway.${code}` } })
  })

  test('with nothing but blanks for an answer has failed', async () => {
    const stage = new Stage()
    stage.model.script = (call) => {
      call.write(' ')
      call.end()
    }
    const answer = stage.ask()
    await stage.clock.advance(10_000)
    expect(await answer).toMatchObject({ action: 'failed', fault: { code: 'empty-answer' } })
  })

  test('ends with the run', async () => {
    const stage = new Stage()
    stage.model.script = () => undefined
    const answer = stage.ask()
    await settled()
    stage.stop.abort()
    expect(await answer).toMatchObject({ action: 'failed', fault: { code: 'aborted' } })
    expect(stage.tenant.endings).toHaveLength(1)
  })

  test('in a domain that does not exist, or with a ledger that breaks, fails and rejects nothing', async () => {
    const stage = new Stage()
    expect(await stage.ask({ domain: 'nowhere' })).toMatchObject({ action: 'failed', fault: { code: 'not-configured' } })
    stage.tenant.onBeginAttempt = () => Promise.reject(new RangeError('What is snow?'))
    expect(await stage.ask()).toMatchObject({ action: 'failed', text: '', fault: { code: 'RangeError' } })
  })
})
