import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from './config/environment.ts'
import { householdFileName } from './config/household-file.ts'
import { loadHousehold } from './config/load-household.ts'
import { readMeasured } from './config/measured.ts'
import type { Measured } from './config/measured.ts'
import type { HealthCheck } from './contracts/platform.ts'
import type { Fault } from './contracts/result.ts'
import { examineModels } from './examine-models.ts'
import { minimumFreeBytes, readFreeBytes } from './data/disk-space.ts'
import { callHome } from './data/home-socket.ts'
import { resolveMasterKey } from './data/master-key.ts'
import type { Finding, InstanceStatus } from './interfaces/terminal/terminal-ports.ts'
import { loadGuardrails } from './load-guardrails.ts'

/** Looks at every part, running or not, and names the cure of what is wrong. Changes nothing. */
export async function examine(environment: Environment): Promise<readonly Finding[]> {
  const node: Finding = { name: 'node', state: 'ok', detail: process.version, cure: undefined }
  const { home } = environment
  if (!existsSync(home)) {
    return [node, note('data home', `${home} does not exist yet`, 'npm start makes it'), ...(await examineGuardrails(environment, ''))]
  }
  const configuration = await examineConfiguration(environment)
  return [
    node,
    examineFolder(home),
    configuration,
    ...(await examineModels(environment)),
    ...(await examineGuardrails(environment, configuration.detail)),
    await examineMasterKey(environment),
    await examineDisk(home),
    existsSync(join(home, 'recovery-key'))
      ? fine('recovery key', 'present; keep a copy elsewhere')
      : note('recovery key', 'none yet', 'it is made when the assistant signs in for the first time'),
    ...(await examineInstance(environment)),
  ]
}

function examineFolder(home: string): Finding {
  const isLoose = (statSync(home).mode & 0o077) !== 0
  return isLoose ? note('data home', `${home} can be read by others`, `chmod 700 ${home}`) : fine('data home', home)
}

async function examineConfiguration({ home, projectRoot }: Environment): Promise<Finding> {
  if (!existsSync(join(home, householdFileName))) {
    return note('configuration', `no ${householdFileName}`, 'npm start makes a demo, ai-ops init a file to fill in')
  }
  const loaded = await loadHousehold({ home, projectRoot, standIn: false })
  if (!loaded.ok) return fault('configuration', loaded.error.sentence, 'mend the file; a running instance goes on with the last good state')
  const { members, rooms } = loaded.value.household
  return fine('configuration', `${String(members.size)} members, ${String(rooms.size)} rooms`)
}

/** Whether the rules can be used, unless that was `said` already, and how much gets past them. */
async function examineGuardrails(environment: Environment, said: string): Promise<readonly Finding[]> {
  const { home, projectRoot } = environment
  const [loaded, measured] = await Promise.all([loadGuardrails(environment), readMeasured(projectRoot, home)])
  const problems = [loaded, measured].flatMap((read) => (read.ok || read.error.sentence === said ? [] : [read.error.sentence]))
  const cure = 'mend the file; a running instance goes on with the last good rules'
  const faults = problems.map((sentence) => fault('guardrails', sentence, cure))
  return measured.ok ? [...faults, fine('guardrails', sayMeasured(measured.value))] : faults
}

function sayMeasured({ alone, judged }: Measured): string {
  const rules = `${String(alone.passWithRulesAlone)} pass with rules alone (own dev rows, ${alone.date})`
  const judge =
    judged === undefined
      ? 'how many with your judge is not measured here'
      : `${String(judged.passWithJudge)} with your judge (${judged.judge}, ${judged.date})`
  return `No filter catches everything. Of 100 unsafe questions ${rules}, ${judge}.`
}

const keySources = { value: 'from AI_OPS_MASTER_KEY', command: 'from AI_OPS_MASTER_KEY_COMMAND', file: 'from a file' } as const

async function examineMasterKey({ home, masterKey, masterKeyCommand }: Environment): Promise<Finding> {
  const isNew = !existsSync(join(home, 'keys.db')) && !existsSync(join(home, 'master-key'))
  if (isNew) return note('master key', 'none yet', 'it is made at the first start')
  const master = await resolveMasterKey({ home, value: masterKey, command: masterKeyCommand })
  if (!master.ok) return fault('master key', master.error.code, master.error.sentence)
  if (!master.value.liesWithData) return fine('master key', keySources[master.value.source])
  const cure = 'move it out of the home and give it by AI_OPS_MASTER_KEY_COMMAND'
  return note('master key', 'key and data lie in the same folder: whoever copies it can read everything', cure)
}

async function examineDisk(home: string): Promise<Finding> {
  const bytes = await readFreeBytes(home)
  const detail = `${String(Math.floor(bytes / 1_048_576))} MB free`
  return bytes >= minimumFreeBytes ? fine('disk', detail) : fault('disk', detail, 'free some space: below 512 MB no question is taken')
}

async function examineInstance({ home, ports }: Environment): Promise<readonly Finding[]> {
  const status = await callHome(home, 'status', {}, 10_000)
  if (!status.ok) return [await examineAbsent(status.error, ports.metrics)]
  const running = status.value as InstanceStatus
  const detail = `process ${String(running.pid)}, device ${running.device}`
  const checks = running.checks.map((check) =>
    check.ok ? fine(check.name, check.detail) : fault(check.name, check.detail, cureOf(check.name)),
  )
  const judge = running.judge === undefined ? [] : [fine('judge', running.judge)]
  return [running.ready ? fine('assistant', detail) : fault('assistant', detail, 'see the parts below'), ...checks, ...judge]
}

/** A start whose assistant is down says on its health port why. */
async function examineAbsent(absence: Fault, metricsPort: number): Promise<Finding> {
  const reason = await askWhyDown(metricsPort)
  if (reason !== undefined) return fault('assistant', `down (${reason})`, 'it is started again by itself; logs/assistant.log says more')
  const cure = 'npm start, or ai-ops serve'
  return absence.code === 'not-running' ? note('assistant', 'not running', cure) : fault('assistant', absence.sentence, cure)
}

async function askWhyDown(metricsPort: number): Promise<string | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${String(metricsPort)}/readyz`, { signal: AbortSignal.timeout(2_000) })
    const { checks = [] } = (await answer.json()) as { readonly checks?: readonly HealthCheck[] }
    return checks.find((check) => check.name === 'assistant')?.detail
  } catch {
    return undefined
  }
}

function cureOf(part: string): string {
  switch (part) {
    case 'homeserver':
      return 'see logs/synapse.log, or whether the homeserver in ai-ops.yaml answers; a device that was logged out needs a new token'
    case 'gateway':
      return 'see logs/litellm.log, or whether the gateway in ai-ops.yaml answers and takes the key'
    default:
      return 'free some space'
  }
}

function fine(name: string, detail: string): Finding {
  return { name, state: 'ok', detail, cure: undefined }
}
function note(name: string, detail: string, cure: string): Finding {
  return { name, state: 'note', detail, cure }
}
function fault(name: string, detail: string, cure: string): Finding {
  return { name, state: 'fault', detail, cure }
}
