import { parseCategoryModel } from './category-model.ts'
import { compileConcepts, kidFeatureCount } from './concepts.ts'
import type { ConceptSource } from './concepts.ts'
import type { RailCheck } from './engine.ts'
import { createInjectionRail } from './injection-rail.ts'
import { createKidSafetyRail } from './kid-safety-rail.ts'
import { instructionFeatureCount } from './instruction-features.ts'
import { compileLexicon } from './lexicon.ts'
import type { LexiconSource } from './lexicon.ts'
import { parseLinearModel } from './linear-model.ts'
import { parseProfanityList } from './profanity-list.ts'
import { createToxicityRail } from './toxicity-rail.ts'
import { parseToxicityModel } from './toxicity-model.ts'

/** The files of `policies/lexicon/` and `policies/weights/`, read but not yet looked into. */
export interface LearnedData {
  readonly lexicons: Readonly<Record<'en' | 'de' | 'injection' | 'insults', LexiconSource>>
  /** `policies/lexicon/concepts.yaml`. */
  readonly concepts: ConceptSource
  readonly weights: Readonly<Record<WeightsName, Uint8Array>>
  /** Hosts that an answer for a child may link to. */
  readonly allowedHosts: readonly string[]
}

/** One file each, `<name>.bin`. */
export type WeightsName = 'injection' | 'instruction' | 'kid-unsafe' | 'kid-care' | 'kid-category' | 'toxicity' | 'profanity'

/** All weights files there are. */
export const weightsNames: readonly WeightsName[] = [
  'injection',
  'instruction',
  'kid-unsafe',
  'kid-care',
  'kid-category',
  'toxicity',
  'profanity',
]

/** The rails of injection, toxicity and kid safety, ready to check; throws if a file is damaged or a rule names no group. */
export function createLearnedRails({ lexicons, concepts, weights, allowedHosts }: LearnedData): readonly RailCheck[] {
  return [
    createInjectionRail({
      rules: compileLexicon(lexicons.injection),
      message: parseLinearModel(weights.injection),
      instruction: parseLinearModel(weights.instruction, instructionFeatureCount),
    }),
    createToxicityRail({
      model: parseToxicityModel(weights.toxicity),
      profanity: parseProfanityList(weights.profanity),
      insults: compileLexicon(lexicons.insults),
    }),
    createKidSafetyRail({
      lexicons: [compileLexicon(lexicons.en), compileLexicon(lexicons.de)],
      concepts: compileConcepts(concepts),
      unsafe: parseLinearModel(weights['kid-unsafe'], kidFeatureCount),
      care: parseLinearModel(weights['kid-care'], kidFeatureCount),
      category: parseCategoryModel(weights['kid-category']),
      allowedHosts: new Set(allowedHosts),
    }),
  ]
}
