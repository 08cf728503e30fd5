import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Result } from '../contracts/result.ts'
import { identifyProcess, isRunning, type ProcessIdentity } from './process-identity.ts'
import { fault, type StackFault } from './stack-fault.ts'

/** What runs for a data home, in `<home>/run/children.json`, so that the start after a `kill -9` can end the leftovers. */
export interface ChildRegister {
  /** Names of the leftovers that were ended when the register was opened. */
  readonly ended: readonly string[]
  add(name: string, identity: ProcessIdentity): void
  remove(identity: ProcessIdentity): void
}

interface Registered {
  readonly owner: ProcessIdentity
  readonly children: readonly (ProcessIdentity & { readonly name: string })[]
}

/**
 * Ends exactly the processes an earlier owner left (pid and kernel start time must match) and takes the register over.
 * Fault `already-running` while the earlier owner lives.
 */
export async function openChildRegister(home: string): Promise<Result<ChildRegister, StackFault>> {
  const file = path.join(home, 'run', 'children.json')
  const owner = identifyProcess(process.pid)
  if (owner === undefined) throw new Error('this process cannot be identified')
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const earlier = readRegister(file)
  if (earlier !== undefined && earlier.owner.pid !== owner.pid && isRunning(earlier.owner))
    return fault(
      'already-running',
      `AI Ops is already running in ${home} (process ${earlier.owner.pid}). Stop it first, or choose another data home with AI_OPS_HOME.`,
    )
  const leftovers = (earlier?.children ?? []).filter(isRunning)
  for (const leftover of leftovers) killGroup(leftover.pid, 'SIGKILL')
  // their ports are free only once they are gone; a process in an uninterruptible call may outlast this, and its port is then named
  for (let wait = 0; wait < 250 && leftovers.some(isRunning); wait += 1) await setTimeout(20)

  let children: Registered['children'] = []
  const save = (): void => {
    const registered: Registered = { owner, children }
    writeFileSync(`${file}.new`, JSON.stringify(registered), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  save()
  return {
    ok: true,
    value: {
      ended: leftovers.map((leftover) => leftover.name),
      add(name, identity) {
        children = [...children, { ...identity, name }]
        save()
      },
      remove(identity) {
        children = children.filter((child) => child.pid !== identity.pid)
        save()
      },
    },
  }
}

/** Signals a child and everything it started: children are leaders of their own process group. */
export function killGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // already gone
  }
}

/** A file that is missing or torn by a crash names no leftovers. */
function readRegister(file: string): Registered | undefined {
  try {
    const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'))
    return isRegistered(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

function isRegistered(value: unknown): value is Registered {
  if (typeof value !== 'object' || value === null || !('owner' in value) || !('children' in value)) return false
  return (
    isIdentity(value.owner) &&
    Array.isArray(value.children) &&
    value.children.every((child) => isIdentity(child) && 'name' in child && typeof child.name === 'string')
  )
}

function isIdentity(value: unknown): value is ProcessIdentity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'pid' in value &&
    Number.isInteger(value.pid) &&
    'startedAt' in value &&
    typeof value.startedAt === 'string'
  )
}
