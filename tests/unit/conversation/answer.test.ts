import { describe, expect, test } from 'vitest'
import type { EventId, MemberId, RoomId } from '../../../src/contracts/ids.ts'
import { turnIdOf } from '../../../src/conversation/turn-id.ts'
import { settled } from '../../fakes/manual-clock.ts'
import { fault, usage } from '../../fakes/scripted-model.ts'
import { Harness, stop } from './conversation-harness.ts'
import { binding, message, PARENTS, person, ROOM, user, view } from './conversation-fixtures.ts'

describe('one answer', () => {
  test('books before it calls, ends the call before it commits, and sends what is committed', async () => {
    const house = new Harness()
    house.model.script = (call) => {
      call.write('Hello ', 'Robin.')
      call.end()
    }
    const question = message('Good morning')
    await house.receive(question)
    expect(house.journal).toEqual(['open-call 1.1', 'stream', 'end-call 1.1 settled', 'commit-reply', 'flush', 'remember'])
    expect(house.lastRow).toMatchObject({
      roomId: ROOM,
      source: question.eventId,
      turn: turnIdOf(question.eventId),
      content: { kind: 'answer', markdown: 'Hello Robin.', replyTo: undefined, mentions: [], draft: undefined },
    })
    expect(house.edge.settled.get(question.eventId)).toBe('answered')
    expect(house.tenant.openings[0]).toMatchObject({ attempt: 1, call: 1, alias: 'smart', member: 'robin', purpose: 'chat' })
    expect(house.tenant.openings[0]?.reservedNanoUsd).toBeGreaterThan(100 * 100)
    expect(house.tenant.endings[0]).toMatchObject({ kind: 'settled', costNanoUsd: 700, model: 'scripted' })
    expect(house.crashPoints).toEqual([
      'turn.started',
      'open-call.before',
      'open-call.after',
      'model.first-text',
      'model.ended',
      'end-call.before',
      'end-call.after',
      'job.before',
      'job.after',
    ])
  })

  test('question and answer are remembered, and traced without their words', async () => {
    const house = new Harness()
    house.model.script = (call) => {
      call.write('Forty-two.')
      call.end()
    }
    await house.receive(message('What is the secret number?'))
    expect(house.tenant.remembered.map(({ author, text, at }) => [author, text, at])).toEqual([
      ['member', 'What is the secret number?', 1_000],
      ['assistant', 'Forty-two.', 1_001],
    ])
    expect(house.tenant.written).toMatchObject([{ outcome: 'answered', tier: 'adult', inputTokens: 10, outputTokens: 5, costNanoUsd: 700 }])
    const turnLines = house.logged.filter(({ event }) => event === 'turn')
    expect(turnLines).toHaveLength(1)
    expect(turnLines[0]?.facts).toMatchObject({ outcome: 'answered', calls: 1, costNanoUsd: 700, room: ROOM })
    expect(JSON.stringify([house.logged, house.tenant.written])).not.toMatch(/secret|Forty/)
  })

  test('the next question of a room recalls the answer before it', async () => {
    const house = new Harness()
    house.model.script = (call) => {
      call.write('An answer.')
      call.end()
    }
    await house.receive(message('first'), message('second', { sentAt: 2_000 }))
    expect(house.model.calls[1]?.request.messages.map(({ content }) => content).slice(1)).toEqual(['first', 'An answer.', 'second'])
    expect(house.tenant.recalls[0]).toMatchObject({ audience: [user('robin')], audienceSince: 1 })
  })

  test('also while that answer is still being sent', async () => {
    const house = new Harness()
    house.sender.flush = () => new Promise(() => undefined)
    house.model.script = (call) => {
      call.write('An answer.')
      call.end()
    }
    await house.receive(message('first'))
    expect(house.tenant.remembered).toEqual([])
    await house.receive(message('second', { sentAt: 2_000 }))
    expect(house.model.calls[1]?.request.messages.map(({ content }) => content).slice(1)).toEqual(['first', 'An answer.', 'second'])
  })

  test('memory that is late or broken costs the context, not the answer', async () => {
    const house = new Harness()
    house.tenant.onRecall = () => new Promise(() => undefined)
    await house.receive(message('hello'))
    expect(house.model.calls).toHaveLength(0)
    await house.clock.advance(150)
    house.model.last.write('Hello.')
    house.model.last.end()
    await settled()
    expect(house.said).toEqual(['Hello.'])

    house.tenant.onRecall = () => Promise.reject(new Error('broken'))
    house.model.script = (call) => {
      call.write('Again.')
      call.end()
    }
    await house.receive(message('once more'))
    expect(house.said).toEqual(['Hello.', 'Again.'])
  })

  test('among several people it replies, mentions and stays in the thread', async () => {
    const house = new Harness()
    house.people('robin', 'kim')
    house.model.script = (call) => {
      call.write('Hello.')
      call.end()
    }
    const question = message('@assistant hello', { threadRoot: '$root' as EventId })
    await house.receive(question)
    expect(house.lastRow.content).toMatchObject({ replyTo: question.eventId, threadRoot: '$root', mentions: [user('robin')] })
    expect(house.model.last.request.messages.at(-1)?.content).toContain('hello')
    expect(house.model.last.request.messages.at(-1)?.content).not.toContain('@assistant')
  })

  test('typing shows only while a turn lasts longer than 250 ms', async () => {
    const house = new Harness()
    await house.receive(message('quick'))
    house.model.last.write('Yes.')
    house.model.last.end()
    await settled()
    await house.receive(message('slow'))
    await house.clock.advance(250)
    expect(house.sender.typingChanges).toEqual([true])
    house.model.last.write('Yes.')
    house.model.last.end()
    await settled()
    expect(house.sender.typingChanges).toEqual([true, false])
  })

  test.each([
    ['cut by the token limit', { finish: 'length' }, 'Words.\n\n[answer.cut en]'],
    ["cut by the provider's filter", { finish: 'filter' }, 'Words.\n\n[answer.filtered en]'],
    ['of the stand-in', { usage: usage({ standIn: true }) }, 'Words.\n\n[answer.stand-in en]'],
  ] as const)('an answer %s says so', async (_name, end, markdown) => {
    const house = new Harness()
    house.model.script = (call) => {
      call.write('Words.')
      call.end(end)
    }
    await house.receive(message('hello'))
    expect(house.said).toEqual([markdown])
    expect(house.tenant.remembered.at(-1)?.text).toBe('Words.')
  })
})

