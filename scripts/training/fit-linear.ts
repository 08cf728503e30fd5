import { extractFeatures, featureCount } from '../../src/guardrails/features.ts'
import type { LinearModel } from '../../src/guardrails/linear-model.ts'
import { toWords } from './to-words.ts'
import { createRandom } from './random.ts'

/** A text as training sees it. `weight` says how much it counts; 1 unless a source would drown the others. */
export interface Example {
  readonly text: string
  readonly label: 0 | 1
  readonly weight: number
}

/** How a model is trained. */
export interface FitOptions {
  readonly epochs: number
  readonly learningRate: number
  readonly decay: number
}

interface Row {
  readonly slots: Uint16Array
  readonly label: 0 | 1
  readonly weight: number
}

const seed = 20_261_124
const mostInt8 = 127

/**
 * Logistic regression with AdaGrad over binary, idf-weighted features; both classes count the same in sum. The idf is
 * folded into the weights, which are then rounded to int8. Same examples in the same order, same model. Its calibration
 * is empty: see `calibrateModel`.
 */
export function fitLinear(examples: readonly Example[], { epochs, learningRate, decay }: FitOptions): LinearModel {
  const rows = balance(examples).map(({ text, label, weight }): Row => ({ slots: extractFeatures(toWords(text)), label, weight }))
  const idf = countIdf(rows)
  const weights = new Float64Array(featureCount)
  const squares = new Float64Array(featureCount).fill(1e-8)
  const random = createRandom(seed)
  const order = rows.map((_, index) => index)
  let bias = 0
  let biasSquares = 1e-8
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    shuffle(order, random)
    for (const index of order) {
      const row = rows[index]
      if (!row || row.slots.length === 0) continue
      const unit = 1 / Math.sqrt(row.slots.length)
      let raw = bias
      for (const slot of row.slots) raw += (weights[slot] ?? 0) * (idf[slot] ?? 0) * unit
      const slope = row.weight * (1 / (1 + Math.exp(-raw)) - row.label)
      for (const slot of row.slots) {
        const weight = weights[slot] ?? 0
        const step = slope * (idf[slot] ?? 0) * unit + decay * weight
        const square = (squares[slot] ?? 0) + step * step
        squares[slot] = square
        weights[slot] = weight - (learningRate * step) / Math.sqrt(square)
      }
      biasSquares += slope * slope
      bias -= (learningRate * slope) / Math.sqrt(biasSquares)
    }
  }
  return quantise(
    bias,
    weights.map((weight, slot) => weight * (idf[slot] ?? 0)),
  )
}

/** Scales the weights of the examples so that both classes have the same sum and the mean is 1. */
function balance(examples: readonly Example[]): readonly Example[] {
  const sums = [0, 0]
  for (const { label, weight } of examples) sums[label] = (sums[label] ?? 0) + weight
  return examples.map((example) => ({ ...example, weight: (example.weight * examples.length) / (2 * (sums[example.label] ?? 1)) }))
}

function countIdf(rows: readonly Row[]): Float64Array {
  const counts = new Float64Array(featureCount)
  for (const { slots } of rows) for (const slot of slots) counts[slot] = (counts[slot] ?? 0) + 1
  return counts.map((count) => (count === 0 ? 0 : Math.log((1 + rows.length) / (1 + count)) + 1))
}

/** The largest 1 in 1,000 weights are cut to the scale, so that the small ones keep their steps. */
function quantise(bias: number, weights: Float64Array): LinearModel {
  const sizes = weights.map(Math.abs).sort()
  const scale = Math.max(1e-9, sizes[Math.floor(sizes.length * 0.999)] ?? 1) / mostInt8
  const rounded = Int8Array.from(weights, (weight) => Math.max(-mostInt8, Math.min(mostInt8, Math.round(weight / scale))))
  return { bias, scale, weights: rounded, calibration: [] }
}

function shuffle(order: number[], random: () => number): void {
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1))
    const kept = order[last] ?? 0
    order[last] = order[other] ?? 0
    order[other] = kept
  }
}
