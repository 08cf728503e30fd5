import type { Fault, Result } from '../../contracts/result.ts'
import { exitCodeOf } from './terminal-ports.ts'
import type { ExitCode, Screen } from './terminal-ports.ts'

/** Writes the value, or the sentence of what went wrong. */
export function showResult<Value>(result: Result<Value, Fault>, screen: Screen, write: (value: Value) => void): ExitCode {
  if (!result.ok) {
    screen.err(result.error.sentence)
    return exitCodeOf(result.error)
  }
  write(result.value)
  return 0
}
