import type { Fault } from '../contracts/result.ts'

/** What can stand in the way of the local stack; each fault's sentence names the cure. */
export type StackCode =
  | 'python-missing'
  | 'python-unsuitable'
  | 'network'
  | 'install-failed'
  | 'port-taken'
  | 'already-running'
  | 'start-failed'
  | 'start-timeout'
  | 'damaged-file'
  | 'model-name-missing'
  | 'aborted'

export type StackFault = Fault<StackCode>

/** The failed half of a `Result`, so that call sites read as one line. */
export function fault(code: StackCode, sentence: string): { readonly ok: false; readonly error: StackFault } {
  return { ok: false, error: { code, sentence } }
}
