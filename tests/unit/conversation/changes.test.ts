import { describe, expect, test } from 'vitest'
import type { EventId } from '../../../src/contracts/ids.ts'
import { settled } from '../../fakes/manual-clock.ts'
import { Harness, stop } from './conversation-harness.ts'
import { edit, message, reaction, redaction, user } from './conversation-fixtures.ts'

const asked = (house: Harness): readonly (string | undefined)[] => house.model.calls.map((call) => call.request.messages.at(-1)?.content)

/** A house whose model answers at once. */
function answering(): Harness {
  const house = new Harness()
  house.model.script = (call) => {
    call.write('Answer.')
    call.end()
  }
  return house
}

describe('edits', () => {
  test('in the same delivery the model reads the last words, and all is settled together', async () => {
    const house = answering()
    const question = message('frist')
    const edits = [edit(question.eventId, 'first'), edit(question.eventId, 'second')]
    await house.receive(question, ...edits)
    expect(asked(house)).toEqual(['second'])
    expect([question, ...edits].map(({ eventId }) => house.edge.settled.get(eventId))).toEqual(['answered', 'answered', 'answered'])
  })

  test('an edit can address the assistant', async () => {
    const house = answering()
    house.people('robin', 'kim')
    const question = message('what now?')
    await house.receive(question, edit(question.eventId, '@assistant what now?'))
    expect(asked(house)[0]).toContain('what now?')
  })

  test('reach a message that waits for its turn', async () => {
    const house = new Harness()
    await house.receive(message('long one'))
    const waiting = message('frist')
    await house.receive(waiting)
    const change = edit(waiting.eventId, 'Ada: first')
    await house.receive(change)
    house.model.last.write('Done.')
    house.model.last.end()
    await settled()
    expect(asked(house)).toEqual(['long one', 'first'])
    expect(house.edge.settled.has(change.eventId)).toBe(false)
    house.model.last.write('Done.')
    house.model.last.end()
    await settled()
    expect(house.edge.settled.get(change.eventId)).toBe('answered')
  })

  test('that come during the turn change what is remembered, after it was remembered', async () => {
    const house = new Harness()
    const question = message('frist')
    await house.receive(question)
    const change = edit(question.eventId, 'first')
    await house.receive(change)
    expect(house.edge.settled.has(change.eventId)).toBe(false)
    house.model.last.write('Answer.')
    house.model.last.end()
    await settled()
    expect(house.tenant.amended.get(question.eventId)).toBe('first')
    expect(house.edge.settled.get(change.eventId)).toBe('late-edit')
    expect(house.model.calls).toHaveLength(1)
  })

  test('are checked before they are remembered', async () => {
    const house = answering()
    const question = message('harmless')
    await house.receive(question)
    house.guardrails.onInput = () => stop()
    await house.receive(edit(question.eventId, 'harmful'))
    expect(house.tenant.amended).toEqual(new Map([[question.eventId, undefined]]))
  })

  test('by anybody else change nothing', async () => {
    const house = answering()
    house.people('robin', 'kim')
    const question = message('@assistant mine')
    const foreign = edit(question.eventId, 'theirs', { sender: user('kim') })
    await house.receive(question, foreign)
    expect(asked(house)[0]).toContain('mine')
    expect(house.tenant.amended.size).toBe(0)
    expect(house.edge.settled.get(foreign.eventId)).toBe('late-edit')
  })

  test('by anybody else do not reach a waiting message either', async () => {
    const house = answering()
    house.people('robin', 'kim')
    house.model.script = () => undefined
    await house.receive(message('@assistant long one'))
    const waiting = message('@assistant mine')
    await house.receive(waiting)
    await house.receive(edit(waiting.eventId, '@assistant theirs', { sender: user('kim') }))
    house.model.last.write('Done.')
    house.model.last.end()
    await settled()
    expect(asked(house)[1]).toContain('mine')
  })
})

