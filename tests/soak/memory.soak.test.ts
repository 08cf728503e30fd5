import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { SaidMessages } from '../integration/exactly-once/said-messages.ts'
import type { BotProcess } from '../support/bot-process.ts'
import { TestHousehold } from '../support/household.ts'
import { describeWithServices } from '../support/services.ts'

const messages = 1_000
/** Until then caches and the heap find their size. */
const settledAt = 200
const sampleEvery = 50
/** The bounds: first light. */
const idleBoundMb = 220
const growthBound = 0.1
/** Longer than a collection of the whole heap waits for an idle process. */
const idleMs = 20_000

describeWithServices('memory', (services) => {
  let house: TestHousehold
  let bot: BotProcess
  beforeAll(async () => {
    await services.upstream.script({ contains: 'a message', script: { kind: 'echo' } })
    const people = ['robin']
    const rooms = { one: { people }, two: { people }, three: { people }, four: { people }, five: { people } }
    house = await TestHousehold.make(services, { people: { robin: { role: 'owner' } }, rooms })
    bot = house.start()
    await bot.untilReady()
  })
  afterAll(() => house[Symbol.asyncDispose]())

  it(`grows by less than ${String(growthBound * 100)} % over the last 800 of ${String(messages)} messages`, async () => {
    const said = new SaidMessages(house.person('robin'), 'remembered')
    const rooms = Object.values(house.rooms)
    await sleep(idleMs)
    const idleMb = await residentMb(bot.pid)
    const samples: { readonly at: number; readonly mb: number }[] = []
    const begunAt = performance.now()
    for (let count = 0; count < messages; count += rooms.length) {
      await Promise.all(rooms.map((roomId) => said.say(roomId, `message ${String(count)}`, 'a message')))
      await said.untilAnswered(60_000, () => bot.output.slice(-1_000))
      if ((count + rooms.length) % sampleEvery === 0) samples.push({ at: count + rooms.length, mb: await residentMb(bot.pid) })
    }
    const seconds = (performance.now() - begunAt) / 1000
    await sleep(idleMs)
    const restMb = await residentMb(bot.pid)
    const early = mean(samples.filter(({ at }) => at >= settledAt && at < settledAt + 4 * sampleEvery))
    const late = mean(samples.filter(({ at }) => at > messages - 4 * sampleEvery))
    const growth = late / early - 1
    console.log(
      `[soak] ${String(messages)} messages in ${seconds.toFixed(0)} s; RSS idle ${idleMb.toFixed(0)} MB, ${samples.map(({ at, mb }) => `${String(at)}: ${mb.toFixed(0)}`).join(', ')}, at rest ${restMb.toFixed(0)} MB; growth ${(growth * 100).toFixed(1)} %`,
    )
    expect(said.faults()).toEqual([])
    expect(growth).toBeLessThan(growthBound)
    expect(idleMb).toBeLessThan(idleBoundMb)
  })
})

/** As the kernel counts it. */
async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${String(pid)}/status`, 'utf8')
  return (Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6
}

/** Single samples stand before or after a collection. */
function mean(samples: readonly { readonly mb: number }[]): number {
  return samples.reduce((sum, { mb }) => sum + mb, 0) / samples.length
}