describe('calls that fail', () => {
  test('are repeated while that is worth it, each with its own row', async () => {
    const house = new Harness()
    house.model.script = (call, index) => {
      if (index === 0) call.fail({ mayHaveCost: true })
      else if (index === 1) call.fail({ retryAfterMs: 5_000 })
      else {
        call.write('At last.')
        call.end()
      }
    }
    await house.receive(message('hello'))
    await house.clock.advance(500)
    expect(house.model.calls).toHaveLength(2)
    await house.clock.advance(4_900)
    expect(house.model.calls).toHaveLength(2)
    await house.clock.advance(100)
    expect(house.said).toEqual(['At last.'])
    expect(house.tenant.openings.map(({ attempt, call }) => `${attempt}.${call}`)).toEqual(['1.1', '1.2', '1.3'])
    expect(house.tenant.endings.map(({ kind }) => kind)).toEqual(['estimated', 'released', 'settled'])
  })

  test('end in one honest sentence after three repetitions', async () => {
    const house = new Harness()
    house.people('kim')
    house.model.script = (call) => call.fail({ code: 'overloaded', sentence: 'gateway.overloaded' })
    await house.receive(message('hallo', { sender: user('kim') }))
    await house.clock.advance(10_000)
    expect(house.model.calls).toHaveLength(4)
    expect(house.said).toEqual(['[gateway.overloaded de]'])
    expect(house.tenant.endings.every(({ kind }) => kind === 'released')).toBe(true)
    expect(house.tenant.remembered).toEqual([])
  })

  test('wait half a minute for a gateway that nobody listens at, since it may be on its way up', async () => {
    const house = new Harness()
    house.people('kim')
    house.model.script = (call) => call.fail({ code: 'unreachable', sentence: 'gateway.unreachable', mayHaveCost: false })
    await house.receive(message('hallo', { sender: user('kim') }))
    await house.clock.advance(29_000)
    expect(house.said).toEqual([])
    await house.clock.advance(5_000)
    expect(house.said).toEqual(['[gateway.unreachable de]'])
    expect(house.tenant.endings.every(({ kind }) => kind === 'released')).toBe(true)

    house.model.script = (call, index) =>
      index < 20 ? call.fail({ code: 'unreachable', mayHaveCost: false }) : (call.write('Up again.'), call.end())
    await house.receive(message('noch da?', { sender: user('kim') }))
    await house.clock.advance(29_000)
    expect(house.said.at(-1)).toBe('Up again.')
  })

  test('are not repeated when that is pointless', async () => {
    const house = new Harness()
    house.model.script = (call) => call.fail(fault({ code: 'bad-request', sentence: 'gateway.bad-request', isRetryable: false }))
    await house.receive(message('hello'))
    expect(house.model.calls).toHaveLength(1)
    expect(house.said).toEqual(['[gateway.bad-request en]'])
  })

  test('an empty answer is asked for once more', async () => {
    const house = new Harness()
    house.model.script = (call) => call.end()
    await house.receive(message('hello'))
    await house.clock.advance(10_000)
    expect(house.model.calls).toHaveLength(2)
    expect(house.said).toEqual(['[answer.empty en]'])
    expect(house.tenant.written[0]?.outcome).toBe('failed:empty-answer')
  })

  test('a turn ends after two minutes', async () => {
    const house = new Harness()
    const question = message('hello')
    await house.receive(question)
    await house.clock.advance(119_999)
    expect(house.model.last.isAborted).toBe(false)
    await house.clock.advance(1)
    expect(house.model.last.isAborted).toBe(true)
    expect(house.said).toEqual(['[turn.out-of-time en]'])
    expect(house.tenant.endings).toMatchObject([{ kind: 'estimated' }])
    expect(house.edge.settled.get(question.eventId)).toBe('answered')
  })
})

