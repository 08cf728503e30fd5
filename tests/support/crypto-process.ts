import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const script = fileURLToPath(new URL('crypto-child.ts', import.meta.url))

export interface CryptoProcess {
  readonly child: ChildProcess
  /** Every line it has said so far. */
  readonly lines: readonly string[]
  /** Resolves with the first line that starts so; rejects if the process ends before. */
  said(start: string): Promise<string>
  /** Resolves when the process has ended and all it said is in `lines`. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>
}

export interface Answer<Outcome> {
  readonly outcome: Outcome
  /** From opening the store to the answer, in a process that is up. */
  readonly ms: number
  readonly rssMb: number
}

/** Starts `crypto-child.ts`, for the running test at most; with a file size limit in blocks of 512 bytes, writes beyond it fail as on a full disk. */
export function startCrypto(args: readonly string[], fileBlocks?: number): CryptoProcess {
  const child = fileBlocks
    ? spawn('sh', ['-c', `ulimit -f ${fileBlocks}; exec "$0" "$@"`, process.execPath, script, ...args], {
        stdio: ['pipe', 'pipe', 'inherit'],
      })
    : spawn(process.execPath, [script, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  const lines: string[] = []
  const waiting = new Set<() => void>()
  const reader = createInterface({ input: child.stdout })
  reader.on('line', (line) => {
    lines.push(line)
    for (const check of waiting) check()
  })
  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal })
    })
  })
  return {
    child,
    lines,
    ended,
    said: (start) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const line = lines.find((said) => said.startsWith(start))
          if (line === undefined) return
          waiting.delete(check)
          resolve(line)
        }
        waiting.add(check)
        check()
        void ended.then(() => {
          reject(new Error(`ended without saying ${start}: ${lines.slice(-3).join(' | ')}`))
        })
      }),
  }
}

/** Runs a command of `crypto-child.ts` to its end. */
export async function runCrypto<Outcome>(args: readonly string[]): Promise<Answer<Outcome>> {
  const running = startCrypto(args)
  const { code } = await running.ended
  const last = running.lines.at(-1)
  if (code !== 0 || last === undefined) throw new Error(`exit ${code}: ${running.lines.slice(-3).join(' | ')}`)
  return JSON.parse(last) as Answer<Outcome>
}
