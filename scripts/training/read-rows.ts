import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'

/** A row of a public set, as its README describes it. Only what training uses. */
export interface PublicRow {
  readonly text: string
  readonly label: 0 | 1 | null
  readonly category: string
  readonly source: string
  readonly labels?: Readonly<Record<string, number>>
  readonly context?: string
  readonly response?: string
  readonly severity?: number
}

/** A row of `policies/data/`, written for this project. */
export interface OwnRow {
  readonly text: string
  readonly label: 0 | 1
  readonly category: string
  readonly tier: string
  readonly lang: string
  /** in: a person; out: the assistant; tool: a document. */
  readonly direction: 'in' | 'out' | 'tool'
  /** What rows are about: one topic is never in both sets. */
  readonly topic: string
  /** dev rows are never trained on before the figures are taken. */
  readonly set: 'train' | 'dev'
  /** Mails: which two belong together, and where the instruction stands. */
  readonly pair?: number
  readonly span?: readonly [start: number, end: number]
  /** Out of `more/`: no rule was written from these. */
  readonly isMore?: boolean
  /** The name of its file without the language: of a harmless row, the category it looks like. */
  readonly theme: string
}

/** All rows of one public set; throws if the file is not there. */
export function readPublicRows(folder: string, name: string): readonly PublicRow[] {
  return parseLines<PublicRow>(gunzipSync(readFileSync(path.join(folder, `${name}.jsonl.gz`))).toString('utf8'))
}

/** All own rows, the short questions of `questions/`, the small talk, and then those of `more/` last, file by file in the order of their names. */
export function readOwnRows(folder: string): readonly OwnRow[] {
  return ['.', 'questions', 'small-talk', 'more'].flatMap((part) => {
    const place = path.join(folder, part)
    const files = readdirSync(place).filter((file) => file.endsWith('.jsonl'))
    const rows = files.toSorted().flatMap((file) => {
      const theme = file.slice(0, file.indexOf('.'))
      return parseLines<Omit<OwnRow, 'theme'>>(readFileSync(path.join(place, file), 'utf8')).map((row): OwnRow => ({ ...row, theme }))
    })
    return part === 'more' ? rows.map((row) => ({ ...row, isMore: true })) : rows
  })
}

/** A message that takes the assistant away from its instructions (1), or only looks like it (0); all for training. */
export interface InjectionRow {
  readonly text: string
  readonly label: 0 | 1
  readonly lang: string
  readonly topic: string
}

/** The rows of `policies/data/injection/`. */
export function readInjectionRows(folder: string): readonly InjectionRow[] {
  const place = path.join(folder, 'injection')
  const files = readdirSync(place).toSorted()
  return files.flatMap((file) => parseLines<InjectionRow>(readFileSync(path.join(place, file), 'utf8')))
}

/** What a text of a public set is when it is read as a child's. */
export type OwnLabel = 'unsafe' | 'harmless' | 'unclear'

/** Our own labels of a public set, without its texts: answers the label of a text, undefined for one that nobody read. */
export function readOwnLabels(folder: string, name: string): (text: string) => OwnLabel | undefined {
  const lines = readFileSync(path.join(folder, 'labels', `${name}.tsv`), 'utf8')
    .trimEnd()
    .split('\n')
  const labels = new Map(lines.map((line) => line.split('\t') as [string, OwnLabel]))
  return (text) => labels.get(createHash('sha256').update(text).digest('hex').slice(0, 16))
}

function parseLines<Row>(text: string): readonly Row[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Row)
}
