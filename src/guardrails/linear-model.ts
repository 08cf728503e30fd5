import { featureCount } from './features.ts'

/**
 * A linear model over hashed n-grams. Its score is calibrated: the share of harmless texts of its own dev set that score
 * lower. A threshold of 0.98 therefore means "2 of 100 harmless texts would be stopped", whatever the model is.
 */
export interface LinearModel {
  readonly name: string
  readonly bias: number
  /** What one unit of an int8 weight is worth. */
  readonly scale: number
  readonly weights: Int8Array
  /** Raw scores, rising, and the calibrated score of each. */
  readonly calibration: readonly (readonly [raw: number, score: number])[]
}

const magic = 'AOLM'
const prefixBytes = 8

/** Reads a weights file: `AOLM`, the length of the header (uint32, little endian), the header as JSON, one int8 per feature. */
export function parseLinearModel(bytes: Uint8Array): LinearModel {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const isOurs = bytes.length > prefixBytes && new TextDecoder().decode(bytes.subarray(0, 4)) === magic
  if (!isOurs) throw new Error('not a weights file of the guardrails')
  const headerEnd = prefixBytes + view.getUint32(4, true)
  const weights = new Int8Array(bytes.slice(headerEnd).buffer)
  if (weights.length !== featureCount) throw new Error(`a weights file holds ${weights.length} weights instead of ${featureCount}`)
  const header: unknown = JSON.parse(new TextDecoder().decode(bytes.subarray(prefixBytes, headerEnd)))
  if (!isHeader(header)) throw new Error('the header of a weights file is damaged')
  return { ...header, weights }
}

/** The bytes of a model as `parseLinearModel` reads them; equal models give equal bytes. */
export function formatLinearModel({ name, bias, scale, calibration, weights }: LinearModel): Uint8Array {
  const header = new TextEncoder().encode(JSON.stringify({ name, bias, scale, calibration }))
  const bytes = new Uint8Array(prefixBytes + header.length + weights.length)
  bytes.set(new TextEncoder().encode(magic))
  new DataView(bytes.buffer).setUint32(4, header.length, true)
  bytes.set(header, prefixBytes)
  bytes.set(new Uint8Array(weights.buffer, weights.byteOffset, weights.length), prefixBytes + header.length)
  return bytes
}

/** The calibrated score of a text, 0 to 1. A text without words scores 0. */
export function scoreFeatures(model: LinearModel, features: Uint16Array): number {
  return features.length === 0 ? 0 : calibrate(model, toRawScore(model, features))
}

/** The sum before calibration: bias + weights of the features / root of their number. */
export function toRawScore({ bias, scale, weights }: LinearModel, features: Uint16Array): number {
  let sum = 0
  for (const slot of features) sum += weights[slot] ?? 0
  return bias + (sum * scale) / Math.sqrt(features.length)
}

function calibrate({ calibration }: LinearModel, raw: number): number {
  let [lowerRaw, lowerScore] = [Number.NEGATIVE_INFINITY, 0]
  for (const [upperRaw, upperScore] of calibration) {
    if (raw < upperRaw) {
      const isBelowAll = lowerRaw === Number.NEGATIVE_INFINITY
      return isBelowAll ? 0 : lowerScore + ((raw - lowerRaw) / (upperRaw - lowerRaw)) * (upperScore - lowerScore)
    }
    lowerRaw = upperRaw
    lowerScore = upperScore
  }
  return lowerScore
}

function isHeader(value: unknown): value is Omit<LinearModel, 'weights'> {
  if (typeof value !== 'object' || value === null) return false
  const { name, bias, scale, calibration } = value as Record<string, unknown>
  const isNumber = (given: unknown): boolean => typeof given === 'number' && Number.isFinite(given)
  const isPairs =
    Array.isArray(calibration) && calibration.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isNumber))
  return typeof name === 'string' && isNumber(bias) && isNumber(scale) && isPairs
}
