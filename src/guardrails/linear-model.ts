import { featureCount } from './features.ts'
import { formatWeightsFile, parseWeightsFile, readList, readNumber } from './weights-file.ts'

/** A raw score and the calibrated score it stands for. */
export type CalibrationPoint = readonly [raw: number, score: number]

/**
 * A linear model over hashed n-grams. Its score is calibrated: the share of harmless texts of its own dev set that score
 * lower. A threshold of 0.98 therefore means "2 of 100 harmless texts would be stopped", whatever the model is.
 */
export interface LinearModel {
  readonly bias: number
  /** What one unit of an int8 weight is worth. */
  readonly scale: number
  readonly weights: Int8Array
  /** Rising. */
  readonly calibration: readonly CalibrationPoint[]
}

/** Reads the weights file of a model of so many weights; throws if it is damaged. */
export function parseLinearModel(bytes: Uint8Array, slotCount: number = featureCount): LinearModel {
  const { header, body } = parseWeightsFile(bytes)
  if (body.length !== slotCount) throw new Error(`a weights file holds ${body.length} weights instead of ${slotCount}`)
  const calibration = readList(header, 'calibration', isPoint)
  return { bias: readNumber(header, 'bias'), scale: readNumber(header, 'scale'), weights: new Int8Array(body.buffer), calibration }
}

/** The bytes of a model as `parseLinearModel` reads them; equal models give equal bytes. */
export function formatLinearModel({ bias, scale, calibration, weights }: LinearModel): Uint8Array {
  return formatWeightsFile({
    header: { bias, scale, calibration },
    body: new Uint8Array(weights.buffer, weights.byteOffset, weights.length),
  })
}

/** The calibrated score of a text, 0 to 1. A text without words scores 0. */
export function scoreFeatures(model: LinearModel, features: Uint16Array): number {
  return features.length === 0 ? 0 : calibrate(model.calibration, toRawScore(model, features))
}

/** The sum before calibration: bias + weights of the features / root of their number. */
export function toRawScore({ bias, scale, weights }: Omit<LinearModel, 'calibration'>, features: Uint16Array): number {
  let sum = 0
  for (const slot of features) sum += weights[slot] ?? 0
  return bias + (sum * scale) / Math.sqrt(Math.max(1, features.length))
}

/** The score that a raw score stands for. */
export function calibrate(points: readonly CalibrationPoint[], raw: number): number {
  let before: CalibrationPoint | undefined
  for (const point of points) {
    if (raw < point[0]) {
      if (!before) return 0
      return before[1] + ((raw - before[0]) / (point[0] - before[0])) * (point[1] - before[1])
    }
    before = point
  }
  return before?.[1] ?? 0
}

function isPoint(value: unknown): value is CalibrationPoint {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'number' && Number.isFinite(part))
}
