import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { TestHousehold } from '../../support/household.ts'
import { injectServices } from '../../support/services.ts'

/** Room for the home and 30 MB more than the assistant's minimum. */
const DISK_MB = 560
const FILLER_MB = 60

const services = injectServices()
const reason = services === undefined ? 'no services' : mountingFails()

describe.skipIf(reason !== undefined)(`a disk that is almost full${reason === undefined ? '' : ` (skipped: ${reason})`}`, () => {
  it('stops questions and says so once; they are answered when there is space again', async () => {
    if (services === undefined) throw new Error('skipped')
    await using house = await TestHousehold.make(services, {
      people: { robin: { role: 'owner' } },
      rooms: { study: { people: ['robin'] }, control: { people: ['robin'], kind: 'control' } },
    })
    const robin = house.person('robin')
    const [study, control] = [house.room('study'), house.room('control')]
    await services.upstream.script({ contains: 'disk:', script: { kind: 'echo' } })
    using _disk = mountSmallDisk(house.home)
    await house.writeConfiguration()
    const filler = join(house.home, 'filler')
    await writeFile(filler, Buffer.alloc(FILLER_MB * 1_048_576, 1))

    await using bot = house.start()
    const alert = await robin.waitForAnswer(control, () => true)
    expect(alert.text).toMatch(/^Only \d{3} MB of disk space are left, so I take no new questions\./)
    await robin.say(study, 'disk: is there any space?')
    const status = await bot.status()
    expect(status?.checks.find(({ name }) => name === 'disk')?.ok).toBe(false)
    expect(await services.upstream.calls('disk:')).toEqual([])

    await rm(filler)
    await robin.waitForAnswer(study, ({ text }) => text === 'You said: disk: is there any space?')
    await robin.waitForAnswer(control, ({ text }) => text === 'There is enough disk space again. I take questions as before.')
    expect(robin.answers(control)).toHaveLength(2)
  })
})

function mountSmallDisk(folder: string): Disposable {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(DISK_MB)}m,mode=700`, 'ai-ops-test', folder], { stdio: 'ignore' })
  return { [Symbol.dispose]: () => void spawnSync('umount', ['-l', folder]) }
}

/** Why no small disk can be made here; undefined: it can. */
function mountingFails(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ai-ops-mount-'))
  try {
    mountSmallDisk(folder)[Symbol.dispose]()
    return undefined
  } catch {
    return 'mounting a small disk needs Linux and root'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
