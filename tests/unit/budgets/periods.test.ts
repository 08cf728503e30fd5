import { describe, expect, test } from 'vitest'
import { isWithinHours, momentInWords, nextAllowed, periodAt } from '../../../src/budgets/periods.ts'

const BERLIN = 'Europe/Berlin'
const at = (text: string): number => Date.parse(text)
const iso = (moment: number | undefined): string | undefined => (moment === undefined ? undefined : new Date(moment).toISOString())

describe('periods begin where the member lives', () => {
  test.each([
    ['day', '2026-11-25T23:30:00Z', BERLIN, '2026-11-25T23:00:00.000Z', '2026-11-26T23:00:00.000Z'],
    ['day', '2026-11-25T22:59:59.999Z', BERLIN, '2026-11-24T23:00:00.000Z', '2026-11-25T23:00:00.000Z'],
    ['day', '2026-11-25T23:30:00Z', 'Pacific/Auckland', '2026-11-25T11:00:00.000Z', '2026-11-26T11:00:00.000Z'],
    ['week', '2026-11-29T22:59:00Z', BERLIN, '2026-11-22T23:00:00.000Z', '2026-11-29T23:00:00.000Z'],
    ['month', '2026-12-31T22:59:00Z', BERLIN, '2026-11-30T23:00:00.000Z', '2026-12-31T23:00:00.000Z'],
  ] as const)('%s around %s in %s', (period, now, zone, since, until) => {
    const span = periodAt(period, at(now), zone)
    expect([iso(span.since), iso(span.until)]).toEqual([since, until])
  })

  test('a day has 23 hours when the clock is put forward and 25 when it is put back', () => {
    const hours = (now: string): number => {
      const { since, until } = periodAt('day', at(now), BERLIN)
      return (until - since) / 3_600_000
    }
    expect([hours('2026-03-29T12:00:00Z'), hours('2026-10-25T12:00:00Z'), hours('2026-10-26T12:00:00Z')]).toEqual([23, 25, 24])
  })

  test('every moment of a year of days lies in exactly one day', () => {
    let moment = at('2026-01-01T00:00:00Z')
    for (let day = 0; day < 366; day += 1) {
      const { since, until } = periodAt('day', moment, BERLIN)
      expect(periodAt('day', until, BERLIN).since).toBe(until)
      expect(periodAt('day', until - 1, BERLIN).since).toBe(since)
      moment = until
    }
  })
})

describe('allowed hours', () => {
  const school = [{ days: [1, 2, 3, 4, 5], fromMinute: 7 * 60, untilMinute: 20 * 60 }]
  test.each([
    ['2026-11-25T06:00:00Z', true],
    ['2026-11-25T05:59:00Z', false],
    ['2026-11-25T18:59:00Z', true],
    ['2026-11-25T19:00:00Z', false],
    ['2026-11-28T10:00:00Z', false],
  ])('school days 07:00 to 20:00 at %s: %s', (now, expected) => {
    expect(isWithinHours(school, at(now), BERLIN)).toBe(expected)
  })

  test('hours past midnight belong to the day on which they begin', () => {
    const friday = [{ days: [5], fromMinute: 20 * 60, untilMinute: 60 }]
    const inside = (now: string): boolean => isWithinHours(friday, at(now), BERLIN)
    expect([
      inside('2026-11-27T19:00:00Z'),
      inside('2026-11-27T23:30:00Z'),
      inside('2026-11-28T00:00:00Z'),
      inside('2026-11-26T23:30:00Z'),
    ]).toEqual([true, true, false, false])
  })

  test('says when it goes on: now, tonight, after the weekend, never', () => {
    const next = (now: string, hours = school): string | undefined => iso(nextAllowed(hours, at(now), BERLIN))
    expect(next('2026-11-25T10:00:00Z')).toBe('2026-11-25T10:00:00.000Z')
    expect(next('2026-11-25T03:00:00Z')).toBe('2026-11-25T06:00:00.000Z')
    expect(next('2026-11-27T20:00:00Z')).toBe('2026-11-30T06:00:00.000Z')
    expect(next('2026-11-25T20:00:00Z', [{ days: [], fromMinute: 0, untilMinute: 60 }])).toBeUndefined()
    expect(next('2026-11-25T20:00:00Z', [])).toBe('2026-11-25T20:00:00.000Z')
    // 02:30 does not exist that night
    expect(next('2026-03-28T20:00:00Z', [{ days: [7], fromMinute: 150, untilMinute: 600 }])).toBe('2026-03-29T01:30:00.000Z')
  })
})

test('a moment in words has the day only where it is another one', () => {
  const now = at('2026-11-25T10:00:00Z')
  const say = (moment: string, locale: string): string => momentInWords(at(moment), now, { timeZone: BERLIN, locale })
  expect(say('2026-11-25T17:00:00Z', 'en')).toBe('18:00')
  expect(say('2026-11-25T23:00:00Z', 'en')).toContain('Thursday')
  expect(say('2026-11-25T23:00:00Z', 'de')).toContain('Donnerstag')
})
