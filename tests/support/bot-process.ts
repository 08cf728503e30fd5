import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { callHome } from '../../src/data/home-socket.ts'
import type { InstanceStatus } from '../../src/interfaces/terminal/terminal-ports.ts'
import { waitUntil } from './wait-until.ts'

export interface BotOptions {
  readonly home: string
  readonly portBase: number
  /** `name` or `name#n` of a crash point. */
  readonly crashAt?: string
  readonly environment?: Readonly<Record<string, string>>
  /** A copy of the project to run, whose policies a test may edit; default the project itself. */
  readonly project?: string
}

/** `ai-ops serve` as a process of its own: what the supervisor runs, without the supervisor. */
export class BotProcess implements AsyncDisposable {
  readonly startedAt = performance.now()
  readonly #options: BotOptions
  readonly #child: ChildProcess
  readonly #exited: Promise<{ readonly code: number | null; readonly signal: string | null }>
  #output = ''

  constructor(options: BotOptions) {
    this.#options = options
    const { AI_OPS_CRASH_AT: _crash, ...inherited } = process.env
    this.#child = spawn(process.execPath, [...launcherFlags, 'src/main.ts', 'serve'], {
      cwd: options.project ?? projectFolder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...inherited,
        AI_OPS_HOME: options.home,
        AI_OPS_PORT_BASE: String(options.portBase),
        ...(options.crashAt === undefined ? {} : { AI_OPS_CRASH_AT: options.crashAt }),
        ...options.environment,
      },
    })
    const keep = (data: Buffer): void => {
      this.#output += data.toString()
    }
    this.#child.stdout?.on('data', keep)
    this.#child.stderr?.on('data', keep)
    this.#exited = new Promise((resolve) => this.#child.once('close', (code, signal) => resolve({ code, signal })))
  }

  /** Everything it printed: log lines, and the sentence of a refused start. */
  get output(): string {
    return this.#output
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get exited(): Promise<{ readonly code: number | null; readonly signal: string | null }> {
    return this.#exited
  }

  status(): Promise<InstanceStatus | undefined> {
    return callHome(this.#options.home, 'status', {}, 10_000).then((status) => (status.ok ? (status.value as InstanceStatus) : undefined))
  }

  /** Resolves once it is signed in, synced and reaches the gateway; throws with its output if it ends before. */
  async untilReady(timeoutMs = 60_000): Promise<InstanceStatus> {
    let ended = false
    void this.#exited.then(() => {
      ended = true
    })
    return waitUntil(
      async () => {
        if (ended) throw new Error(`the assistant ended before it was ready: ${this.#output.slice(-2_000)}`)
        const status = await this.status()
        return status?.ready === true && status.pid === this.pid ? status : undefined
      },
      () => `not ready: ${this.#output.slice(-2_000)}`,
      timeoutMs,
    )
  }

  kill(): Promise<unknown> {
    this.#child.kill('SIGKILL')
    return this.#exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000)
    await this.#exited
    clearTimeout(timer)
  }
}

/** As `scripts/run.mjs` gives them. */
const launcherFlags = ['--max-semi-space-size=4', '--max-old-space-size=512']
const projectFolder = new URL('../..', import.meta.url).pathname
