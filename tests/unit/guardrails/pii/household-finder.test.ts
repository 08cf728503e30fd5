import { describe, expect, test } from 'vitest'
import { createHouseholdFinder } from '../../../../src/guardrails/pii/household-finder.ts'
import { isOneTypo } from '../../../../src/guardrails/pii/one-typo.ts'

const find = createHouseholdFinder({
  names: ['Charlotte Weber-Hofer', 'Alexander Weber', 'Mia', 'Robin', 'Will Stone', 'Müller'],
  addresses: ['Lindenstraße 12, 50674 Köln', '7 Old Mill Road, Bath BA1 1AA'],
  countries: ['DE'],
})

function found(text: string): readonly string[] {
  return find(text).map(({ start, end }) => text.slice(start, end))
}

describe('the household finder', () => {
  test.each([
    ['charlotte is ill', 'charlotte'],
    ['CHARLOTTE!', 'CHARLOTTE'],
    ["Charlotte's bike", 'Charlotte'],
    ['Charlottes Rad', 'Charlottes'],
    ['Lotte und Charlie kommen', 'Lotte'],
    ['my sister Lottie', 'Lottie'],
    ['alex said hi', 'alex'],
    ['Sascha kommt', 'Sascha'],
    ['Miachen schläft', 'Miachen'],
    ['mia', 'mia'],
    ['robin is 40', 'robin'],
    ['Herr Mueller ruft an, nein: Müller', 'Müller'],
    ['my brother Will is mean', 'Will'],
    ['Will is my brother', 'Will'],
    ["Will's room", 'Will'],
    ['Familie Hofer', 'Hofer'],
  ])('finds a name: %s', (text, name) => {
    expect(found(text)).toContain(name)
  })

  test.each([
    'Charlote',
    'Chralotte',
    'Charlottte',
    'Cjarlotte',
    'Alexandar',
    'Alxeander',
    'Wbeer',
    'Webr',
    'Robn',
    'Miaa',
    'Mai a'.replace(' ', ''),
  ])('finds a name with one typo: %s', (name) => {
    expect(found(`I asked ${name} about it`)).toContain(name)
  })

  test.each([
    ['we live in Lindenstraße 12', 'Lindenstraße 12'],
    ['Lindenstr. 12, 50674 Köln bitte', 'Lindenstr. 12, 50674 Köln'],
    ['lindenstrasse 12', 'lindenstrasse 12'],
    ['Linden Straße 12', 'Linden Straße 12'],
    ['Lindenstrase 12', 'Lindenstrase 12'],
    ['in der Lindenstraße', 'Lindenstraße'],
    ['Lindenstraße 14', 'Lindenstraße 14'],
    ['7 old mill road', '7 old mill road'],
    ['7 Old Mill Rd, Bath BA1 1AA', '7 Old Mill Rd, Bath BA1 1AA'],
    ['Old Mil Road', 'Old Mil Road'],
  ])('finds an address: %s', (text, address) => {
    expect(found(text)).toContain(address)
  })

  test.each([
    'Will you help me with maths?',
    'Where there is a will there is a way',
    'The alexandrite is a gem',
    'I would rather have a mill than an old road',
    'My aim is to win',
    'Ich mag Linden und Straßen',
    'Wie ist das Wetter?',
  ])('leaves alone: %s', (text) => {
    expect(found(text)).toEqual([])
  })

  test('finds nothing for a household that says nothing', () => {
    expect(createHouseholdFinder({ names: [], addresses: [], countries: [] })('Charlotte, Lindenstraße 12')).toEqual([])
    expect(createHouseholdFinder({ names: ['Me', 'Owner'], addresses: [], countries: [] })('me and the owner')).toEqual([])
  })
})

describe('isOneTypo', () => {
  test.each([
    ['anna', 'ana', true],
    ['anna', 'annab', true],
    ['anna', 'amna', true],
    ['anna', 'anan', true],
    ['anna', 'anna', false],
    ['anna', 'ann', true],
    ['anna', 'an', false],
    ['anna', 'nana', true],
    ['abcd', 'badc', false],
    ['', 'a', true],
  ])('%s %s: %s', (a, b, expected) => {
    expect(isOneTypo(a, b)).toBe(expected)
    expect(isOneTypo(b, a)).toBe(expected)
  })
})
