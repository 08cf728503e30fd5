import { categorySlots } from '../../src/guardrails/category-model.ts'
import type { CategoryModel } from '../../src/guardrails/category-model.ts'
import { extractFeatures } from '../../src/guardrails/features.ts'
import type { GroupedExample } from './examples.ts'
import { createRandom } from './random.ts'
import { toWords } from './to-words.ts'

const epochs = 6
const learningRate = 0.1
const seed = 77

/** Softmax regression over folded slots: which category an unsafe text belongs to. */
export function fitCategories(examples: readonly GroupedExample[]): CategoryModel {
  const categories = [...new Set(examples.map(({ category }) => category))].toSorted()
  const counts = categories.map((category) => examples.filter((example) => example.category === category).length)
  const rows = examples.map(({ text, category }) => ({
    slots: extractFeatures(toWords(text)),
    index: categories.indexOf(category),
  }))
  const weights = new Float64Array(categories.length * categorySlots)
  const squares = new Float64Array(weights.length).fill(1e-8)
  const biases = categories.map(() => 0)
  const random = createRandom(seed)
  for (let round = 0; round < epochs * rows.length; round += 1) {
    const row = rows[Math.floor(random() * rows.length)]
    if (!row || row.slots.length === 0) continue
    const unit = 1 / Math.sqrt(row.slots.length)
    const chances = toChances(categories.map((_, index) => (biases[index] ?? 0) + sumOf(weights, row.slots, index) * unit))
    const share = examples.length / (categories.length * (counts[row.index] ?? 1))
    for (const index of categories.keys()) {
      const slope = share * ((chances[index] ?? 0) - (index === row.index ? 1 : 0))
      biases[index] = (biases[index] ?? 0) - 0.01 * slope
      for (const slot of row.slots) {
        const at = index * categorySlots + (slot % categorySlots)
        const step = slope * unit
        squares[at] = (squares[at] ?? 0) + step * step
        weights[at] = (weights[at] ?? 0) - (learningRate * step) / Math.sqrt(squares[at] ?? 1)
      }
    }
  }
  const scale = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0) / 127
  return {
    categories,
    biases: biases.map((bias) => Number(bias.toFixed(5))),
    scale,
    weights: Int8Array.from(weights, (weight) => Math.round(weight / scale)),
  }
}

/** Softmax. */
function toChances(raw: readonly number[]): readonly number[] {
  const highest = Math.max(...raw)
  const powers = raw.map((value) => Math.exp(value - highest))
  const total = powers.reduce((sum, value) => sum + value, 0)
  return powers.map((power) => power / total)
}

function sumOf(weights: Float64Array, slots: Uint16Array, index: number): number {
  let sum = 0
  for (const slot of slots) sum += weights[index * categorySlots + (slot % categorySlots)] ?? 0
  return sum
}
