import path from 'node:path'

/** Source files by their path from `src/`, with forward slashes. */
export type SourceFiles = ReadonlyMap<string, string>

/** Folder -> the folders it may import besides `contracts` and itself (DESIGN section 3). */
export const mayImport: Readonly<Record<string, readonly string[]>> = {
  contracts: [],
  config: [],
  gateway: [],
  guardrails: [],
  prompts: [],
  memory: [],
  budgets: [],
  observability: [],
  data: [],
  stack: [],
  conversation: ['guardrails', 'prompts', 'memory', 'budgets'],
  orchestration: ['conversation', 'guardrails', 'prompts', 'memory', 'budgets'],
  evaluation: ['conversation'],
  'control-room': ['conversation', 'budgets', 'prompts', 'evaluation', 'orchestration'],
  'interfaces/matrix': ['conversation', 'control-room'],
  'interfaces/http': ['conversation', 'control-room'],
  'interfaces/terminal': ['conversation', 'control-room'],
}

/** The files that know every folder: the start, the composition root, and what it was divided into. Nothing may import them but each other. */
export const rootFiles: ReadonlySet<string> = new Set([
  'main.ts',
  'app.ts',
  'client-guardrail.ts',
  'commands.ts',
  'assistant-process.ts',
  'local-platform.ts',
  'demo-home.ts',
  'home-commands.ts',
  'chat-device.ts',
  'doctor.ts',
  'examine-models.ts',
  'instance-guardrails.ts',
  'load-guardrails.ts',
  'rail-rules.ts',
  'model-routes.ts',
  'open-control-room.ts',
  'open-home.ts',
  'private-file.ts',
  'rule-reports.ts',
  'run-evals.ts',
  'tenant-commands.ts',
  'watch-health.ts',
  'watch-instance.ts',
  'weekly-view.ts',
])

/** Package -> its homes. A package that is not listed has none. */
const homes: Readonly<Record<string, readonly string[]>> = {
  'matrix-js-sdk': ['interfaces/matrix'],
  '@matrix-org/matrix-sdk-crypto-wasm': ['interfaces/matrix'],
  'fake-indexeddb': ['interfaces/matrix'],
  'markdown-it': ['interfaces/matrix'],
  openai: ['gateway'],
  'node-llama-cpp': ['stack'],
  echarts: ['control-room'],
  '@resvg/resvg-js': ['control-room'],
  'dejavu-fonts-ttf': ['control-room'],
  'fastest-levenshtein': ['control-room'],
  'prom-client': ['observability'],
  'temporal-polyfill': ['budgets'],
  'libphonenumber-js': ['guardrails'],
  'better-sqlite3-multiple-ciphers': ['data'],
  'better-sqlite3': ['data'],
  yaml: ['config'],
  // where outside data enters
  zod: ['config', 'gateway', 'data', 'stack', 'conversation', 'interfaces/matrix', 'interfaces/http', 'interfaces/terminal'],
}

/** Built-in modules with homes; the others may be used everywhere but in contracts. */
const builtInHomes: Readonly<Record<string, readonly string[]>> = {
  'node:sqlite': ['data'],
  // the stand-in is a server in a process of its own
  'node:http': ['interfaces/http', 'stack'],
  'node:https': [],
  'node:http2': [],
}

