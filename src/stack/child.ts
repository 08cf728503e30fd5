import { spawn } from 'node:child_process'
import path from 'node:path'
import type { NeededPort } from './check-port.ts'
import type { ChildLog } from './child-log.ts'
import { killGroup } from './child-register.ts'

/** How to run one part of the stack. */
export interface ChildSpec {
  /** Short name: log file, register, status. */
  readonly name: string
  /** As people are told, `homeserver (Synapse)`. */
  readonly title: string
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  /** The whole environment; nothing is inherited. */
  readonly environment: Readonly<Record<string, string>>
  /** Node children get an IPC channel and must exit when it disconnects: this is how they notice a `kill -9` of the parent. */
  readonly channel: boolean
  /** Checked before the first start. */
  readonly ports: readonly NeededPort[]
  readonly health: HealthProbe | undefined
  readonly startTimeoutMs: number
  /** Between SIGTERM and SIGKILL. */
  readonly stopGraceMs: number
  /** Awaited after each start once the child is healthy and before it counts as ready (a warm-up request). Must not throw. */
  readonly prepare?: (signal: AbortSignal) => Promise<void>
  /** once: a child that ends before it was ready for the first time is not started again. keep-trying: it is, with back-off. */
  readonly firstStart: 'once' | 'keep-trying'
  /**
   * Stands in for the child between an exit (`reason`) and the next start, and is closed before the child is spawned, so that
   * it may use the child's port. Must not throw.
   */
  readonly whileDown?: (reason: string) => Promise<AsyncDisposable | undefined>
  /** True for what uses the other children: it is stopped before them. */
  readonly stopsFirst?: boolean
}

/** GET `url` must answer 2xx. */
export interface HealthProbe {
  readonly url: string
  /** Between two probes of a healthy child; default 5 s. */
  readonly intervalMs?: number
  /** Default 10 s: a busy machine is no reason for a restart. */
  readonly timeoutMs?: number
  /** Failed probes in a row after which the child is killed and started again; default 3. */
  readonly misses?: number
}

export interface ChildExit {
  readonly code: number | undefined
  /** `exit code 1`, `signal SIGKILL` or why it could not be started. */
  readonly reason: string
}

/** One life of a child process, from spawn to exit. */
export interface RunningChild {
  /** undefined when the command could not be started. */
  readonly pid: number | undefined
  readonly exited: Promise<ChildExit>
  /** To its whole process group. */
  signal(signal: NodeJS.Signals): void
}

/** Output still in the pipe when the process is gone is waited for this long; a grandchild may hold the pipe open. */
const lastWordsMs = 500

/** Starts the child as leader of its own process group, so that a Ctrl-C reaches the supervisor alone. Never throws. */
export function startChild(spec: ChildSpec, log: ChildLog): RunningChild {
  const child = spawn(spec.command, spec.args, {
    cwd: spec.cwd,
    env: spec.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(spec.channel ? (['ipc'] as const) : [])],
  })
  const { pid } = child
  child.stdout?.on('data', (chunk: Buffer) => log.write(chunk))
  child.stderr?.on('data', (chunk: Buffer) => log.write(chunk))
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('error', (error) => {
      if (pid === undefined) resolve({ code: undefined, reason: error.message })
    })
    child.once('exit', (code, signal) => {
      if (pid !== undefined) killGroup(pid, 'SIGKILL')
      const exit = { code: code ?? undefined, reason: code === null ? `signal ${signal ?? 'unknown'}` : `exit code ${code}` }
      const timer = setTimeout(resolve, lastWordsMs, exit)
      child.once('close', () => {
        clearTimeout(timer)
        resolve(exit)
      })
    })
  })
  return {
    pid,
    exited,
    signal(signal) {
      if (pid !== undefined && child.exitCode === null && child.signalCode === null) killGroup(pid, signal)
    },
  }
}

/** Command line of a Python service that the kernel ends together with this process (Linux), even after a `kill -9`. */
export function pythonCommand(
  projectFolder: string,
  python: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  const launcher = path.join(projectFolder, 'python', 'launch.py')
  return { command: python, args: ['-I', '-S', launcher, String(process.pid), python, ...args] }
}
