import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import type { EvalHistory, SuiteResult } from '../contracts/evaluation.ts'

/** Runs that are kept of each suite. */
const KEPT = 50

const action = z.enum(['answered', 'refused', 'cared', 'failed'])
const expectation = z.enum([
  'answered',
  'refused',
  'cared',
  'language',
  'reading-age',
  'link',
  'human-claim',
  'contains',
  'lacks',
  'judged',
])
const row = z.object({
  id: z.string(),
  passed: z.boolean(),
  failures: z.array(z.string()),
  action,
  ms: z.number(),
  costNanoUsd: z.number(),
})
const run = z.object({
  suite: z.string(),
  at: z.number(),
  alias: z.enum(['smart', 'fast', 'economy', 'judge', 'local']).optional(),
  model: z.string().optional(),
  rows: z.array(row),
  passed: z.number(),
  of: z.number(),
  short: z.array(expectation),
  passes: z.boolean(),
  costNanoUsd: z.number(),
})

/**
 * The last 50 runs of each suite as `evals/<suite>.jsonl` in a home, oldest first, for its user alone. A run is added to a copy that
 * takes the file's place as a whole, one after the other. A line that is no run is passed over.
 */
export function createEvalHistory(home: string): EvalHistory {
  let last: Promise<unknown> = Promise.resolve()
  return {
    last: async (suite) => (await readRuns(fileOf(home, suite))).at(-1),
    keep(result) {
      const next = last.then(() => add(fileOf(home, result.suite), result))
      last = next.catch(() => undefined)
      return next
    },
  }
}

function fileOf(home: string, suite: string): string {
  return join(home, 'evals', `${suite}.jsonl`)
}

async function readRuns(file: string): Promise<readonly SuiteResult[]> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.split('\n').flatMap((line) => {
    const read = run.safeParse(parse(line))
    return read.success ? [{ ...read.data, alias: read.data.alias, model: read.data.model }] : []
  })
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

async function add(file: string, result: SuiteResult): Promise<void> {
  const runs = [...(await readRuns(file)), result].slice(-KEPT)
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await replace(file, runs.map((one) => `${JSON.stringify(one)}\n`).join(''))
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600, flush: true })
  // the copy of a process that was killed may be of any mode
  await chmod(`${file}.new`, 0o600)
  await rename(`${file}.new`, file)
}
