import { spawn } from 'node:child_process'

export interface CommandOutcome {
  /** undefined: the command could not be started at all, or was ended by a signal. */
  readonly exitCode: number | undefined
  /** The last 8,000 characters of both streams. */
  readonly output: string
}

const keptCharacters = 8_000

/** Runs a short command to its end. Never throws; an abort kills it. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly cwd?: string; readonly environment: Readonly<Record<string, string>>; readonly signal?: AbortSignal | undefined },
): Promise<CommandOutcome> {
  return new Promise((resolve) => {
    let output = ''
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString('utf8')).slice(-keptCharacters)
    }
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      env: options.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      killSignal: 'SIGKILL',
    })
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.on('error', (error) => resolve({ exitCode: undefined, output: output + error.message }))
    child.on('close', (code) => resolve({ exitCode: code ?? undefined, output }))
  })
}
