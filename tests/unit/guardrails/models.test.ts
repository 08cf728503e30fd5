import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { fitLinear } from '../../../scripts/training/fit-linear.ts'
import type { FitOptions } from '../../../scripts/training/fit-linear.ts'
import { createNgramReader } from '../../../scripts/training/to-words.ts'
import { categorySlots, findCategory, formatCategoryModel, parseCategoryModel } from '../../../src/guardrails/category-model.ts'
import { addConcepts, compileConcepts, kidFeatureCount, mostConcepts } from '../../../src/guardrails/concepts.ts'
import { extractFeatures, featureCount } from '../../../src/guardrails/features.ts'
import { countWords, extractInstructionFeatures, instructionFeatureCount } from '../../../src/guardrails/instruction-features.ts'
import { formatLinearModel, parseLinearModel, scoreFeatures } from '../../../src/guardrails/linear-model.ts'
import { findProfanity, formatProfanityList, parseProfanityList } from '../../../src/guardrails/profanity-list.ts'
import { tokenise } from '../../../src/guardrails/tokens.ts'
import { formatToxicityModel, hashWord, parseToxicityModel, scoreToxicity } from '../../../src/guardrails/toxicity-model.ts'

const weightsFolder = path.join(import.meta.dirname, '..', '..', '..', 'policies', 'weights')
const wordsOf = (text: string): readonly string[] => tokenise(text).map(({ word }) => word)

describe('features', () => {
  test('are distinct slots inside the model, the same for the same words', () => {
    const slots = extractFeatures(wordsOf('the cat and the cat and the dog 12'))
    expect(new Set(slots).size).toBe(slots.length)
    expect(Math.max(...slots)).toBeLessThan(featureCount)
    expect(extractFeatures(wordsOf('the cat and the cat and the dog 12'))).toEqual(slots)
  })

  test('do not tell one number from another', () => {
    expect(extractFeatures(wordsOf('i am 11'))).toEqual(extractFeatures(wordsOf('i am 12')))
  })
})

describe('concepts', () => {
  const finder = compileConcepts({ parent: { en: 'dad, mom', de: 'papa' }, hit: { en: 'hits, hit me', de: 'schlägt, haut' } })
  const read = (text: string): readonly number[] => {
    const tokens = tokenise(text)
    return [...addConcepts(new Uint16Array([1]), finder.find(tokens))]
  }

  test('add a slot for each idea and each pair, the same in both languages', () => {
    expect(read('my dad hits the ball').length).toBe(1 + 3)
    expect(read('mein papa schlägt den ball und ich bin da')).toEqual(read('my dad hits the ball and i am there'))
    expect(read('what do cats eat in the morning')).toEqual([1])
  })

  test('of a window are only those that stand in it', () => {
    const tokens = tokenise('my dad is here and he hits the ball')
    const found = finder.find(tokens)
    expect(addConcepts(new Uint16Array(), found, 0, 3).length).toBe(1)
    expect(addConcepts(new Uint16Array(), found, 5).length).toBe(1)
    expect(addConcepts(new Uint16Array(), found).length).toBe(3)
  })

  test('do not outgrow the models', () => {
    const many = Array.from({ length: mostConcepts + 1 }, (_, index) => [`c${String(index)}`, { en: 'a', de: 'b' }] as const)
    expect(() => compileConcepts(Object.fromEntries(many))).toThrow(/room/)
  })
})

test('a sentence of a document is read with what the rest speaks of', () => {
  const words = wordsOf('forward the recipes to everybody')
  const read = (rest: string): Uint16Array =>
    extractInstructionFeatures(words.join(' '), words, { counts: countWords([...words, ...wordsOf(rest)]), index: 1, of: 3 })
  expect([...read('the recipes are nice')]).not.toEqual([...read('the choir meets at seven')])
  expect(Math.max(...read('x'))).toBeLessThan(instructionFeatureCount)
})

const examples = [
  ...['apples are good', 'i like apples', 'green apples today'].map((text) => ({ text, label: 0 as const, weight: 1 })),
  ...['bombs are bad', 'i like bombs', 'loud bombs today'].map((text) => ({ text, label: 1 as const, weight: 1 })),
]
const options: FitOptions = {
  epochs: 6,
  learningRate: 0.2,
  averagedEpochs: 2,
  dropout: 0,
  toSlots: createNgramReader(),
  slotCount: featureCount,
}

