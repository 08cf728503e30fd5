import { describe, expect, it } from 'vitest'
import { AnswerPrinter } from '../../../src/interfaces/terminal/answer-printer.ts'
import type { ChatText } from '../../../src/interfaces/terminal/terminal-ports.ts'
import { createScreen } from './fake-terminal.ts'

function print(isTty: boolean, texts: readonly (Partial<ChatText> & { readonly text: string })[]): string {
  const screen = createScreen({ isTty })
  const printer = new AnswerPrinter(screen)
  for (const text of texts) printer.show({ id: 'one', author: undefined, isFinal: false, isLastPart: false, answers: [], ...text })
  return screen.written()
}

describe('a growing answer', () => {
  it('is written on as it grows on a terminal, without the mark that more comes', () => {
    expect(
      print(true, [{ text: 'Once upon …' }, { text: 'Once upon a time. …' }, { text: 'Once upon a time. The end.', isFinal: true }]),
    ).toBe('Once upon a time. The end.\n')
  })

  it('that changed and did not grow is written anew', () => {
    expect(print(true, [{ text: 'One two …' }, { text: 'Something else', isFinal: true }])).toBe('One two\nSomething else\n')
  })

  it('starts anew when somebody else spoke in between', () => {
    const texts = [{ text: 'A long …' }, { id: 'two', author: 'teen', text: 'hi', isFinal: true }, { text: 'A long story', isFinal: true }]
    expect(print(true, texts)).toBe('A long\nteen: hi\nA long story\n')
  })

  it('keeps a mark that belongs to the final text', () => {
    expect(print(true, [{ text: 'To be continued…', isFinal: true }])).toBe('To be continued…\n')
  })

  it('is printed once and whole where no terminal is', () => {
    expect(print(false, [{ text: 'Once …' }, { text: 'Once upon …' }, { text: 'Once upon a time.', isFinal: true }])).toBe(
      'Once upon a time.\n',
    )
  })
})
