import path from 'node:path'
import type { Result } from '../contracts/result.ts'
import { checkPort } from './check-port.ts'
import { liveOnce, type ChildLife, type LifeListener } from './child-life.ts'
import { openChildLog } from './child-log.ts'
import { openChildRegister, type ChildRegister } from './child-register.ts'
import type { ChildExit, ChildSpec } from './child.ts'
import { pause } from './pause.ts'
import { fault, type StackFault } from './stack-fault.ts'

export interface ChildStatus {
  readonly name: string
  readonly title: string
  /** waiting: between an exit and the next start. stopped: for good. */
  readonly state: 'starting' | 'ready' | 'waiting' | 'stopped'
  readonly pid: number | undefined
  readonly restarts: number
  readonly lastExit: string | undefined
}

/** ids, counts and durations only; what children print goes to their log files. */
export type SupervisorEvent =
  | { readonly kind: 'child-ready'; readonly name: string; readonly seconds: number }
  | { readonly kind: 'child-exit'; readonly name: string; readonly reason: string; readonly restartInMs: number | undefined }
  | { readonly kind: 'child-unhealthy'; readonly name: string }

export interface SupervisorOptions {
  readonly home: string
  readonly onEvent?: ((event: SupervisorEvent) => void) | undefined
  /** Default: 0.5 s doubling to 30 s, forgotten after 60 s of health. */
  readonly backOff?: BackOff
}

export interface BackOff {
  readonly firstMs: number
  readonly maxMs: number
  readonly resetAfterMs: number
}

export interface SupervisedChild {
  /** Settles with the first start; never rejects. A `keep-trying` child may leave it open for long. */
  readonly ready: Promise<Result<true, StackFault>>
  status(): ChildStatus
  /** SIGTERM, after the grace SIGKILL; resolves when the process is gone. */
  stop(): Promise<void>
}

/** Keeps child processes running. Disposing stops them all, first those that use the others. */
export interface Supervisor extends AsyncDisposable {
  /** Names of processes an earlier, killed supervisor left; they are ended. */
  readonly endedLeftovers: readonly string[]
  /** Starts a child. Fault `port-taken` before anything is started; what happens later is told by `ready`. */
  start(spec: ChildSpec): Promise<Result<SupervisedChild, StackFault>>
  statuses(): readonly ChildStatus[]
}

const defaultBackOff: BackOff = { firstMs: 500, maxMs: 30_000, resetAfterMs: 60_000 }

/** Takes the home's child register over and ends leftovers. Fault `already-running`. */
export async function openSupervisor(options: SupervisorOptions): Promise<Result<Supervisor, StackFault>> {
  const opened = await openChildRegister(options.home)
  if (!opened.ok) return opened
  const register = opened.value
  const children: { readonly spec: ChildSpec; readonly child: SupervisedChild }[] = []
  let isDisposed = false
  return {
    ok: true,
    value: {
      endedLeftovers: register.ended,
      async start(spec) {
        for (const needed of spec.ports) {
          const free = await checkPort(needed)
          if (!free.ok) return free
        }
        if (isDisposed) return fault('aborted', `The ${spec.title} was not started: everything is being stopped.`)
        const child = supervise(spec, options, register)
        children.push({ spec, child })
        return { ok: true, value: child }
      },
      statuses: () => children.map(({ child }) => child.status()),
      async [Symbol.asyncDispose]() {
        isDisposed = true
        for (const first of [true, false])
          await Promise.all(children.filter(({ spec }) => (spec.stopsFirst ?? false) === first).map(({ child }) => child.stop()))
      },
    },
  }
}

function supervise(spec: ChildSpec, options: SupervisorOptions, register: ChildRegister): SupervisedChild {
  const logFolder = path.join(options.home, 'logs')
  const log = openChildLog({ folder: logFolder, name: spec.name })
  const stopping = new AbortController()
  const backOff = options.backOff ?? defaultBackOff
  let status: ChildStatus = { name: spec.name, title: spec.title, state: 'starting', pid: undefined, restarts: 0, lastExit: undefined }
  const update = (change: Partial<ChildStatus>): void => {
    status = { ...status, ...change }
  }
  let wasReady = false
  const { promise: ready, resolve: settleReady } = Promise.withResolvers<Result<true, StackFault>>()
  const listener: LifeListener = {
    started: (pid) => update({ state: 'starting', pid }),
    ready: (seconds) => {
      wasReady = true
      update({ state: 'ready' })
      settleReady({ ok: true, value: true })
      options.onEvent?.({ kind: 'child-ready', name: spec.name, seconds })
    },
    unhealthy: () => options.onEvent?.({ kind: 'child-unhealthy', name: spec.name }),
  }

  const keepAlive = async (): Promise<void> => {
    let delayMs = backOff.firstMs
    for (;;) {
      const life = await liveOnce(spec, { log, register }, stopping.signal, listener)
      if (stopping.signal.aborted) return
      if (life.readyForMs >= backOff.resetAfterMs) delayMs = backOff.firstMs
      const isFinal = !wasReady && spec.firstStart === 'once'
      options.onEvent?.({ kind: 'child-exit', name: spec.name, reason: life.exit.reason, restartInMs: isFinal ? undefined : delayMs })
      update({ state: isFinal ? 'stopped' : 'waiting', pid: undefined, lastExit: life.exit.reason })
      if (isFinal) return settleReady(explainFailedStart(spec, life, log.tail(), path.join(logFolder, `${spec.name}.log`)))
      await waitDown(spec, explainExit(life.exit, log.tail()), delayMs, stopping.signal)
      if (stopping.signal.aborted) return
      delayMs = Math.min(delayMs * 2, backOff.maxMs)
      update({ restarts: status.restarts + 1 })
    }
  }
  const ended = keepAlive().finally(() => {
    update({ state: 'stopped', pid: undefined })
    settleReady(fault('aborted', `The ${spec.title} was stopped before it was ready.`))
    log[Symbol.dispose]()
  })
  return {
    ready,
    status: () => status,
    async stop() {
      stopping.abort()
      await ended
    },
  }
}

async function waitDown(spec: ChildSpec, reason: string, delayMs: number, signal: AbortSignal): Promise<void> {
  const substitute = await spec.whileDown?.(reason)
  await pause(delayMs, signal)
  await substitute?.[Symbol.asyncDispose]()
}

/** A child that was killed had no time for last words; one that chose its exit code has said why. */
function explainExit(exit: ChildExit, tail: string): string {
  const lastLine = lastLineOf(tail)
  return exit.code === undefined || lastLine === '' ? exit.reason : `${exit.reason}; its last words: ${lastLine}`
}

function lastLineOf(tail: string): string {
  return tail.split('\n').at(-1)?.trim().slice(0, 300) ?? ''
}

function explainFailedStart(spec: ChildSpec, life: ChildLife, tail: string, logFile: string): Result<true, StackFault> {
  if (life.timedOut)
    return fault(
      'start-timeout',
      `The ${spec.title} was not ready after ${Math.round(spec.startTimeoutMs / 1000)} s. Its log is ${logFile}.`,
    )
  const lastLine = lastLineOf(tail)
  const said = lastLine === '' ? '' : `; its last words: ${lastLine}`
  return fault('start-failed', `The ${spec.title} ended while it was starting (${life.exit.reason})${said}. Its log is ${logFile}.`)
}
