import { createHash } from 'node:crypto'
import { toRawScore } from '../../src/guardrails/linear-model.ts'
import type { DataFolders } from './examples.ts'
import { readOwnRows } from './read-rows.ts'
import type { OwnRow } from './read-rows.ts'
import type { Recipe } from './recipes.ts'

/** What the card is written from. */
export interface CardInput {
  readonly recipes: readonly Recipe[]
  readonly files: Readonly<Record<string, Uint8Array>>
  readonly folders: DataFolders
}

const shares = [0.01, 0.02, 0.05, 0.1, 0.15]
const careCategories: ReadonlySet<string> = new Set(['self-harm', 'grooming', 'harm-at-home'])

/** The model card, and the table of the dev rows for the terminal: recall next to false alarms, without any rule. */
export function writeModelCard({ recipes, files, folders }: CardInput): { readonly markdown: string; readonly table: string } {
  const dev = readOwnRows(folders.ownRows).filter(({ set }) => set === 'dev')
  const lines = recipes.flatMap((recipe) => describeDev(recipe, dev))
  const table = ['model | rows | recall at false alarms of 1% / 2% / 5% / 10% / 15%', ...lines].join('\n')
  const sizes = Object.entries(files).map(
    ([name, bytes]) =>
      `| \`${name}\` | ${bytes.length.toLocaleString('en')} | ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)} |`,
  )
  const sum = Object.values(files).reduce((total, bytes) => total + bytes.length, 0)
  const held = recipes.flatMap(describeHeld)
  return {
    table: [table, 'model | origin | label | rows | acted on', ...held].join('\n'),
    markdown: toMarkdown({ recipes, lines, held, sizes, sum }),
  }
}

/** The score from which the policies for minors act. */
const actsFrom: Readonly<Record<string, number>> = { injection: 0.965, instruction: 0.97 }

/** For each origin the share that the model alone would act on, scored by models that had not seen its group. */
function describeHeld({ name, model, held }: Recipe): readonly string[] {
  const from = actsFrom[name]
  if (from === undefined) return []
  const threshold = model.calibration.find(([, score]) => score >= from)?.[0] ?? Number.POSITIVE_INFINITY
  const byOrigin = Map.groupBy(held, ({ example }) => `${example.group.split(' ')[0] ?? ''} | ${example.label}`)
  return [...byOrigin].map(([origin, rows]) => {
    const hits = rows.filter(({ raw }) => raw >= threshold).length
    return `| ${name} | ${origin} | ${rows.length} | ${((100 * hits) / rows.length).toFixed(1)}% |`
  })
}

/** Recall on own dev rows at thresholds set on the own dev rows that are harmless: an upper bound of the model alone. */
function describeDev({ name, model, toSlots }: Recipe, dev: readonly OwnRow[]): readonly string[] {
  const rows = dev.filter(({ direction }) => direction === (name === 'instruction' ? 'tool' : 'in'))
  if (name === 'injection' || name === 'instruction') return []
  const isHit = ({ label, category }: OwnRow): boolean => label === 1 && (name === 'unsafe' || careCategories.has(category))
  return ['en', 'de'].map((lang) => {
    const scored = rows.filter((row) => row.lang === lang).map((row) => ({ row, raw: toRawScore(model, toSlots({ text: row.text })) }))
    const harmless = scored.filter(({ row }) => row.label === 0).map(({ raw }) => raw)
    const unsafe = scored.filter(({ row }) => isHit(row)).map(({ raw }) => raw)
    return `${name} ${lang} | ${unsafe.length} / ${harmless.length} | ${shares.map((share) => recallAt(share, harmless, unsafe)).join(' / ')}`
  })
}

function recallAt(share: number, harmless: readonly number[], unsafe: readonly number[]): string {
  const sorted = harmless.toSorted((one, other) => other - one)
  const threshold = sorted[Math.floor(share * sorted.length)] ?? Number.POSITIVE_INFINITY
  return (unsafe.filter((raw) => raw > threshold).length / Math.max(1, unsafe.length)).toFixed(2)
}

interface CardParts {
  readonly recipes: readonly Recipe[]
  readonly lines: readonly string[]
  readonly held: readonly string[]
  readonly sizes: readonly string[]
  readonly sum: number
}

