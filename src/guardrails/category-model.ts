import { formatWeightsFile, parseWeightsFile, readList, readNumber } from './weights-file.ts'

/** Names the category of a text that is already known to belong to one: a small linear model for each category. */
export interface CategoryModel {
  readonly categories: readonly string[]
  readonly biases: readonly number[]
  readonly scale: number
  /** One row of `categorySlots` weights for each category. */
  readonly weights: Int8Array
}

/** Categories are far apart, so far fewer slots are enough than for telling good from bad. */
export const categorySlots = 2048

/** Reads the weights file; throws if it is damaged. */
export function parseCategoryModel(bytes: Uint8Array): CategoryModel {
  const { header, body } = parseWeightsFile(bytes)
  const categories = readList(header, 'categories', (value): value is string => typeof value === 'string')
  const biases = readList(header, 'biases', (value): value is number => typeof value === 'number')
  if (body.length !== categories.length * categorySlots) throw new Error('a weights file of categories has the wrong length')
  return { categories, biases, scale: readNumber(header, 'scale'), weights: new Int8Array(body.buffer) }
}

/** The bytes of a model as `parseCategoryModel` reads them. */
export function formatCategoryModel({ categories, biases, scale, weights }: CategoryModel): Uint8Array {
  return formatWeightsFile({
    header: { categories, biases, scale },
    body: new Uint8Array(weights.buffer, weights.byteOffset, weights.length),
  })
}

/** The likeliest category of these features; the first one for a text without words. */
export function findCategory({ categories, biases, scale, weights }: CategoryModel, features: Uint16Array): string {
  let [best, bestScore] = [0, Number.NEGATIVE_INFINITY]
  for (const index of categories.keys()) {
    let sum = 0
    for (const slot of features) sum += weights[index * categorySlots + (slot % categorySlots)] ?? 0
    const score = (biases[index] ?? 0) + (sum * scale) / Math.sqrt(Math.max(1, features.length))
    if (score > bestScore) [best, bestScore] = [index, score]
  }
  return categories[best] ?? ''
}
