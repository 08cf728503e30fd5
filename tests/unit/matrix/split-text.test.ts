import { describe, expect, it, test } from 'vitest'
import { splitText } from '../../../src/interfaces/matrix/split-text.ts'

/** What must neither be lost nor doubled; fences are written again. */
const lettersOf = (text: string): string => text.replace(/[\s`~]+/g, '')

describe('splitText', () => {
  it('leaves short text as it is', () => {
    expect(splitText('a\n\nb', 250)).toEqual(['a\n\nb'])
  })

  it('cuts at paragraphs before lines, at lines before words', () => {
    const paragraph = 'word '.repeat(30).trim()
    expect(splitText(`${paragraph}\n\n${paragraph}\nline`, 304)).toEqual([paragraph, `${paragraph}\nline`])
    expect(splitText(`${paragraph}\n${paragraph}`, 250)).toEqual([paragraph, paragraph])
    expect(splitText(`${paragraph} ${paragraph}`, 252)).toEqual(['word '.repeat(50).trim(), 'word '.repeat(10).trim()])
  })

  test.each([
    ['long words', 'x'.repeat(2_000)],
    ['umlauts', 'ü'.repeat(2_000)],
    ['emoji', '😀'.repeat(1_000)],
    ['replacement characters', '\uFFFD'.repeat(2_000)],
    ['lone surrogates', '\uD800'.repeat(2_000)],
    ['blanks', ' '.repeat(2_000)],
    ['blanks with a word', `${' '.repeat(2_000)}word${' '.repeat(2_000)}`],
    ['a fence as long as a page', '`'.repeat(2_000)],
    ['a language as long as a page', `\`\`\`${'a'.repeat(2_000)}\ncode\n\`\`\``],
    ['fences only', '```\n'.repeat(500)],
  ])('always comes to an end, loses nothing and never cuts a character: %s', (_name, text) => {
    const parts = splitText(text, 250)
    expect(parts.filter((part) => Buffer.byteLength(part) > 250 + 41)).toEqual([])
    expect(parts.every((part) => part.isWellFormed())).toBe(text.isWellFormed())
    expect(parts.some((part) => part.trim() === '')).toBe(text.trim() === '')
    expect(lettersOf(parts.join(''))).toBe(lettersOf(text))
  })

  test.each(['```', '~~~', '````'])('a code block that is cut is closed and opened again, with its language: %s', (mark) => {
    const lines = Array.from({ length: 40 }, (_, index) => `    indented line ${String(index)}`)
    const parts = splitText(`Before.\n\n${mark}python\n${lines.join('\n')}\n${mark}\n\nAfter.`, 300)
    expect(parts.length).toBeGreaterThan(2)
    for (const part of parts.slice(1, -1)) {
      expect(part.startsWith(`${mark}python\n    indented`)).toBe(true)
      expect(part.endsWith(`\n${mark}`)).toBe(true)
    }
    const code = parts.flatMap((part) => part.split('\n').filter((line) => line.startsWith('    ')))
    expect(code).toEqual(lines)
    expect(parts.at(-1)?.endsWith(`${mark}\n\nAfter.`)).toBe(true)
  })

  it('a block that ended before the cut is not opened again', () => {
    const parts = splitText(`\`\`\`\ncode\n\`\`\`\n\n${'word '.repeat(100)}`, 250)
    expect(parts.slice(1).join('')).not.toContain('```')
  })

  it('a shorter fence inside a block does not end it', () => {
    const inner = `\`\`\`\`md\n${'text '.repeat(20)}\n\`\`\`js\n${'code '.repeat(60)}\n\`\`\`\n\`\`\`\``
    const [first, second] = splitText(inner, 250)
    expect(first?.endsWith('\n````')).toBe(true)
    expect(second?.startsWith('````md\n')).toBe(true)
  })
})
