import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { z } from 'zod'
import type { Domain, MinorsTerms, Profile } from '../contracts/household.ts'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault, ConfigProblem } from './config-fault.ts'
import { readMinors } from './minors.ts'
import { domainSchema, profileSchema } from './schema.ts'
import { readYamlFile } from './yaml-file.ts'
import type { YamlFile } from './yaml-file.ts'

export interface DataFiles {
  readonly domains: ReadonlyMap<string, Domain>
  readonly profiles: ReadonlyMap<string, Profile>
  /** By provider. */
  readonly minors: ReadonlyMap<string, MinorsTerms>
}

/** Where the shipped data lies, relative to the project. */
export const domainFolder = 'config/domains'
export const profileFolder = 'config/profiles'

/** Reads `config/domains/*.yaml`, `config/profiles/*.yaml` (the file name is the id) and `config/minors.yaml`. All problems are reported together. */
export async function readDataFiles(projectRoot: string): Promise<Result<DataFiles, ConfigFault>> {
  const profiles = await readFolder(projectRoot, profileFolder, profileSchema)
  const domains = await readFolder(projectRoot, domainFolder, domainSchema)
  const minors = await readMinors(projectRoot)
  const [first, ...others] = [
    ...profiles.problems,
    ...domains.problems,
    ...[...domains.files].flatMap(([, file]) => findMissingProfile(file, profiles.files)),
    ...(minors.ok ? [] : minors.error.problems),
  ]
  if (first) return { ok: false, error: createConfigFault([first, ...others]) }
  if (!minors.ok) return minors
  return {
    ok: true,
    value: {
      profiles: new Map([...profiles.files].map(([id, { value }]) => [id, toProfile(id, value)])),
      minors: minors.value,
      domains: new Map([...domains.files].map(([id, { value }]) => [id, toDomain(id, value)])),
    },
  }
}

async function readFolder<Schema extends z.ZodType>(
  projectRoot: string,
  folder: string,
  schema: Schema,
): Promise<{ readonly files: ReadonlyMap<string, YamlFile<z.output<Schema>>>; readonly problems: readonly ConfigProblem[] }> {
  const files = new Map<string, YamlFile<z.output<Schema>>>()
  const problems: ConfigProblem[] = []
  const names = await readdir(join(projectRoot, folder)).catch((): string[] => [])
  for (const name of names.filter((entry) => entry.endsWith('.yaml') && !entry.startsWith('.')).toSorted()) {
    const read = await readYamlFile(join(projectRoot, folder, name), `${folder}/${name}`, schema)
    if (read.ok) files.set(name.slice(0, -'.yaml'.length), read.value)
    else problems.push(...read.error.problems)
  }
  if (files.size === 0 && problems.length === 0) {
    problems.push({
      code: 'missing-file',
      file: folder,
      line: 0,
      wrong: 'No .yaml file lies here.',
      cure: 'Restore the folder from the distribution.',
    })
  }
  return { files, problems }
}

function findMissingProfile(
  domain: YamlFile<z.output<typeof domainSchema>>,
  profiles: ReadonlyMap<string, unknown>,
): readonly ConfigProblem[] {
  if (profiles.has(domain.value.profile)) return []
  const wrong = `There is no profile "${domain.value.profile}".`
  const cure = `Use ${[...profiles.keys()].join(', ')}.`
  return [{ code: 'contradiction', file: domain.file, line: domain.lineOf(['profile']), wrong, cure }]
}

function toProfile(id: string, file: z.output<typeof profileSchema>): Profile {
  const { name, tone, language, reading_age: readingAge, prompt, alias } = file
  return { id, name, tone, language, readingAge, prompt, alias }
}

function toDomain(id: string, file: z.output<typeof domainSchema>): Domain {
  const { name, description, alias, prompt, profile, max_tokens: maxTokens } = file
  return { id, name, description, alias, prompt, profile, maxTokens }
}
