import { addConcepts } from '../../src/guardrails/concepts.ts'
import type { ConceptFinder } from '../../src/guardrails/concepts.ts'
import { extractFeatures } from '../../src/guardrails/features.ts'
import { countWords, extractInstructionFeatures } from '../../src/guardrails/instruction-features.ts'
import { normalise } from '../../src/guardrails/normalise.ts'
import { tokenise } from '../../src/guardrails/tokens.ts'
import type { Token } from '../../src/guardrails/tokens.ts'
import type { FitOptions } from './fit-linear.ts'

/** The words of a text as the rails see them in its plain reading, with where they stand. */
export function toTokens(text: string): readonly Token[] {
  const [plain] = normalise(text)
  return tokenise(plain?.lower ?? '')
}

/** The words of a text as the rails see them in its plain reading. */
export function toWords(text: string): readonly string[] {
  return toTokens(text).map(({ word }) => word)
}

/** The n-grams of a text in its plain reading; texts come again in every fold, so they are kept. */
export function createNgramReader(): FitOptions['toSlots'] {
  return remember(({ text }) => extractFeatures(toWords(text)))
}

/** The same with the ideas of `policies/lexicon/concepts.yaml`. */
export function createConceptReader(concepts: ConceptFinder): FitOptions['toSlots'] {
  return remember(({ text }) => {
    const tokens = toTokens(text)
    return addConcepts(extractFeatures(tokens.map(({ word }) => word)), concepts.find(tokens))
  })
}

/** Sentences with how they stand in their document. */
export function createSentenceReader(): FitOptions['toSlots'] {
  const documents = new Map<string, ReadonlyMap<string, number>>()
  return remember(({ text, place }) => {
    const document = place?.document ?? text
    const counts = documents.get(document) ?? countWords(toWords(document))
    documents.set(document, counts)
    const [plain] = normalise(text)
    const lower = plain?.lower ?? ''
    const words = tokenise(lower).map(({ word }) => word)
    return extractInstructionFeatures(lower, words, { counts, index: place?.index ?? 0, of: place?.of ?? 1 })
  })
}

function remember(read: FitOptions['toSlots']): FitOptions['toSlots'] {
  const known = new Map<string, Uint16Array>()
  return (example) => {
    const key = `${example.text}\0${String(example.place?.index)}\0${example.place?.document ?? ''}`
    const before = known.get(key)
    if (before) return before
    const slots = read(example)
    known.set(key, slots)
    return slots
  }
}
