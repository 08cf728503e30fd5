import { join } from 'node:path'
import type { Tier } from '../contracts/household.ts'
import type { ActingBand, Band, Direction, HelpLine, RailPolicy } from '../contracts/rails.ts'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault, ConfigProblem } from './config-fault.ts'
import { listFolder } from './follow-files.ts'
import { careOnly, helpLinesSchema, policySchema } from './policy-schema.ts'
import type { HelpLineEntry, PolicyFile } from './policy-schema.ts'
import { readYamlFile } from './yaml-file.ts'
import type { YamlFile } from './yaml-file.ts'

/** Where the policies lie, relative to the project. */
export const policyFolder = 'policies'

/** Absolute paths of what the rules are made of: tiers, help lines and links; and of what the rails have learned. */
export function policyFiles(projectRoot: string): { readonly rules: readonly string[]; readonly learned: readonly string[] } {
  const folder = join(projectRoot, policyFolder)
  return {
    rules: [...tiers, 'help-lines'].map((name) => join(folder, `${name}.yaml`)),
    learned: [join(folder, 'links.yaml'), ...listFolder(join(folder, 'lexicon')), ...listFolder(join(folder, 'weights'))],
  }
}

const tiers = ['child', 'teen', 'adult'] as const satisfies readonly Tier[]

/** Reads `policies/{child,teen,adult}.yaml`; all problems are reported together. */
export async function readPolicies(projectRoot: string): Promise<Result<ReadonlyMap<Tier, RailPolicy>, ConfigFault>> {
  const problems: ConfigProblem[] = []
  const byTier = new Map<Tier, RailPolicy>()
  for (const tier of tiers) {
    const file = `${policyFolder}/${tier}.yaml`
    const read = await readYamlFile(join(projectRoot, file), file, policySchema)
    if (!read.ok) problems.push(...read.error.problems)
    else {
      byTier.set(tier, toPolicy(read.value.value))
      if (tier !== 'adult') problems.push(...findCareless(read.value))
    }
  }
  const [first, ...others] = problems
  return first ? { ok: false, error: createConfigFault([first, ...others]) } : { ok: true, value: byTier }
}

/** With minors, what is never met with a bare refusal is always met with care. */
function findCareless({ file, value, lineOf }: YamlFile<PolicyFile>): readonly ConfigProblem[] {
  return careOnly.flatMap((category): readonly ConfigProblem[] => {
    const path = ['kid_safety', 'categories', category]
    const action = value.kid_safety.categories[category]
    if (action === 'care') return []
    const wrong = `${path.join('.')} is "${action}".`
    return [{ code: 'wrong-value', file, line: lineOf(path), wrong, cure: 'Use care: children and teens are always met with care here.' }]
  })
}

export interface HelpLines {
  /** By ISO 3166 country code. */
  readonly byCountry: ReadonlyMap<string, readonly HelpLine[]>
  /** For whoever's country is not known or not listed; may be empty. */
  readonly international: readonly HelpLine[]
}

/** Reads `policies/help-lines.yaml`: where people find help. */
export async function readHelpLines(projectRoot: string): Promise<Result<HelpLines, ConfigFault>> {
  const file = `${policyFolder}/help-lines.yaml`
  const read = await readYamlFile(join(projectRoot, file), file, helpLinesSchema)
  if (!read.ok) return read
  const countries = Object.entries(read.value.value.countries).map(([country, lines]) => [country, lines.map(toHelpLine)] as const)
  return { ok: true, value: { byCountry: new Map(countries), international: read.value.value.international.map(toHelpLine) } }
}

function toHelpLine(line: HelpLineEntry): HelpLine {
  return { name: line.name, for: line.for, phone: line.phone, web: line.web, source: line.source, date: line.date }
}

function toPolicy(file: PolicyFile): RailPolicy {
  const { pii, secrets, injection, toxicity, kid_safety: kidSafety, guardians } = file
  return {
    pii,
    secrets,
    injection: eachDirection(injection, toActingBand),
    toxicity: eachDirection(toxicity, toActingBand),
    kidSafety: { bands: eachDirection(kidSafety.bands, toBand), categories: kidSafety.categories },
    withoutJudge: file.without_judge,
    askFrom: file.ask_from,
    guardians: { alerts: guardians.alerts, harmAtHome: guardians.harm_at_home },
  }
}

type BandEntry = PolicyFile['kid_safety']['bands']['in']

function toBand(entry: BandEntry): Band {
  return { judgeFrom: entry.judge_from, actFrom: entry.act_from }
}

function toActingBand(entry: PolicyFile['injection']['in']): ActingBand {
  return { ...toBand(entry), action: entry.action }
}

function eachDirection<From, To>(given: Readonly<Record<Direction, From>>, turn: (entry: From) => To): Readonly<Record<Direction, To>> {
  return { in: turn(given.in), out: turn(given.out), tool: turn(given.tool) }
}
