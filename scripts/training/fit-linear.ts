import type { LinearModel } from '../../src/guardrails/linear-model.ts'
import { createRandom } from './random.ts'

/** A text as training sees it. `weight` says how much it counts; 1 unless a source would drown the others. */
export interface Example {
  readonly text: string
  readonly label: 0 | 1
  readonly weight: number
  /** Of a sentence: the document it stands in. */
  readonly place?: SentencePlace
}

/** A sentence's document, and the how manyth sentence it is. */
export interface SentencePlace {
  readonly document: string
  readonly index: number
  readonly of: number
}

/** How a model is trained. */
export interface FitOptions {
  readonly epochs: number
  readonly learningRate: number
  /** The last so many epochs are averaged: a single one leans to the texts it saw last. */
  readonly averagedEpochs: number
  /** The share of features that is left out at each step, so that none relies on its neighbours. */
  readonly dropout: number
  /** The distinct slots of a text, as the rails will make them, and how many there are. */
  readonly toSlots: (example: Pick<Example, 'text' | 'place'>) => Uint16Array
  readonly slotCount: number
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
 * is empty: see `trainCalibrated`.
 */
export function fitLinear(examples: readonly Example[], options: FitOptions): LinearModel {
  const { epochs, learningRate, averagedEpochs, dropout, toSlots, slotCount } = options
  const rows = balance(examples).map((example): Row => ({ slots: toSlots(example), label: example.label, weight: example.weight }))
  const idf = countIdf(rows, slotCount)
  const state: State = { weights: new Float64Array(slotCount), squares: new Float64Array(slotCount).fill(1e-8), bias: 0, biasSquares: 1e-8 }
  const sum = new Float64Array(slotCount)
  let biasSum = 0
  const random = createRandom(seed)
  const order = rows.map((_, index) => index)
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    shuffle(order, random)
    for (const index of order) {
      const row = rows[index]
      if (!row) continue
      const slots = dropout === 0 ? row.slots : row.slots.filter(() => random() >= dropout)
      if (slots.length > 0) takeStep(state, { ...row, slots }, { idf, learningRate })
    }
    if (epoch < epochs - averagedEpochs) continue
    biasSum += state.bias
    for (const [slot, weight] of state.weights.entries()) sum[slot] = (sum[slot] ?? 0) + weight
  }
  return quantise(
    biasSum / averagedEpochs,
    sum.map((weight, slot) => (weight / averagedEpochs) * (idf[slot] ?? 0)),
  )
}

interface State {
  readonly weights: Float64Array
  readonly squares: Float64Array
  bias: number
  biasSquares: number
}

function takeStep(
  state: State,
  { slots, label, weight: rowWeight }: Row,
  { idf, learningRate }: { readonly idf: Float64Array; readonly learningRate: number },
): void {
  const { weights, squares } = state
  const unit = 1 / Math.sqrt(slots.length)
  let raw = state.bias
  for (const slot of slots) raw += (weights[slot] ?? 0) * (idf[slot] ?? 0) * unit
  const slope = rowWeight * (1 / (1 + Math.exp(-raw)) - label)
  for (const slot of slots) {
    const step = slope * (idf[slot] ?? 0) * unit
    const square = (squares[slot] ?? 0) + step * step
    squares[slot] = square
    weights[slot] = (weights[slot] ?? 0) - (learningRate * step) / Math.sqrt(square)
  }
  state.biasSquares += slope * slope
  state.bias -= (learningRate * slope) / Math.sqrt(state.biasSquares)
}

/** Scales the weights of the examples so that both classes have the same sum and the mean is 1. */
function balance(examples: readonly Example[]): readonly Example[] {
  const sums = [0, 0]
  for (const { label, weight } of examples) sums[label] = (sums[label] ?? 0) + weight
  return examples.map((example) => ({ ...example, weight: (example.weight * examples.length) / (2 * (sums[example.label] ?? 1)) }))
}

function countIdf(rows: readonly Row[], slotCount: number): Float64Array {
  const counts = new Float64Array(slotCount)
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
