import { describe, expect, it } from 'vitest'
import type { EventId } from '../../../src/contracts/ids.ts'
import type { SendOutcome } from '../../../src/interfaces/matrix/encrypted-sender.ts'
import { LimitedLine } from '../../../src/interfaces/matrix/limited-line.ts'

const never = new AbortController().signal
const sent = (name: string): SendOutcome => ({ kind: 'sent', eventId: name as EventId })

/** Takes `burst` at once; then each time that it has refused one it has a place again, well before the time it named. */
function createHomeserver(burst: number): { attempts: number; took: string[]; take(name: string): Promise<SendOutcome> } {
  let places = burst
  let isOpening = false
  const homeserver = {
    attempts: 0,
    took: [] as string[],
    take(name: string): Promise<SendOutcome> {
      homeserver.attempts += 1
      if (places > 0) {
        places -= 1
        homeserver.took.push(name)
        return Promise.resolve(sent(name))
      }
      if (!isOpening) {
        isOpening = true
        setTimeout(() => {
          isOpening = false
          places = 1
        }, 1)
      }
      return Promise.resolve({ kind: 'limited', retryAfterMs: 10 })
    },
  }
  return homeserver
}

describe('the line of sends that must arrive', () => {
  it('lets them go side by side while nothing is limited', async () => {
    const line = new LimitedLine(() => performance.now())
    const first = Promise.withResolvers<SendOutcome>()
    const slow = line.send(() => first.promise, never)
    expect(await line.send(() => Promise.resolve(sent('second')), never)).toEqual(sent('second'))
    first.resolve(sent('first'))
    expect(await slow).toEqual(sent('first'))
  })

  it('takes all of a burst, in order, with about one refusal each', async () => {
    const line = new LimitedLine(() => performance.now())
    const homeserver = createHomeserver(2)
    const names = Array.from({ length: 12 }, (_, index) => String(index))
    await Promise.all(names.map((name) => line.send(() => homeserver.take(name), never)))
    expect(homeserver.took).toEqual(names)
    // ten were refused at once; then each of them once more at most
    expect(homeserver.attempts).toBeLessThanOrEqual(12 + 10 + 10)
  })

  it('ends the waiting at a stop', async () => {
    const line = new LimitedLine(() => performance.now())
    const stop = new AbortController()
    const waiting = line.send(() => Promise.resolve({ kind: 'limited', retryAfterMs: 60_000 }), stop.signal)
    const behind = line.send(() => Promise.resolve(sent('behind')), stop.signal)
    stop.abort()
    expect(await Promise.all([waiting, behind])).toEqual([undefined, sent('behind')])
  })

  it('goes on with the next one when a send fails', async () => {
    const line = new LimitedLine(() => performance.now())
    const outcomes: SendOutcome[] = [
      { kind: 'limited', retryAfterMs: 1 },
      { kind: 'failed', code: 'http-502' },
    ]
    const failing = line.send(() => Promise.resolve(outcomes.shift() ?? sent('too often')), never)
    const next = line.send(() => Promise.resolve(sent('next')), never)
    expect(await Promise.all([failing, next])).toEqual([{ kind: 'failed', code: 'http-502' }, sent('next')])
  })
})
