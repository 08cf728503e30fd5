import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const made: string[] = []
afterAll(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** An empty folder of its own, removed when the tests of this file have ended. */
export function createTestFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `ai-ops-${name}-`))
  made.push(folder)
  return folder
}
