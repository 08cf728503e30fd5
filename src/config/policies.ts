import { join } from 'node:path'
import type { Tier } from '../contracts/household.ts'
import type { ActingBand, Band, Direction, HelpLine, RailPolicy } from '../contracts/rails.ts'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault, ConfigProblem } from './config-fault.ts'
import { helpLinesSchema, policySchema } from './policy-schema.ts'
import type { HelpLineEntry, PolicyFile } from './policy-schema.ts'
import { readYamlFile } from './yaml-file.ts'

export interface Policies {
  readonly byTier: ReadonlyMap<Tier, RailPolicy>
  /** By ISO 3166 country code. */
  readonly helpLines: ReadonlyMap<string, readonly HelpLine[]>
}

/** Where the policies lie, relative to the project. */
export const policyFolder = 'policies'

const tiers = ['child', 'teen', 'adult'] as const satisfies readonly Tier[]

/** Reads `policies/{child,teen,adult}.yaml` and `policies/help-lines.yaml`; all problems are reported together. */
export async function readPolicies(projectRoot: string): Promise<Result<Policies, ConfigFault>> {
  const problems: ConfigProblem[] = []
  const byTier = new Map<Tier, RailPolicy>()
  for (const tier of tiers) {
    const file = `${policyFolder}/${tier}.yaml`
    const read = await readYamlFile(join(projectRoot, file), file, policySchema)
    if (read.ok) byTier.set(tier, toPolicy(read.value.value))
    else problems.push(...read.error.problems)
  }
  const file = `${policyFolder}/help-lines.yaml`
  const read = await readYamlFile(join(projectRoot, file), file, helpLinesSchema)
  if (!read.ok) problems.push(...read.error.problems)
  const [first, ...others] = problems
  if (first) return { ok: false, error: createConfigFault([first, ...others]) }
  const countries = read.ok ? Object.entries(read.value.value.countries) : []
  const helpLines = new Map(countries.map(([country, lines]) => [country, lines.map(toHelpLine)]))
  return { ok: true, value: { byTier, helpLines } }
}

function toHelpLine(line: HelpLineEntry): HelpLine {
  return { name: line.name, for: line.for, phone: line.phone, web: line.web, source: line.source, date: line.date }
}

function toPolicy(file: PolicyFile): RailPolicy {
  const { pii, secrets, injection, toxicity, kid_safety: kidSafety } = file
  return {
    pii,
    secrets,
    injection: eachDirection(injection, toActingBand),
    toxicity: eachDirection(toxicity, toActingBand),
    kidSafety: { bands: eachDirection(kidSafety.bands, toBand), categories: kidSafety.categories },
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
