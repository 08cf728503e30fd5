import { createTerminalPorts } from './commands.ts'
import { readEnvironment } from './config/environment.ts'
import { runCommandLine } from './interfaces/terminal/command-line.ts'
import { watchParent } from './stack/parent-watch.ts'
import type { Screen } from './interfaces/terminal/terminal-ports.ts'

const stop = new AbortController()
/** The first signal stops in order; one more, five seconds later or when impatient, ends at once. */
let signals = 0
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => {
    signals += 1
    stop.abort()
    if (signals > 2) process.exit(1)
  })
}
watchParent(() => stop.abort())
// a child whose parent was killed learns it here: nothing of it may outlive the start it belongs to
process.on('disconnect', () => stop.abort())

const environment = readEnvironment()
const screen: Screen = {
  isTty: process.stdout.isTTY,
  color: process.stdout.isTTY && (!environment.ok || !environment.value.noColor),
  input: process.stdin,
  out: (text) => void process.stdout.write(`${text}\n`),
  write: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(`${text}\n`),
}
if (environment.ok) {
  try {
    process.exitCode = await runCommandLine(process.argv.slice(2), createTerminalPorts(environment.value, stop.signal), screen, stop.signal)
  } catch (error) {
    // a surprise: the stack is for whoever mends it, the first line for whoever sees it
    screen.err(`Something went wrong that should not: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
    process.exitCode = 1
  }
} else {
  screen.err(environment.error.sentence)
  process.exitCode = 3
}
// everything of ours is closed by now; timers that the Matrix SDK leaves behind must not keep the process
process.exit()
