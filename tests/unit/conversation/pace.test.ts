import { describe, expect, test } from 'vitest'
import { MAX_EDITS, nextStep, type PaceState, type PaceStep, pauseAfterLimit } from '../../../src/conversation/pace.ts'

const start: PaceState = {
  firstDeltaAt: 1_000,
  hasText: true,
  isShown: false,
  hasDraft: false,
  edits: 0,
  lastSendAt: undefined,
  pausedUntil: 0,
  timesLimited: 0,
}
const shown: PaceState = { ...start, hasDraft: true, lastSendAt: 2_000 }
const rest: PaceStep = { kind: 'rest' }
const wait = (ms: number): PaceStep => ({ kind: 'wait', ms })

describe('the pace of a streamed answer', () => {
  const cases: readonly (readonly [string, PaceState, number, PaceStep])[] = [
    ['nothing came yet', { ...start, firstDeltaAt: undefined }, 1_000, rest],
    ['nothing is checked yet', { ...start, hasText: false }, 5_000, rest],
    ['the draft is held for 400 ms', start, 1_100, wait(300)],
    ['the draft after 400 ms', start, 1_400, { kind: 'draft' }],
    ['a late first unit is shown at once', start, 9_000, { kind: 'draft' }],
    ['a limited draft waits', { ...start, pausedUntil: 6_000 }, 2_000, wait(4_000)],
    ['one edit a second', shown, 2_400, wait(600)],
    ['the edit when it is due', shown, 3_000, { kind: 'edit' }],
    ['nothing new to show', { ...shown, isShown: true }, 9_000, rest],
    ['a pause asked for by the homeserver', { ...shown, pausedUntil: 8_000 }, 3_000, wait(5_000)],
    ['after the homeserver asked twice, four times slower', { ...shown, timesLimited: 2 }, 3_000, wait(3_000)],
    ['after twenty edits every two seconds', { ...shown, edits: 20 }, 2_000, wait(2_000)],
    ['the sixty-first edit', { ...shown, edits: MAX_EDITS }, 99_000, rest],
    ['a draft of an earlier process is edited at once', { ...start, hasDraft: true }, 1_000, { kind: 'edit' }],
  ]
  test.each(cases)('%s', (_name, state, now, step) => {
    expect(nextStep(state, now)).toEqual(step)
  })

  test('a stream of two minutes never passes sixty edits', () => {
    let state: PaceState = { ...start, hasDraft: true, lastSendAt: 0 }
    for (let now = 0; now <= 120_000; now += 50) {
      if (nextStep(state, now).kind === 'edit') state = { ...state, edits: state.edits + 1, lastSendAt: now }
    }
    expect(state.edits).toBeLessThanOrEqual(MAX_EDITS)
    expect(state.lastSendAt).toBeGreaterThan(110_000)
  })

  test('pauses follow the homeserver and double', () => {
    expect(pauseAfterLimit(4_500, 0)).toBe(4_500)
    expect(pauseAfterLimit(0, 0)).toBe(1_000)
    expect(pauseAfterLimit(0, 3)).toBe(8_000)
    expect(pauseAfterLimit(0, 20)).toBe(30_000)
  })
})