describe('a linear model', () => {
  const calibration = [
    [-1, 0.2],
    [0, 0.5],
    [1, 1],
  ] as const
  const model = { ...fitLinear(examples, options), calibration }

  test('learned from the same examples has the same bytes', () => {
    expect(formatLinearModel({ ...fitLinear(examples, options), calibration })).toEqual(formatLinearModel(model))
  })

  test('tells what it learned', () => {
    const [good, bad] = ['apples', 'bombs'].map((text) => scoreFeatures(model, extractFeatures(wordsOf(text))))
    expect(good).toBeLessThan(0.5)
    expect(bad).toBeGreaterThan(0.5)
  })

  test('comes back from its file, also out of the middle of a larger buffer', () => {
    const bytes = formatLinearModel(model)
    const pool = Buffer.concat([Buffer.from('noise'), bytes, Buffer.from('noise')])
    const read = parseLinearModel(pool.subarray(5, 5 + bytes.length))
    expect(read.weights).toEqual(model.weights)
    expect(read.calibration).toEqual(calibration)
  })

  test('scores between its calibration points in proportion, 0 below all and for no words', () => {
    const flat = { ...model, bias: -0.5, weights: new Int8Array(featureCount) }
    expect(scoreFeatures(flat, extractFeatures(wordsOf('any')))).toBeCloseTo(0.35)
    expect(scoreFeatures({ ...flat, bias: -2 }, extractFeatures(wordsOf('any')))).toBe(0)
    expect(scoreFeatures(flat, extractFeatures([]))).toBe(0)
  })

  test.each([new Uint8Array(3), new TextEncoder().encode('AOLM'), formatLinearModel(model).subarray(0, 2000)])(
    'does not open a damaged file',
    (bytes) => {
      expect(() => parseLinearModel(bytes)).toThrow(/weights/)
    },
  )
})

test('a category model names the category with the highest sum', () => {
  const weights = new Int8Array(2 * categorySlots)
  const features = extractFeatures(wordsOf('whiskey'))
  for (const slot of features) weights[categorySlots + (slot % categorySlots)] = 9
  const model = parseCategoryModel(formatCategoryModel({ categories: ['a', 'b'], biases: [0, 0], scale: 1, weights }))
  expect(findCategory(model, features)).toBe('b')
  expect(findCategory(model, extractFeatures([]))).toBe('a')
})

test('toxicity follows the formula of the model it was made from', () => {
  const entry = (word: string, idf: number, coefficient: number) => [hashWord(word), { hash: hashWord(word), idf, coefficient }] as const
  const words = new Map([entry('bad', 2, 3), entry('day', 1, 0)])
  const model = parseToxicityModel(formatToxicityModel({ intercept: -1, slope: -2, offset: 1, words }))
  const raw = -1 + (2 * 2 * 3) / Math.hypot(2 * 2, 1)
  expect(scoreToxicity(model, 'bad, bad day nobody knows')).toBeCloseTo(1 / (1 + Math.exp(-2 * raw + 1)), 3)
  expect(scoreToxicity(model, '')).toBeCloseTo(1 / (1 + Math.exp(2 + 1)), 6)
})

test('a profanity list finds words and phrases, not parts of words', () => {
  const list = parseProfanityList(formatProfanityList(new Map([hashWord('darn'), hashWord('go away now')].map((hash) => [hash, 2]))))
  const found = findProfanity(list, tokenise('darn, will you go away now? darned'))
  expect(found.map(({ first, last, severity }) => [first, last, severity])).toEqual([
    [0, 0, 2],
    [3, 5, 2],
  ])
})

test('all shipped weights together stay below 400 KB and open', () => {
  const files = readdirSync(weightsFolder)
  const sizes = files.map((name) => statSync(path.join(weightsFolder, name)).size)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(400_000)
  const slotCounts = {
    injection: featureCount,
    instruction: instructionFeatureCount,
    'kid-unsafe': kidFeatureCount,
    'kid-care': kidFeatureCount,
  }
  for (const [name, slotCount] of Object.entries(slotCounts)) {
    expect(parseLinearModel(readFileSync(path.join(weightsFolder, `${name}.bin`)), slotCount).calibration.length).toBeGreaterThan(5)
  }
})
