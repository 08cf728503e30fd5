import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { installerEnvironment } from '../../src/stack/clean-environment.ts'
import { findPython } from '../../src/stack/find-python.ts'
import { toolFolder, toolPython } from '../../src/stack/python-tools.ts'
import { runCommand } from '../../src/stack/run-command.ts'

const projectFolder = path.dirname(path.dirname(import.meta.dirname))
const lock = path.join(projectFolder, 'python', 'nio.lock')
const folder = path.join(projectFolder, '.tools', 'nio')

export type InstalledNio = { readonly kind: 'ready'; readonly python: string } | { readonly kind: 'missing'; readonly reason: string }

/**
 * A Matrix client that is not ours, for tests: matrix-nio from its hashed lock, into `.tools/nio`, once. Where it cannot be
 * installed the reason is answered; in CI it is thrown, since there nothing may be skipped.
 */
export async function installNio(): Promise<InstalledNio> {
  const installed = await install()
  if (installed.kind === 'missing' && process.env['CI']) throw new Error(`matrix-nio is missing: ${installed.reason}`)
  return installed
}

async function install(): Promise<InstalledNio> {
  const stamp = createHash('sha256')
    .update(await readFile(lock))
    .digest('hex')
  const found = await readFile(path.join(folder, '.stamp'), 'utf8').catch(() => undefined)
  if (found === stamp && existsSync(toolPython(folder))) return { kind: 'ready', python: toolPython(folder) }
  const python = await findPython(process.env['AI_OPS_PYTHON'] || undefined, process.env)
  if (!python.ok) return { kind: 'missing', reason: python.error.sentence }
  const partial = `${folder}.${String(process.pid)}.partial`
  try {
    // relocatable: the folder is moved once it is complete
    for (const args of [
      ['venv', '--quiet', '--relocatable', '--python', python.value, partial],
      ['pip', 'install', '--quiet', '--python', toolPython(partial), '--no-deps', '--require-hashes', '-r', lock],
    ]) {
      const uv = path.join(toolFolder(projectFolder, 'uv'), 'bin', 'uv')
      const outcome = await runCommand(uv, args, { environment: installerEnvironment(process.env) })
      if (outcome.exitCode !== 0) return { kind: 'missing', reason: outcome.output.trim().slice(-300) }
    }
    await writeFile(path.join(partial, '.stamp'), stamp)
    await rm(folder, { recursive: true, force: true })
    await rename(partial, folder)
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  return { kind: 'ready', python: toolPython(folder) }
}
