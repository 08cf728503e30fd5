import type { Result } from '../contracts/result.ts'
import { installerEnvironment, type Environment } from './clean-environment.ts'
import { runCommand } from './run-command.ts'
import { fault, type StackFault } from './stack-fault.ts'

/** The range the hashed locks in `python/` were made and tried for. */
const oldestMinor = 10
const newestMinor = 13
const candidates = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', '/usr/bin/python3'] as const
const probe = `import sys, importlib.util as u; print(*sys.version_info[:2], int(u.find_spec("pip") is not None), sys.executable)`

interface FoundPython {
  readonly major: number
  readonly minor: number
  readonly hasPip: boolean
  readonly path: string
}

/**
 * Answers the path of a Python 3.10 to 3.13 with pip. A `wanted` one (`AI_OPS_PYTHON`) is the only one looked at.
 * Faults: `python-missing`, `python-unsuitable` (too old, too new, or without pip).
 */
export async function findPython(
  wanted: string | undefined,
  environment: Environment,
  signal?: AbortSignal,
): Promise<Result<string, StackFault>> {
  const seen: FoundPython[] = []
  for (const candidate of wanted === undefined ? candidates : [wanted]) {
    const found = await look(candidate, environment, signal)
    if (signal?.aborted === true) return fault('aborted', 'The set-up was stopped.')
    if (found === undefined) continue
    if (isVersionFit(found) && found.hasPip) return { ok: true, value: found.path }
    seen.push(found)
  }
  return explainMissing(wanted, seen)
}

async function look(candidate: string, environment: Environment, signal: AbortSignal | undefined): Promise<FoundPython | undefined> {
  const outcome = await runCommand(candidate, ['-c', probe], { environment: installerEnvironment(environment), signal })
  const match = outcome.exitCode === 0 ? /^(\d+) (\d+) ([01]) (.+)$/m.exec(outcome.output) : null
  if (match === null) return undefined
  return { major: Number(match[1]), minor: Number(match[2]), hasPip: match[3] === '1', path: (match[4] ?? candidate).trim() }
}

function isVersionFit(found: FoundPython): boolean {
  return found.major === 3 && found.minor >= oldestMinor && found.minor <= newestMinor
}

function explainMissing(wanted: string | undefined, seen: readonly FoundPython[]): Result<string, StackFault> {
  const range = `Python 3.${oldestMinor} to 3.${newestMinor} with pip`
  const cure = 'Debian and Ubuntu: apt-get install python3 python3-pip; macOS: brew install python@3.12; or name one in AI_OPS_PYTHON.'
  const withoutPip = seen.find(isVersionFit)
  if (withoutPip !== undefined)
    return fault(
      'python-unsuitable',
      `${range} is needed, but ${withoutPip.path} has no pip. Debian and Ubuntu: apt-get install python3-pip.`,
    )
  const other = seen[0]
  if (other !== undefined)
    return fault('python-unsuitable', `${range} is needed, but ${other.path} is Python ${other.major}.${other.minor}. ${cure}`)
  if (wanted !== undefined)
    return fault(
      'python-missing',
      `${range} is needed, but AI_OPS_PYTHON names ${wanted}, which does not run. Correct or remove AI_OPS_PYTHON.`,
    )
  return fault('python-missing', `${range} is needed and was not found. ${cure}`)
}
