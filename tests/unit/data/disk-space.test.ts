import { tmpdir } from 'node:os'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { minimumFreeBytes, readFreeBytes, watchDiskSpace } from '../../../src/data/disk-space.ts'

it('reads what is free where the home lies', async () => {
  expect(await readFreeBytes(tmpdir())).toBeGreaterThan(0)
})

describe('watchDiskSpace', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  function watch(first: number) {
    const disk: { free: number | undefined } = { free: first }
    const told: string[] = []
    const watching = watchDiskSpace({
      readFreeBytes: () => (disk.free === undefined ? Promise.reject(new Error('no answer')) : Promise.resolve(disk.free)),
      changed: (isEnough, freeBytes) => told.push(`${isEnough ? 'enough' : 'too little'} ${String(freeBytes)}`),
    })
    return { disk, told, watching, pass: () => vi.advanceTimersByTimeAsync(10_000) }
  }

  it('says nothing while there is enough', async () => {
    const { told, pass } = watch(minimumFreeBytes)
    await pass()
    await pass()
    expect(told).toEqual([])
  })

  it('says at once that there is too little, once, and once when there is enough again', async () => {
    const { disk, told, pass } = watch(minimumFreeBytes - 1)
    await vi.advanceTimersByTimeAsync(0)
    expect(told).toEqual([`too little ${String(minimumFreeBytes - 1)}`])
    disk.free = 5
    await pass()
    await pass()
    disk.free = minimumFreeBytes
    await pass()
    await pass()
    expect(told).toEqual([`too little ${String(minimumFreeBytes - 1)}`, `enough ${String(minimumFreeBytes)}`])
  })

  it('a look that fails changes nothing', async () => {
    const { disk, told, pass } = watch(0)
    await vi.advanceTimersByTimeAsync(0)
    disk.free = undefined
    await pass()
    expect(told).toEqual(['too little 0'])
  })

  it('is silent once it is disposed', async () => {
    const { disk, told, watching, pass } = watch(minimumFreeBytes)
    watching[Symbol.dispose]()
    disk.free = 0
    await pass()
    expect(told).toEqual([])
  })
})
