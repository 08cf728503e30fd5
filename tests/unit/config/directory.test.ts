import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { createDirectory } from '../../../src/config/directory.ts'
import type { Directory } from '../../../src/contracts/household.ts'
import { createHome, goodFile } from './home-fixture.ts'

type Change = Parameters<Parameters<Directory['onChange']>[0]>[0]

const opened: Disposable[] = []
afterEach(() => {
  for (const directory of opened.splice(0)) directory[Symbol.dispose]()
})

async function open(): Promise<{ directory: Directory & Disposable; changes: Change[]; home: string; projectRoot: string }> {
  const folders = createHome()
  const result = await createDirectory({ ...folders, standIn: true })
  if (!result.ok) throw new Error(result.error.sentence)
  opened.push(result.value)
  const changes: Change[] = []
  result.value.onChange((change) => changes.push(change))
  return { directory: result.value, changes, ...folders }
}

describe('createDirectory', () => {
  test('follows an edit in place, an edit by rename, and a data file', async () => {
    const { directory, changes, home, projectRoot } = await open()
    expect(directory.current()).toMatchObject({ instanceName: 'Home', standIn: true })

    writeFileSync(join(home, 'ai-ops.yaml'), goodFile.replace('name: Home', 'name: Written'))
    await vi.waitFor(() => expect(directory.current().instanceName).toBe('Written'), 5_000)

    for (const name of ['Renamed', 'Again']) {
      writeFileSync(join(home, 'ai-ops.yaml~'), goodFile.replace('name: Home', `name: ${name}`))
      renameSync(join(home, 'ai-ops.yaml~'), join(home, 'ai-ops.yaml'))
      await vi.waitFor(() => expect(directory.current().instanceName).toBe(name), 5_000)
    }

    writeFileSync(join(projectRoot, 'config/profiles/household.yaml'), 'name: Assistant\ntone: brisk\nprompt: Be kind.\n')
    await vi.waitFor(() => expect(directory.current().profiles.get('household')?.tone).toBe('brisk'), 5_000)
    expect(changes.every((change) => 'household' in change)).toBe(true)
  })

  test('a bad edit keeps the old household and says why, once; the next good one is taken', async () => {
    const { directory, changes, home } = await open()
    const before = directory.current()
    writeFileSync(join(home, 'ai-ops.yaml'), goodFile.replace('role: owner', 'role: boss'))
    await vi.waitFor(() => expect(changes).toHaveLength(1), 5_000)
    expect(changes[0]).toMatchObject({ fault: { sentence: expect.stringContaining('ai-ops.yaml, line 9') as string } })
    expect(directory.current()).toBe(before)

    writeFileSync(join(home, 'ai-ops.yaml'), goodFile.replace('role: owner', 'role: boss').replace('Robin', 'Robert'))
    writeFileSync(join(home, 'ai-ops.yaml'), goodFile.replace('Robin', 'Robert'))
    await vi.waitFor(() => expect(changes.at(-1)).toHaveProperty('household'), 5_000)
    expect(changes.filter((change) => 'fault' in change)).toHaveLength(1)
  })

  test('an unsubscribed listener and a disposed directory hear nothing', async () => {
    const { directory, changes, home, projectRoot } = await open()
    const other: Change[] = []
    const unsubscribe = directory.onChange((change) => other.push(change))
    unsubscribe()
    writeFileSync(join(home, 'ai-ops.yaml'), goodFile.replace('name: Home', 'name: One'))
    await vi.waitFor(() => expect(changes).toHaveLength(1), 5_000)
    expect(other).toEqual([])

    directory[Symbol.dispose]()
    const survivor = await createDirectory({ home, projectRoot, standIn: true })
    if (!survivor.ok) throw new Error(survivor.error.sentence)
    opened.push(survivor.value)
    writeFileSync(join(home, 'ai-ops.yaml'), goodFile.replace('name: Home', 'name: Two'))
    await vi.waitFor(() => expect(survivor.value.current().instanceName).toBe('Two'), 5_000)
    expect(directory.current().instanceName).toBe('One')
    expect(changes).toHaveLength(1)
  })

  test('a bad file at start is a fault', async () => {
    expect(await createDirectory({ ...createHome('version: 2\n'), standIn: false })).toMatchObject({ ok: false })
  })
})
