import { toRawScore } from '../../src/guardrails/linear-model.ts'
import type { CalibrationPoint, LinearModel } from '../../src/guardrails/linear-model.ts'
import type { GroupedExample } from './examples.ts'
import { fitLinear } from './fit-linear.ts'
import type { FitOptions } from './fit-linear.ts'

const folds = 5
/** Besides what calibrates, these are scored by models that had not seen their group, for the figures of the card. */
const measured = /^(own|more|mail|jailbreaks|deepset|gptfuzzer|bipia|strongreject|harmbench|openai) ?/
/** The shares of harmless texts at which the calibration is read. */
const shares = [
  0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998,
]

/** A model and what cross-validation says about it. */
export interface TrainedModel {
  readonly model: LinearModel
  /** Raw scores by models that had not seen the group of the text. */
  readonly held: readonly { readonly example: GroupedExample; readonly raw: number }[]
}

/** Trains on everything, and calibrates on harmless texts (`calibrates`) scored by models that had not seen their group. */
export function trainCalibrated(
  examples: readonly GroupedExample[],
  options: FitOptions,
  calibrates: (example: GroupedExample) => boolean,
): TrainedModel {
  const wanted = examples.filter((example) => calibrates(example) || measured.test(example.group))
  const held = [...Array.from({ length: folds }).keys()].flatMap((fold) => {
    const part = wanted.filter(({ group }) => foldOf(group) === fold)
    if (part.length === 0) return []
    const model = fitLinear(
      examples.filter(({ group }) => foldOf(group) !== fold),
      options,
    )
    return part.map((example) => ({ example, raw: toRawScore(model, options.toSlots(example)) }))
  })
  const harmless = held.filter(({ example }) => example.label === 0 && calibrates(example)).map(({ raw }) => raw)
  return { model: { ...fitLinear(examples, options), calibration: toPoints(harmless) }, held }
}

/** Points of the calibration from raw scores of harmless texts. */
export function toPoints(harmless: readonly number[]): readonly CalibrationPoint[] {
  const sorted = harmless.toSorted((one, other) => one - other)
  const points: CalibrationPoint[] = []
  for (const share of shares) {
    const raw = Number((sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(4))
    const before = points.at(-1)
    if (!before || raw > before[0]) points.push([raw, share])
  }
  const highest = (sorted.at(-1) ?? 0) + 1
  return [...points, [Number(highest.toFixed(4)), 1]]
}

/** Which of the five folds a group belongs to: by its name alone, so that new rows do not move old ones. */
function foldOf(group: string): number {
  let hash = 7
  for (let at = 0; at < group.length; at += 1) hash = Math.imul(hash, 31) + group.charCodeAt(at)
  return ((hash ^ (hash >>> 15)) >>> 0) % folds
}
