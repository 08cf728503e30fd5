import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import type { RecoveryKeyFile } from './interfaces/matrix/identity.ts'

/** A secret text file of the home: 0600, replaced as a whole. */
export function privateFile(path: string): RecoveryKeyFile & { remove(): Promise<void> } {
  return {
    read: async () => (await readFile(path, 'utf8').catch(() => undefined))?.trim(),
    write: async (text) => {
      await writeFile(`${path}.new`, `${text}\n`, { mode: 0o600, flush: true })
      await chmod(`${path}.new`, 0o600)
      await rename(`${path}.new`, path)
    },
    remove: () => rm(path, { force: true }),
  }
}
