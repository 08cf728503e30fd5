import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Result } from '../contracts/result.ts'
import { fault, type StackFault } from './stack-fault.ts'

/** Writes a file only its owner can read, whole or not at all. */
export async function writePrivateFile(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(`${file}.new`, text, { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/**
 * Secrets of one service: 32 random bytes each (hexadecimal), made once and kept in `file` (0600); a name that is new is
 * added, the others stay. Fault `damaged-file` if the file cannot be understood: making new secrets would lock people out.
 */
export async function keepSecrets<Name extends string>(
  file: string,
  names: readonly Name[],
): Promise<Result<Readonly<Record<Name, string>>, StackFault>> {
  const kept = await readSecrets(file)
  if (kept === 'damaged')
    return fault(
      'damaged-file',
      `${file} cannot be read as JSON. Restore it from a backup, or delete its folder to start that service anew.`,
    )
  const secrets: Record<string, string> = { ...kept }
  for (const name of names) secrets[name] ??= randomBytes(32).toString('hex')
  if (names.some((name) => kept[name] === undefined)) await writePrivateFile(file, `${JSON.stringify(secrets, undefined, 2)}\n`)
  return { ok: true, value: secrets as Record<Name, string> }
}

async function readSecrets(file: string): Promise<Readonly<Record<string, string>> | 'damaged'> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    throw error
  }
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null) return 'damaged'
    const entries = Object.entries(parsed).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && entry[1] !== '')
    return Object.fromEntries(entries)
  } catch {
    return 'damaged'
  }
}
