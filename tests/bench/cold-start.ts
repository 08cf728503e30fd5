import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { connectUpstream } from '../fakes/upstream-control.ts'
import { takeFreePorts } from '../support/free-ports.ts'
import { startUpstream } from './bench-services.ts'
import { describeRun } from './report.ts'
import type { Report, Row } from './report.ts'

const projectFolder = path.dirname(path.dirname(import.meta.dirname))
const CARD = 'AI Ops is up'
const START_LIMIT_MS = 600_000
const CHAT_LIMIT_MS = 120_000
const STOP_LIMIT_MS = 60_000
/** Nothing a person would not have: keys, our own settings, and what npm tells its scripts. */
const WITHHELD = /^(npm_|AI_OPS_|NODE_(?!EXTRA_CA_CERTS)|INIT_CWD$|CI$|OCI_|(ANTHROPIC|OPENAI|GEMINI)_|OLLAMA_)/i
/** A new network namespace has its loopback interface down. */
const LOOPBACK_UP = 'ip link set lo up 2>/dev/null || ifconfig lo up'

interface Clone {
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
}

interface Start {
  readonly cardSeconds: number
  readonly answerSeconds: number
}

/** A clone of what is committed, installed from empty caches: start, first answer, second start, start without network. */
export async function measureColdStart(): Promise<Report> {
  const standIn = await measureClone('stand-in')
  const model = await measureClone('model')
  const isOffline = standIn.offline !== undefined
  const rows: readonly Row[] = [
    secondsRow('cold: npm start -> card, s', standIn.cold.cardSeconds, model.cold.cardSeconds, 60),
    secondsRow('cold: npm start -> first encrypted answer by npm run chat, s', standIn.cold.answerSeconds, model.cold.answerSeconds, 60),
    secondsRow('second start -> card, s', standIn.second.cardSeconds, model.second.cardSeconds, 12),
    secondsRow('second start -> answer, s', standIn.second.answerSeconds, model.second.answerSeconds),
    isOffline
      ? secondsRow('second start without network -> card, s', standIn.offline.cardSeconds, undefined, 12)
      : { measure: 'second start without network', cells: ['not permitted here', ''], target: '<= 12', isMet: undefined },
    ...(isOffline ? [secondsRow('second start without network -> answer, s', standIn.offline.answerSeconds, undefined)] : []),
    {
      measure: 'disk: clone, tools and data home, MB',
      cells: [standIn.diskMb.toFixed(0), model.diskMb.toFixed(0)],
      target: '<= 1300',
      isMet: Math.max(standIn.diskMb, model.diskMb) <= 1_300,
    },
  ]
  return { title: `Cold start: ${describeRun()}`, columns: ['stand-in', 'AI_OPS_MODEL_BASE_URL'], rows }
}

interface CloneFigures {
  readonly cold: Start
  readonly second: Start
  readonly offline: Start | undefined
  readonly diskMb: number
}

async function measureClone(kind: 'stand-in' | 'model'): Promise<CloneFigures> {
  await using opened = new AsyncDisposableStack()
  const clone = await makeClone(kind, opened)
  const cold = await measureStart(clone, 'direct')
  say(`${kind}: cold start ${JSON.stringify(cold)}`)
  const diskMb = diskOf(clone.folder)
  const second = await measureStart(clone, 'direct')
  say(`${kind}: second start ${JSON.stringify(second)}`)
  // the scripted upstream stands outside the new network
  const mayCut = kind === 'stand-in' && spawnSync('unshare', ['-n', 'sh', '-c', LOOPBACK_UP]).status === 0
  const offline = mayCut ? await measureStart(clone, 'cut off') : undefined
  return { cold, second, offline, diskMb }
}

async function makeClone(kind: 'stand-in' | 'model', opened: AsyncDisposableStack): Promise<Clone> {
  const top = await mkdtemp(path.join(tmpdir(), 'ai-ops-cold-'))
  opened.defer(() => rm(top, { recursive: true, force: true }))
  const folder = path.join(top, 'clone')
  const cloned = spawnSync('git', ['clone', '--quiet', projectFolder, folder], { stdio: 'inherit' })
  if (cloned.status !== 0) throw new Error('the project could not be cloned')
  return { folder, environment: { ...freshEnvironment(top), ...(await portsAside()), ...(await modelVariables(kind, opened)) } }
}

