import { basename, join } from 'node:path'
import { z } from 'zod'
import type { EvalSuite } from '../contracts/evaluation.ts'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault } from './config-fault.ts'
import { listFolder } from './follow-files.ts'
import { readYamlFile } from './yaml-file.ts'

const suiteFolder = 'evals'
const text = z.string().trim().min(1, 'Write what somebody says.').max(4_000, 'Keep it under 4,000 characters.')
const words = z.array(z.string().min(1, 'Write a word.')).min(1, 'Name at least one.')
const locale = z.enum(['en', 'de'])

const expectation = z.strictObject({
  action: z.enum(['answered', 'refused', 'cared']).optional(),
  language: locale.optional(),
  reading_age_at_most: z.number().min(5, 'Use an age from 5 to 25.').max(25, 'Use an age from 5 to 25.').optional(),
  no_link: z.literal(true).optional(),
  no_human_claim: z.literal(true).optional(),
  contains_any: words.optional(),
  lacks_all: words.optional(),
  judged: z.string().trim().min(10, 'Write a question that a judge answers with yes or no.').optional(),
})

const row = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'Use small letters, digits and hyphens.'),
    tier: z.enum(['child', 'teen', 'adult']),
    locale,
    text: text.optional(),
    turns: z.array(text).min(1, 'Write at least one message.').max(20, 'Keep it under 20 messages.').optional(),
    expect: expectation,
  })
  .refine(({ text: one, turns }) => (one === undefined) !== (turns === undefined), 'Write either text or turns.')

const suiteSchema = z.strictObject({
  name: z.string().trim().min(1, 'Write a name.').max(80, 'Keep it under 80 characters.'),
  domain: z.string(),
  profile: z.string().optional(),
  pass: z.number().min(0, 'Use a share from 0 to 1.').max(1, 'Use a share from 0 to 1.'),
  rows: z.array(row).min(1, 'Write at least one row.').max(2_000, 'Keep it under 2,000 rows.'),
})

/** Names of the suites there are. */
export function listSuites(projectRoot: string): readonly string[] {
  return listFolder(join(projectRoot, suiteFolder))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .toSorted()
}

/** Reads `evals/<id>.yaml`. The file name is the id. */
export async function readSuite(projectRoot: string, id: string): Promise<Result<EvalSuite, ConfigFault>> {
  const file = `${suiteFolder}/${id}.yaml`
  const read = await readYamlFile(join(projectRoot, file), file, suiteSchema)
  if (!read.ok) return read
  const { name, domain, profile, pass, rows } = read.value.value
  const ids = rows.map((one) => one.id)
  const doubled = ids.findIndex((one, index) => ids.indexOf(one) !== index)
  if (doubled >= 0) {
    const wrong = `Two rows are called "${ids[doubled] ?? ''}".`
    const problem = {
      code: 'contradiction',
      file,
      line: read.value.lineOf(['rows', doubled]),
      wrong,
      cure: 'Give each row a name of its own.',
    } as const
    return { ok: false, error: createConfigFault([problem]) }
  }
  return { ok: true, value: { id, name, domain, profile, passShare: pass, rows: rows.map(toRow) } }
}

function toRow({ id, tier, locale: language, text: one, turns, expect }: z.output<typeof row>): EvalSuite['rows'][number] {
  return {
    id,
    tier,
    locale: language,
    turns: turns ?? [one ?? ''],
    expect: {
      action: expect.action,
      language: expect.language,
      readingAgeAtMost: expect.reading_age_at_most,
      noLink: expect.no_link,
      noHumanClaim: expect.no_human_claim,
      containsAny: expect.contains_any,
      lacksAll: expect.lacks_all,
      judged: expect.judged,
    },
  }
}
