import { createTerminalPorts } from './commands.ts'
import { readEnvironment } from './config/environment.ts'
import { runCommandLine } from './interfaces/terminal/command-line.ts'
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
// a child whose parent was killed learns it here: nothing of it may outlive the start it belongs to
process.on('disconnect', () => stop.abort())

const environment = readEnvironment()
const screen: Screen = {
  isTty: process.stdout.isTTY,
  color: process.stdout.isTTY && (!environment.ok || !environment.value.noColor),
  out: (text) => void process.stdout.write(`${text}\n`),
  err: (text) => void process.stderr.write(`${text}\n`),
}
if (environment.ok) {
  process.exitCode = await runCommandLine(process.argv.slice(2), createTerminalPorts(environment.value, stop.signal), screen, stop.signal)
} else {
  screen.err(environment.error.sentence)
  process.exitCode = 3
}
// the channel to the parent would keep the process
if (process.connected) process.disconnect()
