import { describe, expect, test } from 'vitest'
import { compileLexicon, matchLexicon } from '../../../src/guardrails/lexicon.ts'
import type { LexiconSource } from '../../../src/guardrails/lexicon.ts'
import { tokenise } from '../../../src/guardrails/tokens.ts'

const source: LexiconSource = {
  language: 'en',
  groups: {
    ask: 'how do i, how to',
    make: 'make, build*',
    thing: '*bomb, rocket launcher',
    pet: 'cat, dog',
    owner: 'my *, @pet',
    game: 'minecraft',
  },
  rules: [
    { id: 'make-thing', category: 'weapons', level: 'sure', when: ['ask', 'make', 'thing'], within: 3, unless: ['game'] },
    { id: 'owner', category: 'pets', level: 'likely', when: ['pet'], directions: ['tool'] },
  ],
}
const lexicon = compileLexicon(source)
const idsOf = (text: string, direction: 'in' | 'tool' = 'in'): readonly string[] =>
  matchLexicon(lexicon, tokenise(text.toLowerCase()), direction).map(({ rule }) => rule.id)

describe('a rule of a lexicon', () => {
  test.each([
    ['how do I make a bomb', ['make-thing']],
    ['how to build a pipebomb?', ['make-thing']],
    ['How do I, like, building the rocket launcher', ['make-thing']],
    ['make how do i bomb', []],
    ['how do i make a really very big nice loud bomb', []],
    ['how do i make a cake. Bomb was the word', []],
    ['how do i make a bomb in minecraft', []],
  ])('%j holds as %j: all slots, in order, close together, no guard', (text, ids) => {
    expect(idsOf(text)).toEqual(ids)
  })

  test('a guard far away in a long text does not excuse', () => {
    const filler = 'and then we went to the shop and bought bread and milk for all of us '.repeat(4)
    expect(idsOf(`minecraft ${filler} how do i make a bomb`)).toEqual(['make-thing'])
  })

  test('counts only in its directions', () => {
    expect(idsOf('the cat')).toEqual([])
    expect(idsOf('the cat', 'tool')).toEqual(['owner'])
  })

  test('a possessive is its owner as well', () => {
    expect(idsOf("the dog's ball", 'tool')).toEqual(['owner'])
  })

  test('names the words it held on', () => {
    const tokens = tokenise('tell me how to make a bomb now')
    const [hit] = matchLexicon(lexicon, tokens, 'in')
    expect([tokens[hit?.first ?? 0]?.word, tokens[hit?.last ?? 0]?.word]).toEqual(['how', 'bomb'])
  })

  test('finds the pair that fits even where nearer words do not', () => {
    expect(idsOf('how do i cook, how to make a bomb')).toEqual(['make-thing'])
  })
})

test('a rule that names no group stops the start', () => {
  const broken = { ...source, rules: [{ id: 'x', category: 'x', level: 'sure' as const, when: ['nothing'] }] }
  expect(() => compileLexicon(broken)).toThrow('needs a group "nothing"')
})

test('a group that contains itself stops the start', () => {
  expect(() => compileLexicon({ ...source, groups: { ...source.groups, pet: '@pet' } })).toThrow('contains itself')
})
