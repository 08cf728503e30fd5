import path from 'node:path'
import { splitSentences } from '../../src/guardrails/sentences.ts'
import { expandGrammar } from './expand-grammar.ts'
import { createRandom } from './random.ts'
import type { Example } from './fit-linear.ts'
import { readInjectionRows, readOwnRows, readPublicRows } from './read-rows.ts'
import type { OwnRow, PublicRow } from './read-rows.ts'

/** Where the rows lie: the public sets outside the project, the own ones in `policies/data/`. */
export interface DataFolders {
  readonly publicRows: string
  readonly ownRows: string
}

/** Rows of one origin for one model. `group` keeps what belongs together in one fold. */
export interface Origin {
  readonly name: string
  readonly examples: readonly GroupedExample[]
}

export interface GroupedExample extends Example {
  readonly group: string
  readonly category: string
  readonly lang: string
}

type Choice = (row: PublicRow) => boolean

/** Rows that break a provider's rules and are ordinary questions in a family. */
const ordinary = /Political|Financial|Lobby|Legal|Health Consultation|Gov Decision|copyright/

/** A few neighbouring rows of a public set are often paraphrases: they stay together. */
const rowsPerGroup = 20

/** Everything the models may learn from: classes A and B of the data's README, without what its notes exclude. */
export function readOrigins(folders: DataFolders): {
  readonly take: (name: string, label: 0 | 1, weight: number, choose?: Choice) => Origin
  readonly own: readonly OwnRow[]
  readonly grammar: (name: string, weight: number) => Origin
} {
  const take = (name: string, label: 0 | 1, weight: number, choose: Choice = (row) => row.label === label): Origin => {
    const rows = readPublicRows(folders.publicRows, name).filter((row) => choose(row) && !(label === 1 && ordinary.test(row.category)))
    const examples = rows.map(({ text, category }, index) => ({
      text,
      label,
      weight,
      category,
      lang: 'en',
      group: `${name} ${Math.floor(index / rowsPerGroup)}`,
    }))
    return { name, examples }
  }
  const grammar = (name: string, weight: number): Origin => {
    const rows = expandGrammar(path.join(folders.ownRows, 'grammars', `${name}.yaml`))
    const lang = name.endsWith('german') ? 'de' : 'en'
    const examples = rows.map(({ text, label, category, template }) => ({
      text,
      label,
      category,
      weight,
      lang,
      group: `${name} ${template}`,
    }))
    return { name: `grammar ${name}`, examples }
  }
  return { take, grammar, own: readOwnRows(folders.ownRows) }
}

/** Sadness, grief and a changing body are what children bring most: harmless rows of this theme count more, so that these are answered. */
const sadTheme = 'self-harm'
const sadWeight = 3

/** Own rows that a person says, as examples. */
export function toOwnExamples(rows: readonly OwnRow[], weight: number, isPositive: (row: OwnRow) => boolean): Origin {
  const examples = rows
    .filter(({ direction }) => direction === 'in')
    .map((row): GroupedExample => {
      const { text, category, topic, lang, isMore } = row
      const isSad = row.label === 0 && row.theme === sadTheme
      const group = `${isMore === true ? 'more' : 'own'} ${topic}`
      return { text, category, lang, weight: isSad ? weight * sadWeight : weight, label: isPositive(row) ? 1 : 0, group }
    })
  return { name: 'own rows', examples }
}

/** Own messages that take the assistant away from its instructions, and their look-alikes. */
export function readOwnInjection(folders: DataFolders, weight: number): Origin {
  const examples = readInjectionRows(folders.ownRows).map(({ text, label, lang, topic }): GroupedExample => {
    return { text, label, lang, weight, category: 'injection', group: `orders ${topic}` }
  })
  return { name: 'own rows of injection', examples }
}

/** Sentences of documents that are not addressed to the assistant. */
export function toSentences({ name, examples }: Origin, weight: number): Origin {
  const sentences = examples.flatMap((example) =>
    splitSentences(example.text).map(({ text }, index, all) => {
      return { ...example, text, weight, place: { document: example.text, index, of: all.length } }
    }),
  )
  return { name: `${name}, sentences`, examples: sentences.filter(({ text }) => text.split(' ').length >= 3) }
}

/** Texts that stand alone, each put into the middle of one of these documents, so that the model learns what stands out. */
export function putIntoDocuments({ name, examples }: Origin, documents: readonly string[]): Origin {
  const random = createRandom(documents.length)
  const placed = examples.map((example) => {
    const document = documents[Math.floor(random() * documents.length)] ?? ''
    return { ...example, place: { document: `${document}\n${example.text}`, index: 1, of: 6 } }
  })
  return { name, examples: placed }
}

/** The own mails: the sentence that was put in counts as an instruction, every other sentence as harmless. */
export function toMailSentences(rows: readonly OwnRow[], weight: number): Origin {
  const mails = rows.filter(({ direction }) => direction === 'tool')
  const examples = mails.flatMap(({ text, label, lang, pair, span }) =>
    splitSentences(text).map((sentence, index, all): GroupedExample => {
      const [from, to] = span ?? [0, 0]
      const place = { document: text, index, of: all.length }
      const isPutIn = label === 1 && sentence.start < to && sentence.end > from
      return { text: sentence.text, label: isPutIn ? 1 : 0, weight, category: 'mail', lang, group: `mail ${pair}`, place }
    }),
  )
  return { name: 'own mails, sentences', examples }
}
