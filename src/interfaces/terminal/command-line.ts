import { parseArgs } from 'node:util'
import { audit, readAuditRequest } from './audit.ts'
import { chat } from './chat.ts'
import { showCard } from './card.ts'
import { guardCheck, isDirection, isTier } from './guard-check.ts'
import { showFindings, showStatus } from './status-screen.ts'
import { homeCommands } from './home-commands.ts'
import { showResult } from './show-result.ts'
import type { ExitCode, Screen, TerminalPorts } from './terminal-ports.ts'
import type { Fault, Result } from '../../contracts/result.ts'

const USAGE = `ai-ops: your own AI stack, in encrypted rooms

  ai-ops start                       bring everything up on this machine (npm start)
  ai-ops serve                       the assistant alone, against the servers named in ai-ops.yaml
  ai-ops init                        write a configuration to begin with
  ai-ops chat --as NAME [--room ROOM] [TEXT]
                                     talk as a member of the demo household; without TEXT, line by line
  ai-ops status [--json]             the running instance
  ai-ops doctor [--json]             check every part and name the cure
  ai-ops guard check --tier child|teen|adult [--direction in|out|tool] [--no-judge] [--json]
                                     what the guardrails say to each line of the input: {"text"} or {"turns"}
  ai-ops spend [--by member|model|room|day] [--since YYYY-MM-DD] [--tenant T] [--json]
                                     what was spent, the last 30 days if no day is named
  ai-ops audit verify [--tenant T] [--anchor NUMBER:HASH] [--json]
                                     whether the audit is unbroken, and still holds an entry exported before
  ai-ops audit export [--tenant T] [--since YYYY-MM-DD]
                                     an entry a line, oldest first; the day begins at midnight UTC
  ai-ops eval list | run SUITE [--alias ALIAS] [--json]
                                     try a model against a suite of evals/
  ai-ops member|room|tenant list [--json]
  ai-ops member set ID role ROLE | room set NAME answers all|addressed|never | tenant set ID budget USD
                                     a month's budget; changes are audited
  ai-ops recovery-key show           the key that signs a new device of the assistant

Exit: 0 ok, 1 failed, 2 misuse, 3 not configured.`

const options = {
  as: { type: 'string' },
  room: { type: 'string' },
  tier: { type: 'string' },
  direction: { type: 'string', default: 'in' },
  since: { type: 'string' },
  tenant: { type: 'string' },
  anchor: { type: 'string' },
  'no-judge': { type: 'boolean', default: false },
  by: { type: 'string' },
  alias: { type: 'string' },
  json: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const

interface Invocation {
  /** What stands behind the command. */
  readonly rest: readonly string[]
  readonly as?: string | undefined
  readonly room?: string | undefined
  readonly tier?: string | undefined
  readonly direction: string
  readonly tenant?: string | undefined
  readonly since?: string | undefined
  readonly anchor?: string | undefined
  readonly json: boolean
  readonly ports: TerminalPorts
  readonly screen: Screen
  readonly signal: AbortSignal
}

type Command = (invocation: Invocation) => Promise<ExitCode>

const commands: Readonly<Record<string, Command>> = {
  help: ({ screen }) => usage(screen, 0),
  start: ({ ports, screen, signal }) => start(ports, screen, signal),
  async serve({ ports, screen, signal }) {
    return showResult(await ports.serve(signal), screen, () => undefined)
  },
  async init({ ports, screen }) {
    return showResult(await ports.init(), screen, (text) => screen.out(text))
  },
  async chat({ as, room, rest, ports, screen, signal }) {
    if (as === undefined) return misuse(screen, 'chat needs --as NAME: owner, teen or child')
    return chat({ as, room, text: rest.join(' ').trim() }, ports, screen, signal)
  },
  async status({ ports, screen, json }) {
    const found = await ports.status()
    const code = showResult(found, screen, (status) => (json ? screen.out(JSON.stringify(status)) : showStatus(status, screen)))
    return found.ok && !found.value.ready ? 1 : code
  },
  async doctor({ ports, screen, json }) {
    const findings = await ports.doctor()
    if (json) screen.out(JSON.stringify(findings))
    else showFindings(findings, screen)
    return findings.some((finding) => finding.state === 'fault') ? 1 : 0
  },
  async guard({ rest, tier, direction, json, ports, screen, signal }) {
    if (rest[0] !== 'check' || rest.length > 1) return misuse(screen, 'the command is: guard check --tier child|teen|adult')
    if (!isTier(tier)) return misuse(screen, 'guard check needs --tier child, teen or adult')
    if (!isDirection(direction)) return misuse(screen, '--direction is in, out or tool')
    return guardCheck({ tier, direction, json }, ports, screen, signal)
  },
  async audit({ ports, screen, ...words }) {
    const request = readAuditRequest(words)
    return request.ok ? audit(request.value, ports, screen) : misuse(screen, request.error.sentence)
  },
  async 'recovery-key'({ rest, ports, screen }) {
    if (rest[0] !== 'show') return misuse(screen, 'the command is: recovery-key show')
    return showResult(await ports.recoveryKey(), screen, (key) => screen.out(key))
  },
}

/** Runs one command to its end and answers the exit code. Results go to `out`, everything else to `err`. */
export async function runCommandLine(
  argv: readonly string[],
  ports: TerminalPorts,
  screen: Screen,
  signal: AbortSignal,
): Promise<ExitCode> {
  const parsed = parse(argv)
  if (!parsed.ok) return misuse(screen, parsed.error.sentence)
  const { positionals, values } = parsed.value
  const [name, ...rest] = positionals
  if (values.help) return usage(screen, 0)
  if (name === undefined) return usage(screen, 2)
  const homeCommand = Object.hasOwn(homeCommands, name) ? homeCommands[name] : undefined
  if (homeCommand !== undefined) {
    const { by, since, tenant, alias, json } = values
    const code = await homeCommand({ rest, by, since, tenant, alias, json, ports: ports.home, screen })
    return code ?? misuse(screen, `${name} cannot be used like this`)
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) return misuse(screen, `there is no command ${name}`)
  return command({ ...values, rest, ports, screen, signal })
}

function parse(argv: readonly string[]): Result<ReturnType<typeof parseWords>, Fault> {
  try {
    return { ok: true, value: parseWords(argv) }
  } catch (error) {
    return { ok: false, error: { code: 'misuse', sentence: error instanceof Error ? error.message : 'unknown option' } }
  }
}

// not inlined: the type of what is parsed follows from the options
const parseWords = (argv: readonly string[]) => parseArgs({ args: [...argv], options, allowPositionals: true })

function usage(screen: Screen, code: ExitCode): Promise<ExitCode> {
  screen.out(USAGE)
  return Promise.resolve(code)
}

function misuse(screen: Screen, sentence: string): ExitCode {
  screen.err(`${sentence}\n\n${USAGE}`)
  return 2
}

async function start(ports: TerminalPorts, screen: Screen, signal: AbortSignal): Promise<ExitCode> {
  const begun = performance.now()
  const progress = (step: string): void => screen.err(`  ${((performance.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${step}`)
  const platform = await ports.start(progress)
  if (!platform.ok) return showResult(platform, screen, () => undefined)
  const stop = (): void => {
    screen.err('\nStopping.')
    void platform.value.stop()
  }
  if (signal.aborted) stop()
  else {
    screen.out(showCard(platform.value.card, screen))
    signal.addEventListener('abort', stop, { once: true })
  }
  await platform.value.ended
  return 0
}
