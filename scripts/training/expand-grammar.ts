import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { Example } from './fit-linear.ts'
import { createRandom } from './random.ts'

interface Grammar {
  readonly label: 0 | 1
  /** How many sentences are drawn; repeats are dropped. */
  readonly count: number
  readonly words: Readonly<Record<string, readonly string[]>>
  readonly rows: readonly string[]
}

const seed = 4_711
const deepest = 4

/** The sentences of a grammar file of `policies/data/grammars/`: the same file gives the same sentences. */
export function expandGrammar(file: string): readonly Example[] {
  const grammar = parse(readFileSync(file, 'utf8')) as Grammar
  const random = createRandom(seed)
  const pick = (from: readonly string[]): string => from[Math.floor(random() * from.length)] ?? ''
  const fill = (template: string, depth: number): string => {
    if (depth > deepest) throw new Error(`${file}: words refer to each other more than ${deepest} times`)
    return template.replace(/\{(\w+)\}/g, (_, name: string) => {
      const words = grammar.words[name]
      if (!words) throw new Error(`${file}: there are no words "${name}"`)
      return fill(pick(words), depth + 1)
    })
  }
  const texts = new Set<string>()
  for (let drawn = 0; drawn < grammar.count; drawn += 1) texts.add(fill(grammar.rows[drawn % grammar.rows.length] ?? '', 0))
  return [...texts].map((text) => ({ text, label: grammar.label, weight: 1 }))
}