describe('guardrails', () => {
  test.each([
    ['refuse', 'refused'],
    ['care', 'cared'],
  ] as const)('a question they %s never reaches a model', async (action, outcome) => {
    const house = new Harness()
    house.guardrails.onInput = () => stop({ action })
    await house.receive(message('something bad'))
    expect(house.said).toEqual(['[guardrail.refused en]'])
    expect(house.model.calls).toEqual([])
    expect(house.tenant.openings).toEqual([])
    expect(house.tenant.remembered).toEqual([])
    expect(house.tenant.written[0]?.outcome).toBe(outcome)
  })

  test('a check that breaks refuses', async () => {
    const house = new Harness()
    house.guardrails.onInput = () => {
      throw new Error('broken')
    }
    await house.receive(message('hello'))
    expect(house.said).toEqual(['[guardrail.failed en]'])
    expect(house.model.calls).toEqual([])
  })

  test('what they hide never reaches a model, also from what was said before, and comes back in the answer', async () => {
    const house = new Harness()
    const hide = (text: string): string => text.replaceAll('1234', '[CARD_1]')
    house.guardrails.onHide = hide
    house.guardrails.onInput = (text) => ({ kind: 'pass', text: hide(text) })
    house.guardrails.onOutput = (text) => ({ kind: 'pass', text: text.replaceAll('[CARD_1]', '1234') })
    house.model.script = (call) => {
      call.write('Yours is [CARD_1].')
      call.end()
    }
    await house.receive(message('My card is 1234'))
    await house.receive(message('Which was it?'))
    for (const { request } of house.model.calls) expect(JSON.stringify(request)).not.toContain('1234')
    expect(house.model.last.request.messages.some(({ content }) => content.includes('My card is [CARD_1]'))).toBe(true)
    expect(house.said).toEqual(['Yours is 1234.', 'Yours is 1234.'])
    expect(house.tenant.remembered.map(({ text }) => text).slice(0, 2)).toEqual(['My card is 1234', 'Yours is 1234.'])
    expect(house.guardrails.before).toEqual(['My card is 1234'])
  })

  test('what they hide of names is hidden in the instructions and beside each line too', async () => {
    const house = new Harness()
    house.people('robin', 'mia')
    const hide = (text: string): string => text.replaceAll('Mia', '[NAME_1]').replaceAll('Robin', '[NAME_2]')
    house.guardrails.onHide = hide
    house.guardrails.onOutput = (text) => ({ kind: 'pass', text: text.replaceAll('[NAME_1]', 'Mia') })
    house.model.script = (call) => {
      call.write('Hello [NAME_1].')
      call.end()
    }
    for (const sender of ['robin', 'mia']) await house.receive(message('hello', { sender: user(sender), mentions: [user('assistant')] }))
    expect(house.said.at(-1)).toBe('Hello Mia.')
    expect(house.model.calls).toHaveLength(2)
    for (const { request } of house.model.calls) expect(JSON.stringify(request.messages)).not.toMatch(/Mia|Robin/u)
  })

  test('if what was said before cannot be hidden, nothing is asked', async () => {
    const house = new Harness()
    house.model.script = (call) => {
      call.write('Fine.')
      call.end()
    }
    await house.receive(message('hello'))
    house.guardrails.onHide = () => {
      throw new Error('broken')
    }
    await house.receive(message('again'))
    expect(house.model.calls).toHaveLength(1)
    expect(house.said.at(-1)).toBe('[guardrail.failed en]')
  })

  test('a refused question of a child is counted, told to its guardian in the same commit, and may be asked for', async () => {
    const house = new Harness()
    house.people('mia')
    house.withParentsRoom()
    const incident = { rail: 'kid-safety', category: 'weapons', severity: 'high', action: 'refuse' } as const
    house.guardrails.onInput = () => stop({ category: 'weapons', sentence: 'refusal.danger', incident, mayAskParent: true })
    const question = message('how do I build a crossbow', { sender: user('mia') })
    await house.receive(question)
    expect(house.said[0]).toBe('[refusal.danger en]\n\n[care.told-excerpt en]\n\n[refusal.ask-parent en]')
    expect(house.rows[1]).toMatchObject({ roomId: PARENTS, content: { kind: 'alert', mentions: [user('robin')] } })
    expect(house.rows[1]?.content.markdown).toContain('how do I build a crossbow')
    expect(await house.tenant.incidents.list(0)).toMatchObject([{ category: 'weapons', member: 'mia', severity: 'high' }])
    expect(await house.tenant.questions.last(ROOM, 'mia' as MemberId, 0)).toMatchObject({ eventId: question.eventId, text: question.text })
  })

  test('harm at home is neither recorded nor told to anybody of the household, and the child reads so', async () => {
    const house = new Harness()
    house.people('mia')
    house.withParentsRoom()
    const incident = { rail: 'kid-safety', category: 'harm-at-home', severity: 'high', action: 'care' } as const
    const line = { name: 'Line', for: 'children', phone: '116 111', web: undefined, source: 'x', date: '2026-11-25' } as const
    house.guardrails.onInput = () =>
      stop({ action: 'care', category: 'harm-at-home', sentence: 'care.harm-at-home', incident, helpLines: [line] })
    await house.receive(message('dad hits me', { sender: user('mia') }))
    expect(house.said).toEqual(['[care.harm-at-home en]\n\n[care.help-lines en]\n- **Line**: 116 111\n\n[care.home-untold en]'])
    expect(await house.tenant.incidents.list(0)).toEqual([])
  })

  test('harm at home reaches the one adult outside where the rules say so, and the child reads that too', async () => {
    const house = new Harness()
    house.people('mia')
    house.withParentsRoom()
    const outside = '!outside:home' as RoomId
    house.household = {
      ...house.household,
      rooms: new Map([...house.household.rooms, [outside, binding({ roomId: outside, name: 'outside', kind: 'trusted' })]]),
    }
    house.views.set(outside, view([person('aunt')], { roomId: outside }))
    house.policy = { ...house.policy, guardians: { alerts: 'text', harmAtHome: 'trusted' } }
    const incident = { rail: 'kid-safety', category: 'harm-at-home', severity: 'high', action: 'care' } as const
    house.guardrails.onInput = () => stop({ action: 'care', category: 'harm-at-home', sentence: 'care.harm-at-home', incident })
    await house.receive(message('dad hits me', { sender: user('mia') }))
    const saidIn = (room: RoomId): readonly string[] =>
      house.edge.rows.filter(({ roomId }) => roomId === room).map(({ content }) => content.markdown)
    expect(saidIn(ROOM)).toContain('[care.harm-at-home en]\n\n[care.home-untold en]\n\n[care.home-trusted en]')
    expect(saidIn(outside)).toHaveLength(1)
    expect(saidIn(outside).join()).not.toContain('hits')
    expect(saidIn(PARENTS)).toEqual([])
  })

  test('an output they refuse ends the call and is replaced', async () => {
    const house = new Harness()
    house.guardrails.onOutput = (text) => (text.includes('bad') ? stop({ direction: 'out' }) : { kind: 'pass', text })
    await house.receive(message('hello'))
    house.model.last.write('Fine. ', 'Something bad. ', 'More.')
    await settled()
    expect(house.model.last.isAborted).toBe(true)
    expect(house.said).toEqual(['[guardrail.refused en]'])
    expect(house.tenant.endings).toMatchObject([{ kind: 'estimated' }])
  })

  test("a child's room sees whole checked answers only, and never one of the stand-in", async () => {
    const house = new Harness()
    house.people('mia')
    await house.receive(message('hello', { sender: user('mia') }))
    house.model.last.write('One. ', 'Two. ')
    await house.clock.advance(5_000)
    expect(house.sender.shown).toEqual([])
    house.model.last.write('Three.')
    house.model.last.end()
    await settled()
    expect(house.said).toEqual(['One. Two. Three.'])
    expect(house.guardrails.outputs).toEqual([{ tier: 'child', text: 'One. Two. Three.' }])
    expect(house.model.last.request.tier).toBe('child')

    house.household = { ...house.household, standIn: true }
    await house.receive(message('hello again', { sender: user('mia') }))
    expect(house.said.at(-1)).toBe('[room.no-real-model en]')
    expect(house.model.calls).toHaveLength(1)
  })

  test("a teen's room sees the answer grow in checked units", async () => {
    const house = new Harness()
    house.people('alex')
    await house.receive(message('hello', { sender: user('alex') }))
    house.model.last.write('One. ', 'Two. ')
    await house.clock.advance(400)
    expect(house.sender.shown).toHaveLength(1)
    house.model.last.end()
    await settled()
    expect(house.guardrails.outputs.slice(0, 2)).toEqual([
      { tier: 'teen', text: 'One.' },
      { tier: 'teen', text: 'Two.' },
    ])
  })

  test('a room whose members are not known is waited for, then counts as a child', async () => {
    const house = new Harness()
    house.views.set(ROOM, view([person('robin')], { membersComplete: false }))
    await house.receive(message('hello', { mentions: [user('assistant')] }))
    await house.clock.advance(5_000)
    expect(house.model.calls).toHaveLength(0)
    await house.clock.advance(5_000)
    expect(house.model.last.request.tier).toBe('child')
    house.model.last.write('Hello.')
    house.model.last.end()
    await settled()

    await house.receive(message('hello again'))
    house.people('robin')
    await house.clock.advance(100)
    expect(house.model.calls.map(({ request }) => request.tier)).toEqual(['child', 'adult'])
  })
})

