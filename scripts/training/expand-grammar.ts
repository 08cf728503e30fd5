import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { createRandom } from './random.ts'

interface Grammar {
  readonly label: 0 | 1
  /** How many sentences are drawn; repeats are dropped. */
  readonly count: number
  readonly words: Readonly<Record<string, readonly string[]>>
  /** Templates by category. */
  readonly rows: Readonly<Record<string, readonly string[]>>
}

/** A sentence of a grammar. */
export interface GrammarRow {
  readonly text: string
  readonly label: 0 | 1
  readonly category: string
  /** Which template it came from: rows of one template belong into one fold. */
  readonly template: string
}

const seed = 4_711
const deepest = 4

/** The sentences of a grammar file of `policies/data/grammars/`: the same file gives the same sentences. */
export function expandGrammar(file: string): readonly GrammarRow[] {
  const grammar = parse(readFileSync(file, 'utf8')) as Grammar
  const random = createRandom(seed)
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? ''
  const fill = (template: string, depth: number): string => {
    if (depth > deepest) throw new Error(`${file}: words refer to each other more than ${deepest} times`)
    return template.replace(/\$([a-z]\w*)/gi, (_, name: string) => {
      const words = grammar.words[name]
      if (!words) throw new Error(`${file}: there are no words "${name}"`)
      return fill(pick(words), depth + 1)
    })
  }
  const templates = Object.entries(grammar.rows).flatMap(([category, rows]) => rows.map((template) => ({ category, template })))
  const drawn = new Map<string, GrammarRow>()
  for (let round = 0; round < grammar.count; round += 1) {
    const row = templates[round % templates.length]
    if (!row) break
    const text = fill(row.template, 0).trim()
    if (!drawn.has(text)) drawn.set(text, { text, label: grammar.label, ...row })
  }
  return [...drawn.values()]
}