function toMarkdown({ recipes, lines, held, sizes, sum }: CardParts): string {
  return `# Models of the guardrails

Written by \`npm run train:guardrails -- --data FOLDER\`, which rebuilds all weights byte for byte on the pinned Node. Figures here
are of the models alone; what they and the rules do together stands in \`docs/BENCHMARKS.md\`. Nothing here was measured on sets that
are kept for judging.

## What they are
Linear models over hashed n-grams: words (1 and 2, 24,576 slots) and characters inside words (3 to 5, 32,768 slots), binary, weighted by
idf, logistic regression with dropout, the last four of eight epochs (\`unsafe\`, \`care\`: twelve) averaged, int8. \`unsafe\` and \`care\` also weigh which ideas of
\`policies/lexicon/concepts.yaml\` stand in a text and which pairs of them; the slots are the same in both languages. \`instruction\` also
weighs how a sentence stands in its document: what it shares with the rest, whom it addresses, where it stands.

A score is the share of harmless texts of the calibration rows that score lower, so \`0.98\` in a policy means that 2 of 100 such texts would
be stopped. Calibration rows are scored by models that had not seen their group (5 folds). \`unsafe\` is calibrated together with \`care\` and the
rules, on the harmless look-alikes of \`policies/data/more/\`, from which no rule was written: ordinary questions are stopped far less often.

${recipes.map(({ name, question }) => `- **${name}**: ${question}`).join('\n')}
- **category**: which category an unsafe text belongs to (softmax regression, 2,048 slots).
- **toxicity**: alt-profanity-check 1.9.1, its five classifiers averaged into one, words kept as hashes. For answers only.
- **profanity**: a word list with severities, kept as hashes.

They see words, not meaning: they miss what is unsafe in harmless words, and they can be talked around over several messages.
They know English and German. They are not made for deciding about a person.

## Files
| file | bytes | sha256 (first 16) |
|---|---|---|
${sizes.join('\n')}
| all | ${sum.toLocaleString('en')} | |

## Own dev rows: recall at false alarms of 1% / 2% / 5% / 10% / 15%
Thresholds are set on the harmless dev rows of the same language, so these are upper bounds; most harmless rows are look-alikes.

| model | rows (unsafe / harmless) | recall |
|---|---|---|
${lines.map((line) => `| ${line} |`).join('\n')}

## Injection and instructions: what the models alone act on, by cross-validation
Injection: whole messages, from score ${actsFrom.injection ?? 1}. Instruction: single sentences, from score ${actsFrom.instruction ?? 1}; a mail has many. Label 0 is false alarms.
Paraphrases of one idea are frequent in the sets of attacks, so their shares are optimistic. \`mail\` are the own mails.

| model | origin | label | rows | acted on |
|---|---|---|---|---|
${held.join('\n')}

## What they learned from
${recipes.map(({ name, origins }) => `### ${name}\n| origin | 1 | 0 |\n|---|---|---|\n${origins.map((origin) => `| ${origin.name} | ${origin.positive} | ${origin.negative} |`).join('\n')}`).join('\n\n')}

## Licences
Only sets whose licence lets weights ship. The labels that came with \`redteam-prompts\` were not used: some 6,000 of its texts
have labels of our own (\`policies/data/labels/\`), the others what our rules and a first model agree on, with little weight. Own rows and grammars
(\`policies/data/\`) are ours.

- MIT: redteam-prompts (Copyright (c) 2022 Anthropic); openai-moderation (Copyright (c) 2022 OpenAI); benign-gsm8k (Copyright (c) 2021
  OpenAI); jailbreaks-in-the-wild and forbidden-questions (Copyright (c) 2024 TrustAIRLab); gptfuzzer (Copyright (c) 2023 Jiahao YU);
  bipia-train-payloads (Copyright (c) Microsoft Corporation); the e-mails of bipia-train-contexts (openai/evals, OpenAI); notinject-one
  (Copyright (c) 2024 Hao Li); davidson (Copyright (c) 2017 Tom Davidson); surge-profanity (Copyright (c) 2021 Surge AI); benign-mmlu
  (Copyright (c) 2020 Dan Hendrycks); advbench, harmbench, strongreject and jbb-behaviors: their authors.
- MIT: alt-profanity-check, Copyright (c) 2018 Victor Zhou, 2021 Menelaos Kotoglou, and Dimitrios Mistriotis.
- Apache-2.0: catqa (declare-lab); deepset-train (deepset); benign-self-instruct and benign-truthfulqa: their authors.

The MIT licence asks that this notice stays with copies: "Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in the Software without restriction, including without
limitation the rights to use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of the Software, and to permit
persons to whom the Software is furnished to do so, subject to the following conditions: The above copyright notice and this permission
notice shall be included in all copies or substantial portions of the Software. THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY
KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN
ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE."
`
}
