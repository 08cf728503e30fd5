import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { ProbeRow } from '../contracts/guardrails.ts'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault } from './config-fault.ts'
import { policyFolder } from './policies.ts'

const rowSchema = z.object({
  text: z.string(),
  expect: z.enum(['safe', 'unsafe']),
  tier: z.enum(['child', 'teen']),
  lang: z.enum(['en', 'de']),
})

/** Reads `policies/judge-probe.jsonl`: what a model must get right before it may judge. */
export async function readJudgeProbe(projectRoot: string): Promise<Result<readonly ProbeRow[], ConfigFault>> {
  const file = `${policyFolder}/judge-probe.jsonl`
  const cure = 'Restore the file from the distribution.'
  const text = await readFile(join(projectRoot, file), 'utf8').catch(() => undefined)
  if (text === undefined)
    return { ok: false, error: createConfigFault([{ code: 'missing-file', file, line: 0, wrong: 'The file is missing.', cure }]) }
  const rows: ProbeRow[] = []
  for (const [index, line] of text.trimEnd().split('\n').entries()) {
    const read = rowSchema.safeParse(parseLine(line))
    if (!read.success)
      return {
        ok: false,
        error: createConfigFault([{ code: 'wrong-value', file, line: index + 1, wrong: 'This is no row of the probe.', cure }]),
      }
    rows.push(read.data)
  }
  return { ok: true, value: rows }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
