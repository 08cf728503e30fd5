import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { formatCategoryModel } from '../src/guardrails/category-model.ts'
import { compileConcepts } from '../src/guardrails/concepts.ts'
import type { ConceptSource } from '../src/guardrails/concepts.ts'
import { compileLexicon } from '../src/guardrails/lexicon.ts'
import type { LexiconSource } from '../src/guardrails/lexicon.ts'
import { formatLinearModel } from '../src/guardrails/linear-model.ts'
import { formatProfanityList } from '../src/guardrails/profanity-list.ts'
import { formatToxicityModel } from '../src/guardrails/toxicity-model.ts'
import { writeModelCard } from './training/model-card.ts'
import { trainInjection, trainInstruction, trainKidSafety } from './training/recipes.ts'
import { convertProfanityList, convertToxicityModel } from './training/toxicity.ts'

/**
 * `npm run train:guardrails -- --data FOLDER`: rebuilds every file of `policies/weights/` from the public rows in FOLDER
 * and the own rows in `policies/data/`, byte for byte on the pinned Node, and writes `docs/guardrail-models.md`.
 */
const root = path.dirname(import.meta.dirname)
const { values } = parseArgs({ options: { data: { type: 'string' } } })
if (values.data === undefined) {
  console.error('Usage: npm run train:guardrails -- --data FOLDER   (the folder with the public rows)')
  process.exit(2)
}

const started = performance.now()
const folders = { publicRows: path.resolve(values.data), ownRows: path.join(root, 'policies', 'data') }
const lexicons = ['en', 'de'].map((name) => compileLexicon(readYaml(name) as LexiconSource))
const concepts = compileConcepts((readYaml('concepts') as { concepts: ConceptSource }).concepts)

const injection = trainInjection(folders)
const instruction = trainInstruction(folders)
const { unsafe, care, category } = trainKidSafety(folders, { lexicons, concepts })
const files: Readonly<Record<string, Uint8Array>> = {
  'injection.bin': formatLinearModel(injection.model),
  'instruction.bin': formatLinearModel(instruction.model),
  'kid-unsafe.bin': formatLinearModel(unsafe.model),
  'kid-care.bin': formatLinearModel(care.model),
  'kid-category.bin': formatCategoryModel(category),
  'toxicity.bin': formatToxicityModel(convertToxicityModel(folders.publicRows)),
  'profanity.bin': formatProfanityList(convertProfanityList(folders.publicRows)),
}
const target = path.join(root, 'policies', 'weights')
mkdirSync(target, { recursive: true })
for (const [name, bytes] of Object.entries(files)) writeFileSync(path.join(target, name), bytes)
const seconds = Math.round((performance.now() - started) / 1000)
const card = writeModelCard({ recipes: [injection, instruction, unsafe, care], files, folders })
mkdirSync(path.join(root, 'docs'), { recursive: true })
writeFileSync(path.join(root, 'docs', 'guardrail-models.md'), card.markdown)
console.log(card.table)
console.log(`Trained in ${seconds} s; ${Object.values(files).reduce((sum, bytes) => sum + bytes.length, 0)} bytes of weights.`)

function readYaml(name: string): unknown {
  return parse(readFileSync(path.join(root, 'policies', 'lexicon', `${name}.yaml`), 'utf8'))
}
