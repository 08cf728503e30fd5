import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface TemporaryHome extends Disposable {
  readonly path: string
  /** Every file in it whose bytes hold `text`. */
  filesWith(text: string): readonly string[]
}

/** An empty folder of its own, removed on dispose. */
export function makeTemporaryHome(): TemporaryHome {
  const path = mkdtempSync(join(tmpdir(), 'ai-ops-test-'))
  return {
    path,
    filesWith: (text) =>
      readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .filter((file) => readFileSync(file).includes(text)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}