const importForms: readonly RegExp[] = [
  /\bfrom\s*(['"])(?<target>[^'"\n]+)\1/g,
  /^\s*import\s*(['"])(?<target>[^'"\n]+)\1/gm,
  /\bimport\s*\(\s*(['"`])(?<target>[^'"`\n$]+)\1/g,
  /\brequire\s*\(\s*(['"`])(?<target>[^'"`\n$]+)\1/g,
  // worker threads and child processes are reached this way
  /\bnew\s+URL\s*\(\s*(['"`])(?<target>\.[^'"`\n$]+)\1/g,
]

interface ContentRule {
  readonly test: (source: string) => boolean
  /** Folders or single files. */
  readonly homes: readonly string[]
  readonly what: string
}

const contents: readonly ContentRule[] = [
  {
    test: (source) =>
      /\bprocess\s*(\?\.|\.)\s*env\b|\bprocess\s*\[\s*['"`]env|\{[^}\n]*\benv\b[^}\n]*\}\s*(=\s*process\b|from\s*['"](node:)?process['"])/.test(
        source,
      ),
    homes: ['config'],
    what: 'reads process.env',
  },
  {
    test: (source) =>
      /\b(SELECT\s+[^'"`;]*?\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|DELETE\s+FROM|UPDATE\s+\w+\s+SET|CREATE\s+(UNIQUE\s+)?(TABLE|INDEX|TRIGGER)|PRAGMA)\b/.test(
        source,
      ),
    homes: ['data'],
    what: 'speaks SQL',
  },
  {
    test: (source) => /\bimport\s*\(\s*[^'"`\s)]/.test(source) || /\bimport\s*\(\s*`[^`]*\$\{/.test(source),
    // classes of fake-indexeddb that its package does not export, at addresses it resolves itself
    homes: ['interfaces/matrix/indexed-db/internals.ts'],
    what: 'imports what cannot be known before it runs',
  },
]

/** The folder of a file in the sense of the table; undefined for a file that lies directly in `src/`. */
export function folderOf(file: string): string | undefined {
  const [first, second, third] = file.split('/')
  if (second === undefined) return undefined
  return first === 'interfaces' && third !== undefined ? `${first}/${second}` : first
}

/** Every import and content that the table forbids, as `file -> what`. Types, dynamic imports and `new URL(...)` count too. */
export function findStrangers(files: SourceFiles): readonly string[] {
  return [...files].flatMap(([file, source]) => {
    const code = withoutComments(source)
    return [...findImports(code).flatMap((target) => judgeImport(file, target, files)), ...judgeContents(file, code)]
  })
}

function findImports(code: string): readonly string[] {
  return importForms.flatMap((form) => [...code.matchAll(form)].flatMap((match) => match.groups?.['target'] ?? []))
}

function judgeImport(file: string, target: string, files: SourceFiles): readonly string[] {
  const isAllowed = target.startsWith('.') ? isAllowedFile(file, resolve(file, target), files) : isAllowedPackage(folderOf(file), target)
  return isAllowed ? [] : [`${file} -> ${target}`]
}

function resolve(file: string, target: string): string {
  return path.posix.normalize(path.posix.join(path.posix.dirname(file), target))
}

function isAllowedFile(file: string, to: string, files: SourceFiles): boolean {
  // what is no TypeScript is data; what is none of ours does not exist
  if (!files.has(to)) return !to.endsWith('.ts')
  const [from, target] = [folderOf(file), folderOf(to)]
  if (from === undefined) return rootFiles.has(file)
  return target === from || target === 'contracts' || (target !== undefined && (mayImport[from]?.includes(target) ?? false))
}

function isAllowedPackage(folder: string | undefined, target: string): boolean {
  const isBuiltIn = target.startsWith('node:')
  const allowed = isBuiltIn ? builtInHomes[target] : (homes[packageOf(target)] ?? [])
  if (allowed === undefined) return folder !== 'contracts'
  return folder !== undefined && allowed.includes(folder)
}

function judgeContents(file: string, code: string): readonly string[] {
  const places = [file, folderOf(file)]
  return contents
    .filter((rule) => rule.test(code) && !rule.homes.some((home) => places.includes(home)))
    .map((rule) => `${file} ${rule.what}`)
}

function packageOf(target: string): string {
  return target
    .split('/')
    .slice(0, target.startsWith('@') ? 2 : 1)
    .join('/')
}

/** Comments blanked out, strings kept, so that prose is not taken for code. */
function withoutComments(source: string): string {
  return source.replace(
    /(?<text>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(?<=^|[\s;{}(),])\/\/[^\n]*/g,
    (_match, text: string | undefined) => text ?? ' ',
  )
}
