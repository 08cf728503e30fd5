import { describe, expect, it } from 'vitest'
import { SendAllowance, SYNAPSE_DEFAULT_RATE } from '../../../src/interfaces/matrix/rate-limit.ts'

function allowance(limit = SYNAPSE_DEFAULT_RATE): { readonly send: SendAllowance; readonly pass: (ms: number) => void } {
  let now = 1_000_000
  return {
    send: new SendAllowance(limit, () => now),
    pass: (ms) => {
      now += ms
    },
  }
}

describe('SendAllowance', () => {
  it('never makes anything wait where there is no limit', () => {
    const send = new SendAllowance(undefined, () => 0)
    for (let n = 0; n < 1_000; n += 1) send.count()
    send.refused()
    expect(send.waitForEditMs()).toBe(0)
  })

  it('lets edits go while enough is left for finals, and then makes them wait', () => {
    const { send } = allowance({ perSecond: 0.2, burst: 10 })
    const edits = Array.from({ length: 10 }, () => {
      const waitMs = send.waitForEditMs()
      if (waitMs === 0) send.count()
      return waitMs
    })
    expect(edits).toEqual([0, 0, 0, 0, 0, 0, 5_000, 5_000, 5_000, 5_000])
  })

  it('what it keeps back is there for finals: none of them is held up by edits', () => {
    const { send } = allowance({ perSecond: 0.2, burst: 10 })
    while (send.waitForEditMs() === 0) send.count()
    // a final is counted and not asked; four of them fit into what the homeserver still takes
    for (let finals = 0; finals < 4; finals += 1) send.count()
    expect(send.waitForEditMs()).toBe(25_000)
  })

  it('the wait it names is enough, and not too much', () => {
    const { send, pass } = allowance({ perSecond: 2, burst: 5 })
    while (send.waitForEditMs() === 0) send.count()
    const waitMs = send.waitForEditMs()
    pass(waitMs - 1)
    expect(send.waitForEditMs()).toBe(1)
    pass(1)
    expect(send.waitForEditMs()).toBe(0)
  })

  it('fills up to its burst and no further', () => {
    const { send, pass } = allowance({ perSecond: 1, burst: 6 })
    pass(3_600_000)
    send.count()
    expect(send.waitForEditMs()).toBe(0)
    send.count()
    expect(send.waitForEditMs()).toBe(1_000)
  })

  it('believes the homeserver: a refusal empties the estimate', () => {
    const { send, pass } = allowance({ perSecond: 1, burst: 10 })
    send.refused()
    expect(send.waitForEditMs()).toBe(5_000)
    pass(5_000)
    expect(send.waitForEditMs()).toBe(0)
  })
})
