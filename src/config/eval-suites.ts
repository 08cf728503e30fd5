import { basename, join } from 'node:path'
import { z } from 'zod'
import type { EvalSuite, ExpectationName } from '../contracts/evaluation.ts'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault, ConfigProblem } from './config-fault.ts'
import { listFolder } from './follow-files.ts'
import { readYamlFile } from './yaml-file.ts'
import type { YamlFile } from './yaml-file.ts'

const suiteFolder = 'evals'
const text = z.string().trim().min(1, 'Write what somebody says.').max(4_000, 'Keep it under 4,000 characters.')
const words = z.array(z.string().min(1, 'Write a word.')).min(1, 'Name at least one.')
const locale = z.enum(['en', 'de'])
const share = z.number().min(0, 'Use a share from 0 to 1.').max(1, 'Use a share from 0 to 1.')
const onlyTrue = z.literal(true)

const expectation = z.strictObject({
  action: z.enum(['answered', 'refused', 'cared']).optional(),
  language: locale.optional(),
  reading_age_at_most: z.number().min(5, 'Use an age from 5 to 25.').max(25, 'Use an age from 5 to 25.').optional(),
  no_link: onlyTrue.optional(),
  no_human_claim: onlyTrue.optional(),
  contains_any: words.optional(),
  lacks_all: words.optional(),
  judged: z.string().trim().min(10, 'Write a question that a judge answers with yes or no.').optional(),
})

/** The names of the file, and those of the program. */
const expectationNames = {
  answered: 'answered',
  refused: 'refused',
  cared: 'cared',
  language: 'language',
  reading_age_at_most: 'reading-age',
  no_link: 'link',
  no_human_claim: 'human-claim',
  contains_any: 'contains',
  lacks_all: 'lacks',
  judged: 'judged',
} as const satisfies Readonly<Record<string, ExpectationName>>
type NameInFile = keyof typeof expectationNames
const namesInFile = Object.keys(expectationNames) as readonly NameInFile[]

const row = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,60}$/, 'Use small letters, digits and hyphens.'),
    tier: z.enum(['child', 'teen', 'adult']),
    locale,
    domain: z.string().min(1, 'Write the name of a domain.').optional(),
    profile: z.string().min(1, 'Write the name of a profile.').optional(),
    text: text.optional(),
    turns: z.array(text).min(1, 'Write at least one message.').max(20, 'Keep it under 20 messages.').optional(),
    expect: expectation,
  })
  .refine(({ text: one, turns }) => (one === undefined) !== (turns === undefined), 'Write either text or turns.')

const suiteSchema = z.strictObject({
  name: z.string().trim().min(1, 'Write a name.').max(80, 'Keep it under 80 characters.'),
  description: z.string().trim().min(1, 'Write what it is for.').max(300, 'Keep it under 300 characters.'),
  domain: z.string().min(1, 'Write the name of a domain.'),
  profile: z.string().min(1, 'Write the name of a profile.').optional(),
  pass: z.strictObject({ share, each: z.partialRecord(z.enum(namesInFile), share).default({}) }),
  rows: z.array(row).min(1, 'Write at least one row.').max(2_000, 'Keep it under 2,000 rows.'),
})
type SuiteFile = z.output<typeof suiteSchema>

/** Names of the suites there are. */
export function listSuites(projectRoot: string): readonly string[] {
  return listFolder(join(projectRoot, suiteFolder))
    .map((file) => basename(file))
    .filter((name) => name.endsWith('.yaml') && !name.startsWith('.'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .toSorted()
}

/** Reads `evals/<id>.yaml`; the file name is the id. Its domains and profiles must be among `known`. All problems are reported together. */
export async function readSuite(
  projectRoot: string,
  id: string,
  known: { readonly domains: ReadonlyMap<string, unknown>; readonly profiles: ReadonlyMap<string, unknown> },
): Promise<Result<EvalSuite, ConfigFault>> {
  const file = `${suiteFolder}/${id}.yaml`
  const read = await readYamlFile(join(projectRoot, file), file, suiteSchema)
  if (!read.ok) return read
  const { domains, profiles } = known
  const [first, ...others] = [
    ...findDoubled(read.value),
    ...findUnknown(read.value, 'domain', domains),
    ...findUnknown(read.value, 'profile', profiles),
  ]
  if (first !== undefined) return { ok: false, error: createConfigFault([first, ...others]) }
  const { name, description, domain, profile, pass, rows } = read.value.value
  const each = namesInFile.flatMap((key) => {
    const wanted = pass.each[key]
    return wanted === undefined ? [] : [[expectationNames[key], wanted] as const]
  })
  const passEach = Object.fromEntries(each)
  return { ok: true, value: { id, name, description, domain, profile, passShare: pass.share, passEach, rows: rows.map(toRow) } }
}

function findDoubled({ file, lineOf, value }: YamlFile<SuiteFile>): readonly ConfigProblem[] {
  const ids = value.rows.map(({ id }) => id)
  return ids.flatMap((id, index) => {
    if (ids.indexOf(id) === index) return []
    const place = { code: 'contradiction', file, line: lineOf(['rows', index, 'id']) } as const
    return [{ ...place, wrong: `Two rows are called "${id}".`, cure: 'Give each row a name of its own.' }]
  })
}

function findUnknown(
  { file, lineOf, value }: YamlFile<SuiteFile>,
  key: 'domain' | 'profile',
  known: ReadonlyMap<string, unknown>,
): readonly ConfigProblem[] {
  const named = [
    { name: value[key], path: [key] },
    ...value.rows.map((one, index) => ({ name: one[key], path: ['rows', index, key] })),
  ] as const
  return named.flatMap(({ name, path }) => {
    if (name === undefined || known.has(name)) return []
    const place = { code: 'contradiction', file, line: lineOf(path) } as const
    return [{ ...place, wrong: `There is no ${key} "${name}".`, cure: `Use ${[...known.keys()].join(', ')}.` }]
  })
}

function toRow({ text: one, turns, expect, ...asked }: SuiteFile['rows'][number]): EvalSuite['rows'][number] {
  return {
    ...asked,
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