describe('surprises', () => {
  test('the person gets a sentence with the number that the log has', async () => {
    const house = new Harness()
    house.tenant.onBeginAttempt = () => Promise.reject(new TypeError('the words of a person'))
    const question = message('hello')
    await house.receive(question)
    const id = turnIdOf(question.eventId)
    expect(house.said).toEqual([`[turn.surprise en] ${id}`])
    expect(house.edge.settled.get(question.eventId)).toBe('answered')
    const logged = house.logged.find(({ event }) => event === 'turn-failed')
    expect(logged?.facts).toMatchObject({ turn: id, error: 'TypeError' })
    expect(JSON.stringify(logged)).not.toContain('the words')
  })

  test('a broken stream is a surprise too, and its call is booked', async () => {
    const house = new Harness()
    house.model.stream = () => ({
      [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error('broken promise')) }),
    })
    await house.receive(message('hello'))
    expect(house.said[0]).toContain('[turn.surprise en]')
    expect(house.tenant.endings).toMatchObject([{ kind: 'estimated' }])
  })

  test('if not even that can be committed, the message stays, and the room goes on', async () => {
    const house = new Harness()
    house.edge.commitFails = true
    house.model.script = (call) => {
      call.write('Hello.')
      call.end()
    }
    const lost = message('hello')
    await house.receive(lost)
    expect(house.edge.settled.has(lost.eventId)).toBe(false)
    house.edge.commitFails = false
    const next = message('and now?')
    await house.receive(next)
    expect(house.edge.settled.get(next.eventId)).toBe('answered')
  })

  test('a trace that cannot be written costs nothing', async () => {
    const house = new Harness()
    house.tenant.traces.write = () => Promise.reject(new Error('no'))
    house.model.script = (call) => {
      call.write('Hello.')
      call.end()
    }
    await house.receive(message('hello'))
    expect(house.said).toEqual(['Hello.'])
    expect(house.logged.some(({ event }) => event === 'trace-failed')).toBe(true)
  })
})
