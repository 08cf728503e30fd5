import type { HealthCheck } from '../../contracts/platform.ts'
import type { RailEngine } from '../../contracts/rails.ts'
import type { Fault, Result } from '../../contracts/result.ts'

/** What people need to begin, shown once everything is up. */
export interface CardFacts {
  readonly homeserver: string
  readonly seconds: number
  readonly standIn: boolean
  readonly model: string
  readonly people: readonly { readonly id: string; readonly userId: string; readonly password: string; readonly recoveryKey: string }[]
  readonly home: string
}

export interface RunningPlatform {
  readonly card: CardFacts
  /** Ends with the exit code once everything has stopped by itself or by `stop`. */
  readonly ended: Promise<number>
  stop(): Promise<void>
}

export interface InstanceStatus {
  readonly pid: number
  readonly upSeconds: number
  readonly ready: boolean
  readonly checks: readonly HealthCheck[]
  readonly device: string
  readonly ed25519: string
  readonly residentMb: number
  readonly settled: Readonly<Record<string, number>>
}

/** One finding of the doctor; `cure` is set where something is to be done. */
export interface Finding {
  readonly name: string
  readonly state: 'ok' | 'note' | 'fault'
  readonly detail: string
  readonly cure: string | undefined
}

export interface ChatText {
  readonly id: string
  readonly sender: string
  readonly text: string
  readonly isFinal: boolean
  readonly isLastPart: boolean
}

export interface OpenChat extends AsyncDisposable {
  readonly roomName: string
  say(text: string): Promise<Result<unknown, Fault>>
  onText(listener: (heard: ChatText) => void): void
}

/** What the command line may ask of the platform; made by app.ts. */
export interface TerminalPorts {
  start(progress: (step: string) => void): Promise<Result<RunningPlatform, Fault>>
  serve(signal: AbortSignal): Promise<Result<void, Fault>>
  init(): Promise<Result<string, Fault>>
  openChat(options: { readonly as: string; readonly room: string | undefined }): Promise<Result<OpenChat, Fault>>
  status(): Promise<Result<InstanceStatus, Fault>>
  doctor(): Promise<readonly Finding[]>
  recoveryKey(): Promise<Result<string, Fault>>
  /** The guardrails with the shipped policies and what this home says of its household; needs no running instance. */
  openGuardrails(): Promise<Result<RailEngine, Fault>>
}

/** Where a command writes; colour only on a terminal that wants it. */
export interface Screen {
  readonly isTty: boolean
  readonly color: boolean
  out(text: string): void
  err(text: string): void
}

/** 0 ok, 1 failed, 2 misuse, 3 not configured. */
export type ExitCode = 0 | 1 | 2 | 3

const MISUSE = new Set(['running', 'already-running', 'misuse'])
const NOT_CONFIGURED = new Set(['not-configured', 'python-missing', 'no-configuration'])

/** Which exit code a fault means. */
export function exitCodeOf(fault: Fault): ExitCode {
  if (MISUSE.has(fault.code)) return 2
  return NOT_CONFIGURED.has(fault.code) ? 3 : 1
}
