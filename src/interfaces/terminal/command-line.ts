import { parseArgs } from 'node:util'
import { chat } from './chat.ts'
import { showCard } from './card.ts'
import { guardCheck, isDirection, isTier } from './guard-check.ts'
import { exitCodeOf } from './terminal-ports.ts'
import type { ExitCode, Screen, TerminalPorts } from './terminal-ports.ts'

export const USAGE = `ai-ops: your own AI stack, in encrypted rooms

  ai-ops start                       bring everything up on this machine (npm start)
  ai-ops serve                       the assistant alone, against the servers named in ai-ops.yaml
  ai-ops init                        write a configuration to begin with
  ai-ops chat --as NAME [--room ROOM] [TEXT]
                                     talk as a member of the demo household; without TEXT, line by line
  ai-ops status [--json]             the running instance
  ai-ops doctor [--json]             check every part and name the cure
  ai-ops guard check --tier child|teen|adult [--direction in|out|tool] [--no-judge] [--json]
                                     what the guardrails say to each line of the input: {"text"} or {"turns"}
  ai-ops recovery-key show           the key that signs a new device of the assistant

Exit: 0 ok, 1 failed, 2 misuse, 3 not configured.`

const options = {
  as: { type: 'string' },
  room: { type: 'string' },
  tier: { type: 'string' },
  direction: { type: 'string', default: 'in' },
  'no-judge': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

/** Runs one command to its end and answers the exit code. Results go to `out`, everything else to `err`. */
export async function runCommandLine(
  argv: readonly string[],
  ports: TerminalPorts,
  screen: Screen,
  signal: AbortSignal,
): Promise<ExitCode> {
  let parsed
  try {
    parsed = parseArgs({ args: [...argv], options, allowPositionals: true })
  } catch (error) {
    return misuse(screen, error instanceof Error ? error.message : 'unknown option')
  }
  const [command, ...rest] = parsed.positionals
  const { json } = parsed.values
  if (parsed.values.help || command === undefined || command === 'help') {
    screen.out(USAGE)
    return command === undefined && !parsed.values.help ? 2 : 0
  }
  switch (command) {
    case 'start':
      return start(ports, screen, signal)
    case 'serve':
      return serve(ports, screen, signal)
    case 'init':
      return init(ports, screen)
    case 'chat': {
      const { as, room } = parsed.values
      if (as === undefined) return misuse(screen, 'chat needs --as NAME: owner, teen or child')
      return chat({ as, room, text: rest.join(' ').trim() }, ports, screen, signal)
    }
    case 'status':
      return status(ports, screen, json)
    case 'doctor':
      return doctor(ports, screen, json)
    case 'guard': {
      const { tier, direction } = parsed.values
      if (rest[0] !== 'check' || rest.length > 1) return misuse(screen, 'the command is: guard check --tier child|teen|adult')
      if (!isTier(tier)) return misuse(screen, 'guard check needs --tier child, teen or adult')
      if (!isDirection(direction)) return misuse(screen, '--direction is in, out or tool')
      return guardCheck({ tier, direction, json }, ports, screen, signal)
    }
    case 'recovery-key':
      return rest[0] === 'show' ? recoveryKey(ports, screen) : misuse(screen, 'the command is: recovery-key show')
    default:
      return misuse(screen, `there is no command ${command}`)
  }
}

function misuse(screen: Screen, sentence: string): ExitCode {
  screen.err(`${sentence}\n\n${USAGE}`)
  return 2
}

async function start(ports: TerminalPorts, screen: Screen, signal: AbortSignal): Promise<ExitCode> {
  const begun = performance.now()
  const progress = (step: string): void => screen.err(`  ${((performance.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${step}`)
  const platform = await ports.start(progress)
  if (!platform.ok) {
    screen.err(platform.error.sentence)
    return exitCodeOf(platform.error)
  }
  const stop = (): void => {
    screen.err('\nStopping.')
    void platform.value.stop()
  }
  if (signal.aborted) stop()
  else {
    screen.out(showCard(platform.value.card, screen))
    signal.addEventListener('abort', stop, { once: true })
  }
  const code = await platform.value.ended
  return code === 0 ? 0 : 1
}

async function serve(ports: TerminalPorts, screen: Screen, signal: AbortSignal): Promise<ExitCode> {
  const served = await ports.serve(signal)
  if (served.ok) return 0
  screen.err(served.error.sentence)
  return exitCodeOf(served.error)
}

async function init(ports: TerminalPorts, screen: Screen): Promise<ExitCode> {
  const made = await ports.init()
  if (!made.ok) {
    screen.err(made.error.sentence)
    return exitCodeOf(made.error)
  }
  screen.out(made.value)
  return 0
}

async function status(ports: TerminalPorts, screen: Screen, json: boolean): Promise<ExitCode> {
  const found = await ports.status()
  if (!found.ok) {
    screen.err(found.error.sentence)
    return exitCodeOf(found.error)
  }
  const { value } = found
  if (json) screen.out(JSON.stringify(value))
  else {
    screen.out(
      `${value.ready ? 'ready' : 'not ready'}: up ${duration(value.upSeconds)}, pid ${String(value.pid)}, ${String(value.residentMb)} MB`,
    )
    screen.out(`device ${value.device}, key ${value.ed25519}`)
    for (const check of value.checks) screen.out(`  ${check.ok ? 'ok   ' : 'FAULT'} ${check.name.padEnd(12)} ${check.detail}`)
    const settled = Object.entries(value.settled)
    if (settled.length > 0) screen.out(`messages: ${settled.map(([reason, count]) => `${reason} ${String(count)}`).join(', ')}`)
  }
  return value.ready ? 0 : 1
}

async function doctor(ports: TerminalPorts, screen: Screen, json: boolean): Promise<ExitCode> {
  const findings = await ports.doctor()
  if (json) screen.out(JSON.stringify(findings))
  else {
    const width = Math.max(...findings.map((finding) => finding.name.length))
    const words = { ok: 'ok   ', note: 'note ', fault: 'FAULT' }
    for (const finding of findings) {
      screen.out(`${words[finding.state]}  ${finding.name.padEnd(width)}  ${finding.detail}`)
      if (finding.cure !== undefined) screen.out(`       ${' '.repeat(width)}  -> ${finding.cure}`)
    }
  }
  return findings.some((finding) => finding.state === 'fault') ? 1 : 0
}

async function recoveryKey(ports: TerminalPorts, screen: Screen): Promise<ExitCode> {
  const key = await ports.recoveryKey()
  if (!key.ok) {
    screen.err(key.error.sentence)
    return exitCodeOf(key.error)
  }
  screen.out(key.value)
  return 0
}

function duration(seconds: number): string {
  if (seconds < 120) return `${String(Math.round(seconds))} s`
  return seconds < 7_200 ? `${String(Math.round(seconds / 60))} min` : `${(seconds / 3600).toFixed(1)} h`
}
