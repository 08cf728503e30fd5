import { join } from 'node:path'
import type { Locale } from '../contracts/household.ts'
import type { Sentences } from '../contracts/platform.ts'
import type { Result } from '../contracts/result.ts'
import { createConfigFault } from './config-fault.ts'
import type { ConfigFault, ConfigProblem } from './config-fault.ts'
import { sentencesSchema } from './schema.ts'
import { readYamlFile } from './yaml-file.ts'

type Texts = ReadonlyMap<string, string>

const locales = ['en', 'de'] as const satisfies readonly Locale[]
const placeholder = /\{(\w+)\}/g

/**
 * Every sentence the assistant itself says, from `config/sentences/<locale>.yaml`. The languages must have the same keys
 * and placeholders. `say` throws on an unknown key and on a placeholder without value: both are mistakes of the caller.
 */
export async function createSentences(projectRoot: string): Promise<Result<Sentences, ConfigFault>> {
  const texts = new Map<Locale, Texts>()
  for (const locale of locales) {
    const file = fileOf(locale)
    const read = await readYamlFile(join(projectRoot, file), file, sentencesSchema)
    if (!read.ok) return read
    const entries = Object.entries(read.value.value).flatMap(([group, lines]) =>
      Object.entries(lines).map(([name, text]) => [`${group}.${name}`, text] as const),
    )
    texts.set(locale, new Map(entries))
  }
  const english: Texts = texts.get('en') ?? new Map()
  const [first, ...others] = [...texts].flatMap(([locale, own]) => compare(english, own, fileOf(locale)))
  if (first) return { ok: false, error: createConfigFault([first, ...others]) }
  return {
    ok: true,
    value: {
      say(key, locale, values = {}) {
        const own = texts.get(locale.slice(0, 2) === 'de' ? 'de' : 'en')
        const text = own?.get(key) ?? english.get(key)
        if (text === undefined) throw new Error(`no sentence "${key}"`)
        return text.replace(placeholder, (_match, name: string) => {
          const value = values[name]
          if (value === undefined) throw new Error(`sentence "${key}" needs a value for "${name}"`)
          return String(value)
        })
      },
    },
  }
}

function fileOf(locale: Locale): string {
  return `config/sentences/${locale}.yaml`
}

function compare(english: Texts, own: Texts, file: string): readonly ConfigProblem[] {
  const base = { code: 'contradiction', file, line: 0 } as const
  return [...new Set([...english.keys(), ...own.keys()])].flatMap((key): readonly ConfigProblem[] => {
    const [expected, given] = [english.get(key), own.get(key)]
    if (given === undefined) return [{ ...base, wrong: `The sentence ${key} is missing.`, cure: 'Translate it from en.yaml.' }]
    if (expected === undefined) return [{ ...base, wrong: `en.yaml has no sentence ${key}.`, cure: 'Add it there, or remove it here.' }]
    if (placeholdersOf(expected) === placeholdersOf(given)) return []
    return [
      { ...base, wrong: `The sentence ${key} has other placeholders than in en.yaml.`, cure: `Use ${placeholdersOf(expected) || 'none'}.` },
    ]
  })
}

function placeholdersOf(text: string): string {
  return [...new Set([...text.matchAll(placeholder)].map((match) => match[0]))].toSorted().join(' ')
}
