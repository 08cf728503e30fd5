import { describe, expect, test } from 'vitest'
import type { EventId } from '../../../src/contracts/ids.ts'
import { settled } from '../../fakes/manual-clock.ts'
import { Harness, stop } from './conversation-harness.ts'
import { message, person, ROOM, view } from './conversation-fixtures.ts'

const visible = (house: Harness): readonly string[] =>
  house.journal.filter((entry) => entry.startsWith('draft') || entry.startsWith('edit')).filter((entry) => entry !== 'draft-sent')

describe('streaming to adults', () => {
  test('first text after 400 ms, then an edit a second, then the whole answer in place of the draft', async () => {
    const house = new Harness()
    const question = message('Tell me')
    await house.receive(question)
    const call = house.model.last
    call.write('One. ', 'Two')
    await house.clock.advance(399)
    expect(visible(house)).toEqual([])
    await house.clock.advance(1)
    expect(visible(house)).toEqual(['draft One. …'])
    expect(house.edge.drafts.get(question.eventId)).toBe(`$draft-of-${question.eventId}`)
    call.write('. Three. ')
    await house.clock.advance(900)
    expect(visible(house)).toHaveLength(1)
    await house.clock.advance(100)
    expect(visible(house).at(-1)).toBe('edit 1.1 One. Two. Three. …')
    await house.clock.advance(5_000)
    expect(visible(house)).toHaveLength(2)
    call.write('Four.')
    call.end()
    await settled()
    expect(house.lastRow.content).toMatchObject({
      markdown: 'One. Two. Three. Four.',
      draft: { eventId: `$draft-of-${question.eventId}` },
    })
    expect(house.tenant.written[0]?.edits).toBe(1)
  })

  test('the draft is durable before it is sent and noted after', async () => {
    const house = new Harness()
    await house.receive(message('Tell me'))
    house.model.last.write('One. ')
    await house.clock.advance(400)
    expect(house.journal).toEqual(['open-call 1.1', 'stream', 'begin-draft', 'draft One. …', 'draft-sent'])
    expect(house.crashPoints.slice(-4)).toEqual(['model.first-text', 'draft.before', 'draft.after', 'draft-noted.after'])
  })

  test('an answer that ends within 400 ms of its first token is sent once', async () => {
    const house = new Harness()
    await house.receive(message('Tell me'))
    await house.clock.advance(3_000)
    house.model.last.write('One. Two. ')
    await house.clock.advance(399)
    house.model.last.end()
    await settled()
    expect(visible(house)).toEqual([])
    expect(house.lastRow.content).toMatchObject({ markdown: 'One. Two.', draft: undefined })
  })

  test('only checked units are shown, in their order, and none after a refusal', async () => {
    const house = new Harness()
    house.guardrails.onOutput = (text) => (text.includes('Three') ? stop({ direction: 'out' }) : { kind: 'pass', text })
    const question = message('Tell me')
    await house.receive(question)
    house.model.last.write('One. Two. ')
    await house.clock.advance(400)
    house.model.last.write('Three. Four. ')
    await house.clock.advance(2_000)
    expect(house.guardrails.outputs.map(({ text }) => text)).toEqual(['One.', 'Two.', 'Three.'])
    expect(visible(house)).toEqual(['draft One. Two. …'])
    expect(house.lastRow.content).toMatchObject({
      markdown: '[guardrail.refused en]',
      draft: { eventId: `$draft-of-${question.eventId}` },
    })
  })

  test('an open code block is closed in the draft', async () => {
    const house = new Harness()
    await house.receive(message('Tell me'))
    house.model.last.write(`\`\`\`\n${'let a = 1\n'.repeat(40)}`)
    await house.clock.advance(400)
    expect(visible(house)[0]).toMatch(/\n```\n…$/)
  })

  test('two edits are never in flight, and the final waits for the one that is', async () => {
    const house = new Harness()
    await house.receive(message('Tell me'))
    house.model.last.write('One. ')
    await house.clock.advance(400)
    const gate = Promise.withResolvers<void>()
    house.sender.gate = gate.promise
    house.model.last.write('Two. ')
    await house.clock.advance(1_000)
    house.model.last.write('Three. ')
    await house.clock.advance(5_000)
    house.model.last.end()
    await settled()
    expect(house.sender.mostInFlight).toBe(1)
    expect(house.said).toEqual([])
    gate.resolve()
    await settled()
    expect(visible(house)).toHaveLength(2)
    expect(house.said).toEqual(['One. Two. Three.'])
  })

  test('edits pause when the homeserver asks, and the final does not', async () => {
    const house = new Harness()
    await house.receive(message('Tell me'))
    const call = house.model.last
    call.write('One. ')
    await house.clock.advance(400)
    house.sender.outcomes.push({ kind: 'limited', retryAfterMs: 4_500 })
    call.write('Two. ')
    await house.clock.advance(1_000)
    expect(visible(house)).toHaveLength(2)
    call.write('Three. ')
    await house.clock.advance(4_400)
    expect(visible(house)).toHaveLength(2)
    await house.clock.advance(100)
    expect(visible(house).at(-1)).toBe('edit 1.2 One. Two. Three. …')
    // twice as slow from now on
    call.write('Four. ')
    await house.clock.advance(1_900)
    expect(visible(house)).toHaveLength(3)
    house.sender.outcomes.push({ kind: 'limited', retryAfterMs: 60_000 })
    await house.clock.advance(100)
    call.end()
    await settled()
    expect(house.said).toEqual(['One. Two. Three. Four.'])
  })

  test('a draft that was never let through is no draft for the final', async () => {
    const house = new Harness()
    house.sender.outcomes.push({ kind: 'limited', retryAfterMs: 9_000 })
    await house.receive(message('Tell me'))
    house.model.last.write('One. ')
    await house.clock.advance(5_000)
    house.model.last.end()
    await settled()
    expect(house.lastRow.content.draft).toBeUndefined()
  })

  test('a draft whose sending failed may be there: its id is learned before the final', async () => {
    const house = new Harness()
    house.sender.outcomes.push({ kind: 'failed' })
    const question = message('Tell me')
    await house.receive(question)
    house.model.last.write('One. ')
    await house.clock.advance(400)
    house.model.last.end()
    await settled()
    expect(house.lastRow.content.draft).toEqual({ eventId: `$draft-of-${question.eventId}` })
  })

  test('a room that refuses drafts gets the answer once', async () => {
    const house = new Harness()
    house.sender.outcomes.push({ kind: 'refused' })
    await house.receive(message('Tell me'))
    house.model.last.write('One. ')
    await house.clock.advance(9_000)
    house.model.last.write('Two. ')
    await house.clock.advance(9_000)
    house.model.last.end()
    await settled()
    expect(visible(house)).toHaveLength(1)
    expect(house.lastRow.content).toMatchObject({ markdown: 'One. Two.', draft: undefined })
  })

  test('a call that breaks off is repeated into the same draft', async () => {
    const house = new Harness()
    const question = message('Tell me')
    await house.receive(question)
    house.model.last.write('One. ')
    await house.clock.advance(400)
    house.model.last.fail({ code: 'broken-stream', sentence: 'gateway.broken-stream', mayHaveCost: true })
    await house.clock.advance(500)
    house.model.last.write('Uno. ')
    await house.clock.advance(500)
    expect(visible(house)).toEqual(['draft One. …', 'edit 1.1 Uno. …'])
    house.model.last.end()
    await settled()
    expect(house.lastRow.content).toMatchObject({ markdown: 'Uno.', draft: { eventId: `$draft-of-${question.eventId}` } })
  })

  test('a draft that cannot be noted is a surprise, not a hanging turn', async () => {
    const house = new Harness()
    house.edge.inbox.draftSent = () => Promise.reject(new Error('no'))
    const question = message('Tell me')
    await house.receive(question)
    house.model.last.write('One. ')
    await house.clock.advance(400)
    expect(house.lastRow.content.markdown).toContain('[turn.surprise en]')
    expect(house.lastRow.content.draft).toEqual({ eventId: `$draft-of-${question.eventId}` })
    expect(house.tenant.endings).toHaveLength(1)
  })
})

describe('a room that becomes stricter while it is answered', () => {
  const startAnswer = async (): Promise<Harness> => {
    const house = new Harness()
    await house.receive(message('Tell me'))
    house.model.last.write('One. ')
    await house.clock.advance(400)
    expect(visible(house)).toHaveLength(1)
    return house
  }

  test('a teen: the draft is taken back and the whole answer judged again', async () => {
    const house = await startAnswer()
    house.people('robin', 'alex')
    house.model.last.write('Two. ')
    await house.clock.advance(1_000)
    expect(house.sender.redacted).toHaveLength(1)
    house.model.last.write('Three. ')
    await house.clock.advance(5_000)
    house.model.last.end()
    await settled()
    expect(visible(house)).toHaveLength(1)
    expect(house.lastRow.content).toMatchObject({ markdown: 'One. Two. Three.', draft: undefined })
    expect(house.guardrails.inputs.at(-1)).toEqual({ tier: 'teen', text: 'Tell me' })
    expect(house.guardrails.outputs.at(-1)).toEqual({ tier: 'teen', text: 'One. Two. Three.' })
  })

  test('a child invited at the last moment: the refusal instead of the answer', async () => {
    const house = await startAnswer()
    house.guardrails.onInput = (text, tier) => (tier === 'child' ? stop({ sentence: 'refusal.undecided' }) : { kind: 'pass', text })
    house.views.set(ROOM, view([person('robin'), person('mia', 'invite')]))
    house.model.last.end()
    await settled()
    expect(house.sender.redacted).toHaveLength(1)
    expect(house.lastRow.content).toMatchObject({ markdown: '[refusal.undecided en]', draft: undefined })
    expect(house.tenant.remembered).toEqual([])
  })

  test('a process that dies while it takes the draft back does not let the next one edit what is gone', async () => {
    const house = new Harness()
    const question = message('Tell me')
    const draft = { eventId: '$old-draft' as EventId }
    house.edge.values.set(`draft-taken-back:${question.eventId}`, 'yes')
    await house.receive({ incoming: question, draft })
    house.model.last.write('One. ')
    await house.clock.advance(5_000)
    house.model.last.end()
    await settled()
    expect(house.sender.redacted).toEqual(['$old-draft'])
    expect(visible(house)).toEqual([])
    expect(house.lastRow.content.draft).toBeUndefined()
  })
})

describe('after a crash', () => {
  test('a draft whose id is known is edited on and replaced', async () => {
    const house = new Harness()
    const question = message('Tell me')
    await house.receive({ incoming: question, draft: { eventId: '$old-draft' as EventId } })
    house.model.last.write('One. ')
    await house.clock.advance(1_000)
    expect(visible(house)).toEqual(['edit 1.1 One. …'])
    house.model.last.end()
    await settled()
    expect(house.lastRow.content.draft).toEqual({ eventId: '$old-draft' })
  })

  test('a draft whose id was lost is sent again, which answers its id', async () => {
    const house = new Harness()
    const question = message('Tell me')
    await house.receive({ incoming: question, draft: { eventId: undefined } })
    house.model.last.write('One. ')
    house.model.last.end()
    await settled()
    expect(visible(house)).toEqual(['draft …'])
    expect(house.lastRow.content.draft).toEqual({ eventId: `$draft-of-${question.eventId}` })
  })

  test('the next attempt books and edits under its own number', async () => {
    const house = new Harness()
    const question = message('Tell me')
    await house.receive(question)
    house.model.last.write('One. ')
    await house.clock.advance(400)
    house.restart()
    await house.receive({ incoming: question, draft: { eventId: '$old-draft' as EventId } })
    house.model.last.write('Uno. ')
    await house.clock.advance(1_000)
    expect(visible(house).at(-1)).toBe('edit 2.1 Uno. …')
    expect(house.tenant.openings.map(({ attempt, call }) => `${attempt}.${call}`)).toEqual(['1.1', '2.1'])
  })

  test('a room that is a teen’s by now gets the old draft taken back', async () => {
    const house = new Harness()
    house.people('robin', 'alex')
    await house.receive({ incoming: message('@assistant hi'), draft: { eventId: '$old-draft' as EventId } })
    house.model.last.write('Hello.')
    house.model.last.end()
    await settled()
    expect(house.sender.redacted).toEqual(['$old-draft'])
    expect(house.lastRow.content.draft).toBeUndefined()
  })
})
