import { describe, expect, test } from 'vitest'
import { strikeOut } from '../../../src/guardrails/strike-out.ts'
import { createTurnPlaceholders } from '../../../src/guardrails/turn-placeholders.ts'
import type { Finding } from '../../../src/contracts/rails.ts'

const verdict = (redacted: string, ...pairs: readonly (readonly [string, string])[]) => ({ redacted, placeholders: new Map(pairs) })

describe('the placeholders of a turn', () => {
  test('name the same words alike in everything the model reads, and other words otherwise', () => {
    const turn = createTurnPlaceholders()
    expect(turn.apply('Mia is here', verdict('[NAME_1] is here', ['[NAME_1]', 'Mia']))).toBe('[NAME_1] is here')
    expect(turn.apply('Ben and MIA', verdict('[NAME_1] and [NAME_2]', ['[NAME_1]', 'Ben'], ['[NAME_2]', 'MIA']))).toBe(
      '[NAME_2] and [NAME_1]',
    )
    expect(turn.restore('Hello [NAME_1], where is [name_2]?')).toBe('Hello Mia, where is Ben?')
  })

  test('leave alone what stood in the text already', () => {
    const turn = createTurnPlaceholders()
    expect(turn.apply('[NAME_1] is Mia', verdict('[NAME_1] is [NAME_2]', ['[NAME_2]', 'Mia']))).toBe('[NAME_1] is [NAME_2]')
    expect(turn.restore('[NAME_1] and [NAME_2]')).toBe('[NAME_1] and Mia')
    expect(turn.apply('plain', { redacted: undefined, placeholders: new Map() })).toBe('plain')
  })

  test('what an answer must not hold is struck out without a number that could be filled', () => {
    const finding = (start: number, end: number, action: Finding['action'] = 'redact'): Finding => ({
      rail: 'pii',
      category: 'PHONE_NUMBER',
      score: 1,
      variant: 'plain',
      spans: [{ type: 'PHONE_NUMBER', start, end }],
      action,
    })
    expect(strikeOut('call 0171 1234 or 0172', [finding(15, 19), finding(5, 14), finding(8, 12)])).toBe('call […] […]172')
    expect(strikeOut('call 0171', [finding(5, 9, 'allow')])).toBe('call 0171')
  })
})
