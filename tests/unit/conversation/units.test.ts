import { describe, expect, test } from 'vitest'
import { closeOpenFence, createUnitSplitter, MAX_UNIT_CHARACTERS } from '../../../src/conversation/units.ts'

function split(text: string, size = text.length): readonly string[] {
  const splitter = createUnitSplitter()
  const units: string[] = []
  for (let at = 0; at < text.length; at += size) units.push(...splitter.push(text.slice(at, at + size)))
  return [...units, ...splitter.end()]
}
const trimmed = (units: readonly string[]): readonly string[] => units.map((unit) => unit.trim())

describe('units of a streamed answer', () => {
  test.each([
    ['sentences', 'One. Two! Three? Four', ['One.', 'Two!', 'Three?', 'Four']],
    ['not inside numbers or names', 'It is 3.5 at example.org now. Yes', ['It is 3.5 at example.org now.', 'Yes']],
    ['closing quotes belong to the sentence', '"Go." she said', ['"Go."', 'she said']],
    ['list items', '- milk\n- bread\n', ['- milk', '- bread']],
    ['numbered items keep their number', '1. First thing\n2. Second\n', ['1. First thing', '2. Second']],
    ['table rows stay whole', '| a. b | c |\n|---|---|\n| 1 | 2 |\n', ['| a. b | c |', '|---|---|', '| 1 | 2 |']],
    ['a code block is one unit', 'Look:\n```js\na. b\n\nc\n```\nDone.', ['Look:', '```js\na. b\n\nc\n```', 'Done.']],
    ['a tilde block ends with tildes', '~~~\n```\n~~~\nx', ['~~~\n```\n~~~', 'x']],
    ['sentences without blanks between', '今日は。明日も。', ['今日は。', '明日も。']],
  ])('%s', (_name, text, units) => {
    expect(trimmed(split(text))).toEqual(units)
    expect(trimmed(split(text, 1))).toEqual(units)
  })

  test('a sentence is complete only when the blank after it is here', () => {
    const splitter = createUnitSplitter()
    expect(splitter.push('Write to me@example.')).toEqual([])
    expect(splitter.push('org now.')).toEqual([])
    expect(splitter.push(' B')).toEqual(['Write to me@example.org now.'])
  })

  const long = 'word '.repeat(200)
  const longCode = `\`\`\`\n${'let a = 1\n'.repeat(100)}\`\`\`\nAfter.`
  test.each([
    ['prose without an end', long],
    ['text without blanks', 'x'.repeat(1_000)],
    ['emoji without blanks', '🛑'.repeat(400)],
    ['a long code block', longCode],
    ['a long table row', `|${' cell |'.repeat(100)}\n`],
    ['a mixture', `${long}\n\n${longCode}\n- a\n- b\n\n${long}`],
  ])('%s: nothing is lost and no unit is too long', (_name, text) => {
    for (const size of [1, 7, 64, text.length]) {
      const units = split(text, size)
      expect(units.join('')).toBe(text)
      expect(Math.max(...units.map((unit) => unit.trim().length))).toBeLessThanOrEqual(MAX_UNIT_CHARACTERS)
      expect(units.every((unit) => unit.isWellFormed())).toBe(true)
    }
  })

  test('the end of a long code block is still recognised', () => {
    expect(split(longCode).at(-2)?.trim()).toMatch(/```$/)
    expect(trimmed(split(longCode)).includes('After.')).toBe(true)
  })

  test('a draft closes the code block that is still open', () => {
    expect(closeOpenFence('text')).toBe('text')
    expect(closeOpenFence('```js\na')).toBe('```js\na\n```')
    expect(closeOpenFence('```js\na\n```')).toBe('```js\na\n```')
  })
})
