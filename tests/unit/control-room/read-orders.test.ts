import { describe, expect, test } from 'vitest'
import { readMoment } from '../../../src/budgets/read-moment.ts'
import type { MemberId } from '../../../src/contracts/ids.ts'
import { findMember } from '../../../src/control-room/find-names.ts'
import { inUnit, readAmount, readPeriod } from '../../../src/control-room/read-amount.ts'
import { readHours } from '../../../src/control-room/read-hours.ts'
import { nearestOf, readWords } from '../../../src/control-room/read-words.ts'
import { member } from '../conversation/conversation-fixtures.ts'

test('words stand between blanks, or in quotes', () => {
  expect(readWords('allowance  "little mia"\n+2 ""')).toEqual(['allowance', 'little mia', '+2', ''])
  expect(readWords('')).toEqual([])
})

test.each([
  ['spned', 'spend'],
  ['stauts', 'status'],
  ['hlp', 'help'],
  ['xyzzy', undefined],
  ['', undefined],
])('%j is most likely %s', (typed, meant) => {
  expect(nearestOf(typed, ['help', 'status', 'spend'])).toBe(meant)
})

describe('amounts', () => {
  test.each([
    ['+2', { isMore: true, unit: undefined, amount: 2 }, []],
    ['+$0.50 today', { isMore: true, unit: 'money', amount: 500_000_000 }, ['today']],
    ['2,5$', { isMore: false, unit: 'money', amount: 2_500_000_000 }, []],
    ['40 messages day', { isMore: false, unit: 'messages', amount: 40 }, ['day']],
    ['+15min week', { isMore: true, unit: 'minutes', amount: 15 }, ['week']],
    ['10 nachrichten', { isMore: false, unit: 'messages', amount: 10 }, []],
    ['0 messages', { isMore: false, unit: 'messages', amount: 0 }, []],
  ])('%s', (text, amount, rest) => {
    expect(readAmount(readWords(text))).toEqual({ amount, rest })
  })

  test.each(['', 'much', '-2', '+', '1e9', '2.5 messages', '10apples', '999999999', '$', '+$x', 'NaN', 'Infinity', '٤'])(
    '%j is none',
    (text) => {
      expect(readAmount(readWords(text))).toBeUndefined()
    },
  )

  test('a bare number is meant in the unit there is, if that makes sense', () => {
    expect(inUnit({ isMore: true, unit: undefined, amount: 2 }, 'money')).toEqual({ unit: 'money', amount: 2_000_000_000 })
    expect(inUnit({ isMore: true, unit: undefined, amount: 2.5 }, 'messages')).toBeUndefined()
  })

  test('periods in both languages', () => {
    expect(['day', 'today', '/week', 'Monat', 'year', undefined].map(readPeriod)).toEqual([
      'day',
      'day',
      'week',
      'month',
      undefined,
      undefined,
    ])
  })
})

describe('hours', () => {
  test.each([
    ['school days 07:00 to 20:00', [{ days: [1, 2, 3, 4, 5], fromMinute: 420, untilMinute: 1_200 }]],
    ['schultage 7:00 bis 20:00', [{ days: [1, 2, 3, 4, 5], fromMinute: 420, untilMinute: 1_200 }]],
    ['sat sun 09:00-21:30', [{ days: [6, 7], fromMinute: 540, untilMinute: 1_290 }]],
    ['07:00 to 20:00', [{ days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 420, untilMinute: 1_200 }]],
    ['fri 20:00 to 01:00', [{ days: [5], fromMinute: 1_200, untilMinute: 60 }]],
    ['always', []],
  ])('%s', (text, hours) => {
    expect(readHours(readWords(text))).toEqual(hours)
  })
  test.each(['25:00 to 26:00', 'someday 07:00 to 08:00', '07:00', '07:00 to 07:00', '40 messages', ''])('%j are none', (text) => {
    expect(readHours(readWords(text))).toBeUndefined()
  })
})

describe('moments', () => {
  const now = Date.parse('2026-11-25T12:00:00Z')
  const read = (text: string): string | undefined => {
    const moment = readMoment(readWords(text), now, 'Europe/Berlin')
    return typeof moment === 'number' ? new Date(moment).toISOString() : moment
  }
  test.each([
    ['', undefined],
    ['until 18:00', '2026-11-25T17:00:00.000Z'],
    ['bis 9:30', '2026-11-26T08:30:00.000Z'],
    ['until tomorrow 07:00', '2026-11-26T06:00:00.000Z'],
    ['until tomorrow', '2026-11-25T23:00:00.000Z'],
    ['for 2h', '2026-11-25T14:00:00.000Z'],
    ['für 30min', '2026-11-25T12:30:00.000Z'],
    ['until', 'unreadable'],
    ['until whenever', 'unreadable'],
    ['until 18:00 sharp', 'unreadable'],
    ['for 0h', 'unreadable'],
    ['until 24:61', 'unreadable'],
  ])('%j', (text, moment) => {
    expect(read(text)).toBe(moment)
  })

  test('a day has as many hours as the clock gives it', () => {
    const before = Date.parse('2026-03-28T11:00:00Z')
    expect(new Date(Number(readMoment(['until', 'tomorrow', '12:00'], before, 'Europe/Berlin'))).toISOString()).toBe(
      '2026-03-29T10:00:00.000Z',
    )
  })
})

describe('members by what people call them', () => {
  const family = [member('mia'), member('max'), member('anna', { name: 'Max' }), member('owner')]
  const found = (word: string): unknown => {
    const one = findMember(family, word)
    return one.kind === 'one' ? one.thing.id : one.kind === 'several' ? one.names : one.nearest
  }
  test.each([
    ['mia', 'mia'],
    ['@mia', 'mia'],
    ['MIA', 'mia'],
    ['@owner:home', 'owner'],
    // an id is nobody else's
    ['max', 'max'],
    ['ma', ['max', 'anna']],
    ['mie', 'mia'],
    ['nobody', undefined],
    ['m', undefined],
  ])('%s', (word, expected) => {
    expect(found(word)).toEqual(expected)
  })
  test('two who share a name are asked about', () => {
    const twins = [member('a' as MemberId, { name: 'Kim' }), member('b' as MemberId, { name: 'Kim' })]
    expect(findMember(twins, 'kim')).toEqual({ kind: 'several', names: ['a', 'b'] })
  })
})
