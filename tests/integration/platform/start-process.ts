import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { identifyProcess } from '../../../src/stack/process-identity.ts'
import { waitUntil } from '../../support/wait-until.ts'

const projectFolder = new URL('../../..', import.meta.url).pathname

/** What a person's shell gives `npm start`; nothing of the test's own settings. */
export interface PlatformOptions {
  readonly home: string
  readonly portBase: number
  /** `AI_OPS_MODEL_BASE_URL`, with `/v1`. */
  readonly modelUrl: string
}

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/** One run of the `ai-ops` command as `npm start` and `npm run` do it, by way of the launcher. */
export class Command {
  readonly child: ChildProcess
  readonly #startedAt = performance.now()
  readonly #ended: Promise<Ended>
  stdout = ''
  stderr = ''

  constructor(
    options: PlatformOptions,
    args: readonly string[],
    extra: { readonly input?: string; readonly variables?: Readonly<Record<string, string>> } = {},
  ) {
    this.child = spawn(process.execPath, ['scripts/run.mjs', 'src/main.ts', ...args], {
      cwd: projectFolder,
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...commandEnvironment(options), ...extra.variables },
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    this.child.stdin?.on('error', () => undefined)
    this.child.stdin?.end(extra.input ?? '')
    this.#ended = once(this.child, 'close').then(([code]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
      seconds: (performance.now() - this.#startedAt) / 1000,
    }))
  }

  get ended(): Promise<Ended> {
    return this.#ended
  }

  /** Resolves at the end of the card; throws if the start ends before. */
  async untilCard(): Promise<void> {
    let ended = false
    void this.#ended.then(() => (ended = true))
    await waitUntil(
      () => {
        if (ended) throw new Error(`the start ended: ${this.stderr}`)
        return this.stdout.includes('Ctrl-C stops everything.') ? true : undefined
      },
      () => `no card: ${this.stderr}`,
      90_000,
    )
  }
}

/** What the register of a home names: the start and its children. */
export interface Running {
  readonly start: number
  readonly children: Readonly<Record<string, number>>
}

export function readRunning(home: string): Running {
  const register = JSON.parse(readFileSync(join(home, 'run', 'children.json'), 'utf8')) as {
    readonly owner: { readonly pid: number }
    readonly children: readonly { readonly name: string; readonly pid: number }[]
  }
  return { start: register.owner.pid, children: Object.fromEntries(register.children.map(({ name, pid }) => [name, pid])) }
}

export function isGone(pid: number): boolean {
  return identifyProcess(pid) === undefined
}

function commandEnvironment(options: PlatformOptions): Readonly<Record<string, string>> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'AI_OPS_PYTHON'].flatMap((name) => {
    const value = process.env[name]
    return value === undefined ? [] : [[name, value] as const]
  })
  return {
    ...Object.fromEntries(kept),
    AI_OPS_HOME: options.home,
    AI_OPS_PORT_BASE: String(options.portBase),
    AI_OPS_MODEL_BASE_URL: options.modelUrl,
    AI_OPS_MODEL_NAME: 'scripted-smart',
  }
}
