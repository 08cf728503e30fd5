import type { AuditAnchor, AuditRecord, AuditVerdict } from '../../contracts/audit.ts'
import type { HealthCheck } from '../../contracts/platform.ts'
import type { HomePorts } from './home-ports.ts'
import type { RailEngine } from '../../contracts/rails.ts'
import type { Fault, Result } from '../../contracts/result.ts'

/** What people need to begin, shown once everything is up. */
export interface CardFacts {
  readonly homeserver: string
  readonly seconds: number
  readonly standIn: boolean
  readonly model: string
  /** The owner first. `name`: as `chat --as` takes it. */
  readonly people: readonly { readonly name: string; readonly userId: string; readonly password: string; readonly recoveryKey: string }[]
  readonly home: string
}

export interface RunningPlatform {
  readonly card: CardFacts
  /** Resolves once everything has stopped. */
  readonly ended: Promise<void>
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
  /** The judge of the guardrails as people are told. */
  readonly judge: string
}

/** One finding of the doctor; `cure` is set where something is to be done. */
export interface Finding {
  readonly name: string
  readonly state: 'ok' | 'note' | 'fault'
  readonly detail: string
  readonly cure: string | undefined
}

/** One text of somebody else, as it stands now: `id` stays the same while it grows. */
export interface ChatText {
  readonly id: string
  /** Short name of who wrote it; undefined: the assistant. */
  readonly author: string | undefined
  readonly text: string
  /** False while the text is still being written. */
  readonly isFinal: boolean
  readonly isLastPart: boolean
  /** Marks of the question it answers; empty while it grows. */
  readonly answers: readonly string[]
}

export interface OpenChat extends AsyncDisposable {
  readonly roomName: string
  /** Says a text to the assistant; answers the marks of which its final answer will bear one. */
  say(text: string): Promise<Result<readonly string[], Fault>>
  onText(listener: (heard: ChatText) => void): void
}

/** Whether the audit of one tenant is whole. */
export type TenantVerdict = { readonly tenant: string } & AuditVerdict

/** What the command line may ask of the platform; made by app.ts. */
export interface TerminalPorts {
  start(progress: (step: string) => void): Promise<Result<RunningPlatform, Fault>>
  serve(signal: AbortSignal): Promise<Result<void, Fault>>
  init(): Promise<Result<string, Fault>>
  openChat(options: { readonly as: string; readonly room: string | undefined }): Promise<Result<OpenChat, Fault>>
  status(): Promise<Result<InstanceStatus, Fault>>
  doctor(): Promise<readonly Finding[]>
  recoveryKey(): Promise<Result<string, Fault>>
  readonly home: HomePorts
  /** The guardrails with the shipped policies and what this home says of its household; needs no running instance. */
  openGuardrails(): Promise<Result<RailEngine, Fault>>
  /** Of one tenant or of all, with or without a running instance; an anchor needs its tenant. */
  verifyAudits(request: {
    readonly tenant: string | undefined
    readonly anchor: AuditAnchor | undefined
  }): Promise<Result<readonly TenantVerdict[], Fault>>
  /** Hands on each entry since a moment (ms), a tenant after the other, each in the order of its chain. */
  exportAudits(
    request: { readonly tenant: string | undefined; readonly since: number },
    write: (tenant: string, record: AuditRecord) => void,
  ): Promise<Result<void, Fault>>
}

/** Where a command writes and what it reads; colour only on a terminal that wants it. */
export interface Screen {
  readonly isTty: boolean
  readonly color: boolean
  /** What people type; a terminal or a pipe. */
  readonly input: NodeJS.ReadableStream
  /** A line of the result. */
  out(text: string): void
  /** A piece of a line of the result. */
  write(text: string): void
  /** A line beside the result. */
  err(text: string): void
}

/** 0 ok, 1 failed, 2 misuse, 3 not configured. */
export type ExitCode = 0 | 1 | 2 | 3

const MISUSE = new Set(['running', 'already-running', 'misuse'])
/**
 * What is as it is until a person changes a file, a key or an account; what may mend itself (a lock, a full disk, a port, a
 * program that prints the key) is 1.
 */
const NOT_CONFIGURED: ReadonlySet<string> = new Set([
  'not-configured',
  'python-missing',
  'no-configuration',
  'missing-file',
  'unreadable-file',
  'broken-yaml',
  'wrong-value',
  'contradiction',
  'missing-secret',
  'malformed',
  'missing',
  'too-open',
  'wrong-key',
  'newer-schema',
  'damaged',
  'bad-token',
  'no-device',
  'foreign-store',
  'lost-store',
  'recovery-key-missing',
  'recovery-key-wrong',
])

/** Which exit code a fault means. */
export function exitCodeOf(fault: Fault): ExitCode {
  if (MISUSE.has(fault.code)) return 2
  return NOT_CONFIGURED.has(fault.code) ? 3 : 1
}
