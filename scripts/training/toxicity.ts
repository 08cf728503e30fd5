import { readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { ProfanityList } from '../../src/guardrails/profanity-list.ts'
import { hashWord } from '../../src/guardrails/toxicity-model.ts'
import type { ToxicityModel } from '../../src/guardrails/toxicity-model.ts'
import { tokenise } from '../../src/guardrails/tokens.ts'
import { readPublicRows } from './read-rows.ts'

interface Classifier {
  readonly coef: readonly number[]
  readonly intercept: number
  readonly a: number
  readonly b: number
}

interface GivenModel {
  readonly words: readonly string[]
  readonly idf: readonly number[]
  readonly classifiers: readonly Classifier[]
}

/** The model of alt-profanity-check with its five classifiers averaged into one. */
export function convertToxicityModel(folder: string): ToxicityModel {
  const bytes = gunzipSync(readFileSync(path.join(folder, 'alt-profanity-check.json.gz')))
  const given = JSON.parse(bytes.toString('utf8')) as GivenModel
  const mean = (of: (classifier: Classifier) => number): number =>
    given.classifiers.reduce((sum, classifier) => sum + of(classifier), 0) / given.classifiers.length
  const words = new Map(
    given.words.map((word, index) => {
      const hash = hashWord(word)
      return [hash, { hash, idf: given.idf[index] ?? 0, coefficient: mean(({ coef }) => coef[index] ?? 0) }] as const
    }),
  )
  return { intercept: mean(({ intercept }) => intercept), slope: mean(({ a }) => a), offset: mean(({ b }) => b), words }
}

/** The profanity list as hashes of its words in the form the rails read them. */
export function convertProfanityList(folder: string): ProfanityList {
  const list = new Map<number, number>()
  for (const { text, severity } of readPublicRows(folder, 'surge-profanity')) {
    const phrase = tokenise(text.toLowerCase())
      .map(({ word }) => word)
      .join(' ')
    if (phrase.length < 2) continue
    const hash = hashWord(phrase)
    list.set(hash, Math.max(list.get(hash) ?? 0, severity ?? 0))
  }
  return list
}
