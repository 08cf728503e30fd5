import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseEnv } from 'node:util'
import type { Locale } from '../contracts/household.ts'
import type { Fault, Result } from '../contracts/result.ts'

export interface Ports {
  readonly homeserver: number
  readonly gateway: number
  readonly api: number
  readonly model: number
  readonly metrics: number
}

/** Everything the process was told from outside, read once at start. */
export interface Environment {
  readonly projectRoot: string
  /** Of this program, from its package. */
  readonly version: string
  /** Absolute path of the data home. */
  readonly home: string
  readonly ports: Ports
  /** Provider keys and addresses by LiteLLM's own names, and the AI_OPS_MODEL_* triple; empty values left out. */
  readonly providers: Readonly<Record<string, string>>
  /** What a child process needs to run at all (PATH, HOME, proxies, certificates), and nothing secret. */
  readonly childVariables: Readonly<Record<string, string>>
  readonly python: string | undefined
  readonly crashAt: string | undefined
  readonly masterKey: string | undefined
  /** A program and its arguments that prints the master key; words separated by blanks. */
  readonly masterKeyCommand: readonly string[] | undefined
  /** After this long without a key people are told, ms. */
  readonly undecryptableNoticeMs: number
  readonly noColor: boolean
  readonly ci: boolean
  /** From LC_ALL, LC_MESSAGES or LANG. */
  readonly locale: Locale
  /** Any variable by name, for `env:NAME` references in `ai-ops.yaml`. */
  readonly variable: ReadVariable
}

export type EnvironmentCode = 'bad-port-base' | 'bad-number' | 'bad-model-url' | 'model-url-missing' | 'unreadable-env-file'

type ReadVariable = (name: string) => string | undefined
type Variables = Readonly<Record<string, string | undefined>>

const ownRoot = resolve(import.meta.dirname, '../..')
const defaultPorts: Ports = { homeserver: 8008, gateway: 4000, api: 8787, model: 8788, metrics: 9464 }
const defaultUndecryptableNoticeMs = 10 * 60_000
const noticeName = 'AI_OPS_UNDECRYPTABLE_NOTICE_MS'
const highestPortBase = 65_535 - 4

const providerNames = new Set([
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'OPENAI_BASE_URL',
  'GEMINI_API_KEY',
  'OLLAMA_API_BASE',
  'AI_OPS_MODEL_BASE_URL',
  'AI_OPS_MODEL_NAME',
  'AI_OPS_MODEL_API_KEY',
])
const childNames = [
  'PATH',
  'HOME',
  'USER',
  'SHELL',
  'TMPDIR',
  'LANG',
  'LC_ALL',
  'TZ',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'NODE_EXTRA_CA_CERTS',
  'NODE_COMPILE_CACHE',
]

/**
 * Reads the process's variables and `.env` (in the working directory, then in the project folder). What is set already
 * wins over `.env`, even when it is set to nothing. Fails with a sentence that names the variable and the cure.
 */
export function readEnvironment(
  from: { readonly variables?: Variables; readonly cwd?: string; readonly projectRoot?: string } = {},
): Result<Environment, Fault<EnvironmentCode>> {
  const { variables = process.env, cwd = process.cwd(), projectRoot: root = ownRoot } = from
  const files = readEnvFiles([...new Set([cwd, root])])
  if (!files.ok) return files
  const merged: Variables = { ...files.value, ...variables }
  const variable: ReadVariable = (name) => {
    const value = merged[name]?.trim()
    return value === '' ? undefined : value
  }
  const fault = findModelFault(variable) ?? findNumberFault(variable)
  if (fault) return { ok: false, error: fault }
  const ports = readPorts(variable('AI_OPS_PORT_BASE'))
  if (!ports.ok) return ports
  const providers = Object.keys(merged).filter((name) => providerNames.has(name) || name.startsWith('OCI_'))
  return {
    ok: true,
    value: {
      projectRoot: root,
      version: readVersion(root),
      home: resolve(cwd, variable('AI_OPS_HOME') ?? join(root, '.ai-ops')),
      ports: ports.value,
      providers: pick(providers, variable),
      childVariables: pick(childNames, variable),
      ...readSwitches(variable),
      variable,
    },
  }
}

