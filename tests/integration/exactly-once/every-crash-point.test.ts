import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CrashPoint } from '../../../src/contracts/platform.ts'
import { describeWithServices } from '../../support/services.ts'
import { CrashHouse, scriptModes } from './crash-house.ts'
import { allPoints, pointsOf } from './reachable-points.ts'
import type { Mode } from './reachable-points.ts'

/** Side by side: two cores are busy with three, and one process is killed at one point at a time. */
const houseCount = 3
const cases = (['streamed', 'whole'] as const).flatMap((mode) => pointsOf(mode).map((point): readonly [Mode, CrashPoint] => [mode, point]))

describeWithServices('a kill at every boundary of a message, three times', (services) => {
  const free: CrashHouse[] = []
  const waiting: ((house: CrashHouse) => void)[] = []
  let houses: readonly CrashHouse[] = []
  const take = (): Promise<CrashHouse> => {
    const house = free.pop()
    return house === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(house)
  }
  const giveBack = (house: CrashHouse): void => {
    const next = waiting.shift()
    if (next === undefined) free.push(house)
    else next(house)
  }

  beforeAll(async () => {
    await scriptModes(services)
    houses = await Promise.all(Array.from({ length: houseCount }, () => CrashHouse.make(services)))
    free.push(...houses)
  })
  afterAll(() => Promise.all(houses.map((house) => house[Symbol.asyncDispose]())))

  it('reaches every point in some mode', () => {
    expect(new Set(cases.map(([, point]) => point))).toEqual(new Set(allPoints))
  })

  it.concurrent.for(cases)('dies of %s answers at %s', { timeout: 240_000 }, async ([mode, point]) => {
    const house = await take()
    try {
      expect(await house.crash(mode, point)).toEqual(['SIGKILL', 'SIGKILL', 'SIGKILL'])
    } finally {
      giveBack(house)
    }
  })

  it('has answered every message exactly once, with all keys, one identity, and each call booked', { timeout: 120_000 }, async () => {
    expect(await Promise.all(houses.map((house) => house.faults()))).toEqual(houses.map(() => []))
  })
})
