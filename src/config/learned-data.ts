import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault, ConfigProblem } from './config-fault.ts'
import { policyFolder } from './policies.ts'
import { readYamlFile } from './yaml-file.ts'

const rule = z.strictObject({
  id: z.string().min(1),
  category: z.string().min(1),
  level: z.enum(['sure', 'likely']),
  when: z.array(z.string().min(1)).min(1),
  unless: z.array(z.string().min(1)).default([]),
  within: z.int().min(0).max(200).default(4),
  grave: z.boolean().default(false),
  directions: z.array(z.enum(['in', 'out', 'tool'])).default(['in', 'out']),
})

/** `policies/lexicon/<name>.yaml`. */
const lexiconSchema = z.strictObject({
  language: z.string().min(1),
  groups: z.record(z.string(), z.string().min(1)),
  always: z.array(z.string()).default([]),
  rules: z.array(rule).min(1),
})

const phrases = z.string().min(1)

/** `policies/lexicon/concepts.yaml`. */
const conceptsSchema = z.strictObject({
  version: z.literal(1),
  concepts: z.record(z.string(), z.strictObject({ en: phrases, de: phrases, frame: z.literal(true).optional() })),
})

const linksSchema = z.strictObject({
  version: z.literal(1),
  hosts: z.array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'Write a host like "wikipedia.org".')),
})

/** A lexicon as it stands in its file, with every default filled in. */
export type LexiconFile = z.output<typeof lexiconSchema>

type LexiconName = 'en' | 'de' | 'injection' | 'insults'

/** What the rails that learn need: lexicons, weights and the hosts that a child's answer may link to. */
export interface LearnedFiles<WeightsName extends string> {
  readonly lexicons: Readonly<Record<LexiconName, LexiconFile>>
  readonly concepts: z.output<typeof conceptsSchema>['concepts']
  readonly weights: Readonly<Record<WeightsName, Uint8Array>>
  readonly allowedHosts: readonly string[]
}

/** Reads `policies/lexicon/*.yaml`, `policies/links.yaml` and the named files of `policies/weights/`; all problems are reported together. */
export async function readLearnedFiles<WeightsName extends string>(
  projectRoot: string,
  weightsNames: readonly WeightsName[],
): Promise<Result<LearnedFiles<WeightsName>, ConfigFault>> {
  const problems: ConfigProblem[] = []
  const keep = <Value>(read: Result<Value, ConfigFault>): Value | undefined => {
    if (read.ok) return read.value
    problems.push(...read.error.problems)
    return undefined
  }
  const readLexicon = async (name: string): Promise<LexiconFile | undefined> => {
    const file = `${policyFolder}/lexicon/${name}.yaml`
    return keep(await readYamlFile(join(projectRoot, file), file, lexiconSchema))?.value
  }
  const [en, de, injection, insults] = await Promise.all([
    readLexicon('en'),
    readLexicon('de'),
    readLexicon('injection'),
    readLexicon('insults'),
  ])
  const conceptsFile = `${policyFolder}/lexicon/concepts.yaml`
  const concepts = keep(await readYamlFile(join(projectRoot, conceptsFile), conceptsFile, conceptsSchema))
  const linksFile = `${policyFolder}/links.yaml`
  const links = keep(await readYamlFile(join(projectRoot, linksFile), linksFile, linksSchema))
  const weights = await Promise.all(weightsNames.map(async (name) => [name, keep(await readWeights(projectRoot, name))] as const))
  const [first, ...others] = problems
  if (first || !en || !de || !injection || !insults || !concepts || !links) {
    if (!first) throw new Error('a file of the guardrails is missing without a problem')
    return { ok: false, error: createConfigFault([first, ...others]) }
  }
  const bytes = Object.fromEntries(weights) as Record<WeightsName, Uint8Array>
  const lexicons = { en, de, injection, insults }
  return { ok: true, value: { lexicons, concepts: concepts.value.concepts, weights: bytes, allowedHosts: links.value.hosts } }
}

async function readWeights(projectRoot: string, name: string): Promise<Result<Uint8Array, ConfigFault>> {
  const file = `${policyFolder}/weights/${name}.bin`
  try {
    return { ok: true, value: await readFile(join(projectRoot, file)) }
  } catch {
    const cure = 'Restore it from the release, or run `npm run train:guardrails`.'
    return { ok: false, error: createConfigFault([{ code: 'missing-file', file, line: 0, wrong: 'The file cannot be read.', cure }]) }
  }
}