function readSwitches(
  variable: ReadVariable,
): Omit<Environment, 'projectRoot' | 'version' | 'ports' | 'variable' | 'home' | 'providers' | 'childVariables'> {
  return {
    python: variable('AI_OPS_PYTHON'),
    crashAt: variable('AI_OPS_CRASH_AT'),
    masterKey: variable('AI_OPS_MASTER_KEY'),
    masterKeyCommand: variable('AI_OPS_MASTER_KEY_COMMAND')?.split(/\s+/),
    undecryptableNoticeMs: Number(variable(noticeName) ?? defaultUndecryptableNoticeMs),
    noColor: variable('NO_COLOR') !== undefined,
    ci: !['0', 'false'].includes(variable('CI') ?? 'false'),
    locale: ['LC_ALL', 'LC_MESSAGES', 'LANG'].map(variable).find(Boolean)?.startsWith('de') ? 'de' : 'en',
  }
}

/** Earlier folders win. */
function readEnvFiles(folders: readonly string[]): Result<Variables, Fault<'unreadable-env-file'>> {
  let merged: Variables = {}
  for (const folder of folders) {
    const path = join(folder, '.env')
    try {
      merged = { ...parseEnv(readFileSync(path, 'utf8').replace(/^\uFEFF/, '')), ...merged }
    } catch (error) {
      if (isMissing(error)) continue
      const sentence = `${path} cannot be read. Make it a text file that this user may read, or remove it.`
      return { ok: false, error: { code: 'unreadable-env-file', sentence } }
    }
  }
  return { ok: true, value: merged }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

function readPorts(base: string | undefined): Result<Ports, Fault<'bad-port-base'>> {
  if (base === undefined) return { ok: true, value: defaultPorts }
  const first = /^\d{1,5}$/.test(base) ? Number(base) : 0
  if (first < 1 || first > highestPortBase) {
    const sentence = `AI_OPS_PORT_BASE is "${base}", which is no port to start from. Set it to a number from 1 to ${highestPortBase}, such as 18000, or leave it out.`
    return { ok: false, error: { code: 'bad-port-base', sentence } }
  }
  return { ok: true, value: { homeserver: first, gateway: first + 1, api: first + 2, model: first + 3, metrics: first + 4 } }
}

function findModelFault(variable: ReadVariable): Fault<EnvironmentCode> | undefined {
  for (const name of ['AI_OPS_MODEL_BASE_URL', 'OPENAI_BASE_URL', 'OLLAMA_API_BASE']) {
    const value = variable(name)
    if (value !== undefined && !/^https?:\/\//.test(URL.parse(value)?.href ?? '')) {
      const sentence = `${name} is "${value}", which is no address. Write it like http://127.0.0.1:11434/v1, or leave it out.`
      return { code: 'bad-model-url', sentence }
    }
  }
  const hasAddress = variable('AI_OPS_MODEL_BASE_URL') !== undefined || variable('OPENAI_BASE_URL') !== undefined
  if (variable('AI_OPS_MODEL_NAME') === undefined || hasAddress) return undefined
  const sentence =
    'AI_OPS_MODEL_NAME is set, but not where that model is served. Set AI_OPS_MODEL_BASE_URL too, or remove AI_OPS_MODEL_NAME.'
  return { code: 'model-url-missing', sentence }
}

function findNumberFault(variable: ReadVariable): Fault<EnvironmentCode> | undefined {
  const value = variable(noticeName)
  if (value === undefined || /^\d{1,9}$/.test(value)) return undefined
  return { code: 'bad-number', sentence: `${noticeName} is "${value}". Set it to a whole number of milliseconds, or leave it out.` }
}

function pick(names: readonly string[], variable: ReadVariable): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = variable(name)
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

function readVersion(root: string): string {
  try {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { readonly version?: unknown }
    return typeof version === 'string' ? version : 'unknown'
  } catch {
    return 'unknown'
  }
}