describe('redactions', () => {
  test('in the same delivery nothing is asked', async () => {
    const house = answering()
    const question = message('oops')
    const change = redaction(question.eventId)
    await house.receive(question, change)
    expect(house.model.calls).toEqual([])
    expect(house.said).toEqual([])
    expect([question, change].map(({ eventId }) => house.edge.settled.get(eventId))).toEqual(['redacted', 'redacted'])
  })

  test('after a restart they take the draft of the earlier process back', async () => {
    const house = answering()
    const question = message('oops')
    await house.receive({ incoming: question, draft: { eventId: '$old-draft' as EventId } }, redaction(question.eventId))
    expect(house.sender.redacted).toEqual(['$old-draft'])
  })

  test('cancel a message that waits for its turn', async () => {
    const house = new Harness()
    await house.receive(message('long one'))
    const waiting = message('oops')
    const change = redaction(waiting.eventId)
    await house.receive(waiting)
    await house.receive(change)
    house.model.last.write('Done.')
    house.model.last.end()
    await settled()
    expect(house.model.calls).toHaveLength(1)
    expect([waiting, change].map(({ eventId }) => house.edge.settled.get(eventId))).toEqual(['redacted', 'redacted'])
  })

  test('abort a running turn: the call is booked, the draft taken back, nothing sent or remembered', async () => {
    const house = new Harness()
    const question = message('oops')
    await house.receive(question)
    house.model.last.write('One. ')
    await house.clock.advance(400)
    const change = redaction(question.eventId)
    await house.receive(change)
    expect(house.model.last.isAborted).toBe(true)
    expect(house.tenant.endings).toMatchObject([{ kind: 'estimated' }])
    expect(house.sender.redacted).toEqual([`$draft-of-${question.eventId}`])
    expect(house.said).toEqual([])
    expect(house.edge.pendingJobs.size).toBe(0)
    expect([question, change].map(({ eventId }) => house.edge.settled.get(eventId))).toEqual(['redacted', 'redacted'])
    expect(house.tenant.written[0]?.outcome).toBe('redacted')
  })

  test('that come later make the memory forget question and answer', async () => {
    const house = answering()
    const question = message('a secret')
    await house.receive(question)
    const change = redaction(question.eventId)
    await house.receive(change)
    const answerId = house.tenant.remembered[1]?.eventId
    expect([...house.tenant.amended]).toEqual([
      [question.eventId, undefined],
      [answerId, undefined],
    ])
    expect(house.edge.settled.get(change.eventId)).toBe('redacted')
  })

  test('forget only after what they forget was remembered', async () => {
    const house = answering()
    house.sender.flush = () => new Promise(() => undefined)
    const question = message('a secret')
    await house.receive(question)
    await house.receive(redaction(question.eventId))
    expect(house.journal.filter((entry) => entry === 'remember' || entry === 'amend')).toEqual(['remember', 'amend', 'amend'])
  })
})

describe('stop', () => {
  test('a stopped answer leaves what was seen, and the command says so', async () => {
    const house = new Harness()
    const question = message('Tell me')
    await house.receive(question)
    house.model.last.write('One. Two. Thr')
    await house.clock.advance(400)
    const command = message('stop')
    await house.receive(command)
    expect(house.model.last.isAborted).toBe(true)
    expect(house.edge.rows.map(({ source, content }) => [source, content.markdown, content.draft?.eventId])).toEqual([
      [command.eventId, '[command.stop-done en]', undefined],
      [question.eventId, 'One. Two. Thr\n\n[answer.stopped en]', `$draft-of-${question.eventId}`],
    ])
    expect(house.tenant.remembered).toEqual([])
  })

  test('a reaction stops too; what nobody saw stays unsaid, and what waited is not asked', async () => {
    const house = new Harness()
    const [question, waiting] = [message('Tell me'), message('and me')]
    await house.receive(question, waiting)
    await house.receive(reaction(question.eventId, '🛑'))
    expect(house.said).toEqual(['[command.stop-done en]'])
    expect(house.model.calls).toHaveLength(1)
    expect([question, waiting].map(({ eventId }) => house.edge.settled.get(eventId))).toEqual(['answered', 'answered'])
  })

  test('without anything to stop the word is answered, the reaction is not', async () => {
    const house = new Harness()
    const gesture = reaction('$old' as EventId, '🛑')
    await house.receive(message('stop'), gesture)
    expect(house.said).toEqual(['[command.stop-nothing en]'])
    expect(house.edge.settled.get(gesture.eventId)).toBe('no-effect')
  })
})