function freshEnvironment(top: string): Record<string, string> {
  const kept = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined && !WITHHELD.test(entry[0]))
  const systemPath = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => !folder.startsWith(projectFolder))
  return {
    ...Object.fromEntries(kept),
    PATH: systemPath.join(path.delimiter),
    npm_config_cache: path.join(top, 'npm'),
    UV_CACHE_DIR: path.join(top, 'uv'),
    PIP_CACHE_DIR: path.join(top, 'pip'),
  }
}

async function portsAside(): Promise<Record<string, string>> {
  const [base = 0] = await takeFreePorts(1)
  return { AI_OPS_PORT_BASE: String(Math.min(base, 65_000)) }
}

async function modelVariables(kind: 'stand-in' | 'model', opened: AsyncDisposableStack): Promise<Record<string, string>> {
  if (kind === 'stand-in') return {}
  const url = await startUpstream(opened)
  await connectUpstream(url).script({ script: { kind: 'text', text: 'This is a scripted answer.' } })
  return { AI_OPS_MODEL_BASE_URL: `${url}/v1`, AI_OPS_MODEL_NAME: 'scripted' }
}

async function measureStart(clone: Clone, network: 'direct' | 'cut off'): Promise<Start> {
  const startedAt = performance.now()
  const seconds = (): number => (performance.now() - startedAt) / 1_000
  const [command, ...args] = network === 'direct' ? ['npm', 'start'] : ['unshare', '-n', 'sh', '-c', `${LOOPBACK_UP}; exec npm start`]
  const starting = spawn(command ?? 'npm', args, {
    cwd: clone.folder,
    env: clone.environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    await untilItSays(starting, CARD)
    const cardSeconds = seconds()
    await chat(clone, network === 'direct' ? undefined : starting.pid)
    return { cardSeconds, answerSeconds: seconds() }
  } finally {
    await stop(starting)
  }
}

/** Asks in the family's room, as a person would; throws with what was printed if there is no answer. */
async function chat(clone: Clone, networkOf: number | undefined): Promise<void> {
  const words = ['npm', 'run', 'chat', '--', '--as', 'owner', '--room', 'family', 'Good morning!']
  const [command = 'npm', ...args] = networkOf === undefined ? words : ['nsenter', '-t', String(networkOf), '-n', ...words]
  const child = spawn(command, args, {
    cwd: clone.folder,
    env: clone.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: CHAT_LIMIT_MS,
  })
  let output = ''
  child.stdout.on('data', (data: Buffer) => (output += data.toString()))
  child.stderr.on('data', (data: Buffer) => (output += data.toString()))
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`chat ended with ${String(code)}: ${output}`)
}

function untilItSays(child: ChildProcess, words: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error(`no card in ${String(START_LIMIT_MS)} ms: ${output}`)), START_LIMIT_MS)
    const take = (data: Buffer): void => {
      output += data.toString()
      if (!output.includes(words)) return
      clearTimeout(timer)
      resolve()
    }
    child.stdout?.on('data', take)
    child.stderr?.on('data', take)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`npm start ended with ${String(code)}: ${output}`))
    })
  })
}

/** Ctrl-C, as a terminal sends it: to the whole group. */
async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.pid === undefined) return
  const group = -child.pid
  const ended = new Promise((resolve) => child.once('exit', resolve))
  const timer = setTimeout(() => process.kill(group, 'SIGKILL'), STOP_LIMIT_MS)
  process.kill(group, 'SIGINT')
  await ended
  clearTimeout(timer)
}

function diskOf(folder: string): number {
  const kilobytes = spawnSync('du', ['-sk', folder], { encoding: 'utf8' }).stdout.split('\t')[0]
  return (Number(kilobytes) * 1_024) / 1e6
}

function secondsRow(measure: string, standIn: number, model: number | undefined, most?: number): Row {
  const show = (value: number | undefined): string => value?.toFixed(1) ?? ''
  const cells = [show(standIn), show(model)]
  if (most === undefined) return { measure, cells, target: '', isMet: undefined }
  return { measure, cells, target: `<= ${String(most)}`, isMet: Math.max(standIn, model ?? 0) <= most }
}

function say(line: string): void {
  console.error(`[bench] ${line}`)
}
