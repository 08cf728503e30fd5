import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { installPythonTools, type PythonTools, type PythonToolsOptions } from '../../../src/stack/python-tools.ts'
import { describeWithServices } from '../../support/services.ts'

const projectFolder = path.resolve(import.meta.dirname, '../../..')

describeWithServices('the installer of the Python tools', () => {
  let folder = ''
  let steps: string[] = []
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'ai-ops-tools-'))
    steps = []
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  function install(change: Partial<PythonToolsOptions>): PythonTools {
    const python = process.env['AI_OPS_PYTHON'] || undefined
    return installPythonTools({ projectFolder, python, environment: process.env, progress: (step) => steps.push(step), ...change })
  }

  /** A project whose three tools are all the small one, and whose uv is already there. */
  function makeProject(): string {
    mkdirSync(path.join(folder, 'python'))
    mkdirSync(path.join(folder, '.tools'))
    symlinkSync(path.join(projectFolder, '.tools', 'uv'), path.join(folder, '.tools', 'uv'))
    copyFileSync(path.join(projectFolder, 'python', 'uv.lock'), path.join(folder, 'python', 'uv.lock'))
    for (const name of ['synapse', 'litellm', 'model'])
      copyFileSync(path.join(projectFolder, 'python', 'model.lock'), path.join(folder, 'python', `${name}.lock`))
    return folder
  }

  it('does nothing where all is there: no Python is looked for', async () => {
    const tools = install({ python: '/no/such/python' })
    expect(await Promise.all([tools.synapse, tools.litellm, tools.model])).toEqual(
      ['synapse', 'litellm', 'model'].map((name) => ({ ok: true, value: path.join(projectFolder, '.tools', name) })),
    )
    expect(steps).toEqual([])
  })

  it('says which Python is missing and how to get one', async () => {
    const tools = install({ projectFolder: makeProject(), python: '/no/such/python' })
    for (const outcome of await Promise.all([tools.synapse, tools.litellm, tools.model]))
      expect(outcome).toMatchObject({ ok: false, error: { code: 'python-missing', sentence: expect.stringContaining('/no/such/python') } })
  })

  it('leaves nothing behind when the download fails, and says that the network is needed once', async () => {
    const environment = { PATH: process.env['PATH'], UV_OFFLINE: '1', UV_CACHE_DIR: path.join(folder, 'cache') }
    const tools = install({ projectFolder: makeProject(), environment })
    for (const outcome of await Promise.all([tools.synapse, tools.litellm, tools.model]))
      expect(outcome).toMatchObject({ ok: false, error: { code: 'network', sentence: expect.stringContaining('Check the network') } })
    expect(readdirSync(path.join(folder, '.tools'))).toEqual(['uv'])
  })

  it('may run twice at once', async () => {
    const changed = { projectFolder: makeProject() }
    const all = [install(changed), install(changed)].flatMap((tools) => [tools.synapse, tools.litellm, tools.model])
    const outcomes = await Promise.all(all)
    expect(outcomes.filter((outcome) => !outcome.ok)).toEqual([])
    expect(readdirSync(path.join(folder, '.tools')).toSorted()).toEqual(['litellm', 'model', 'synapse', 'uv'])
    steps = []
    const third = install(changed)
    await Promise.all([third.synapse, third.litellm, third.model])
    expect(steps).toEqual([])
  })
})
