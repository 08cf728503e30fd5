import type { ActingBand, Direction, Finding, RailInput, RailPolicy, Span } from '../contracts/rails.ts'
import { countWords, extractInstructionFeatures } from './instruction-features.ts'
import { matchLexicon } from './lexicon.ts'
import type { Lexicon, LexiconHit } from './lexicon.ts'
import { scoreFeatures } from './linear-model.ts'
import type { LinearModel } from './linear-model.ts'
import { readVariants } from './reading.ts'
import type { Reading } from './reading.ts'
import { splitSentences } from './sentences.ts'
import { originalSpan } from './variant.ts'
import type { Variant } from './variant.ts'
import { readWindows } from './windows.ts'

/** What the rail of injection needs. */
export interface InjectionResources {
  /** `policies/lexicon/injection.yaml`. */
  readonly rules: Lexicon
  /** For messages: does this text take the assistant away from its instructions? */
  readonly message: LinearModel
  /** For sentences from outside: does this sentence instruct the assistant? */
  readonly instruction: LinearModel
}

/** A rule for the judge scores this much: above every `judge_from`, below every `act_from` of injection in the shipped policies. */
export const likelyScore = 0.96
/** In a window of a long text only what is nearly certain counts, because there are many windows. */
const windowFloor = 0.998
/** "yes", "hello" and "who are you" are too little for the model; what three words can do, the rules know. */
const fewestMessageWords = 4
/** Bare questions and short orders are only taken for instructions where the document is not made of them. */
const fewestSentenceWords = 4

/** The rail of injection: messages by rules and one model, documents from outside sentence by sentence. */
export function createInjectionRail(
  resources: InjectionResources,
): (variants: readonly Variant[], input: RailInput, policy: RailPolicy) => readonly Finding[] {
  return (variants, input, policy) => {
    if (input.direction === 'out') return []
    const found =
      input.direction === 'tool' ? checkDocument(resources, variants, input.text) : checkMessage(resources, variants, input.text)
    return found.flatMap((finding) => decide(finding, policy.injection[input.direction]))
  }
}

type Candidate = Omit<Finding, 'action'>

/** A band that never acts still reports what is nearly certain, so that it is counted and shown. */
function decide(finding: Candidate, band: ActingBand): readonly Finding[] {
  if (finding.score >= band.actFrom) return [{ ...finding, action: band.action }]
  if (finding.score >= band.judgeFrom) return [{ ...finding, action: 'ask-judge' }]
  return finding.score >= likelyScore ? [{ ...finding, action: 'allow' }] : []
}

function checkMessage({ rules, message }: InjectionResources, variants: readonly Variant[], text: string): readonly Candidate[] {
  const found: Candidate[] = []
  for (const reading of readVariants(variants)) {
    found.push(...matchRules(rules, reading, { directions: ['in'], text }))
    const score = scoreMessage(message, reading)
    if (score > 0) found.push({ rail: 'injection', category: 'override', score, variant: reading.variant.name, spans: [] })
  }
  return keepBest(found)
}

interface RuleScope {
  readonly directions: readonly Direction[]
  readonly text: string
}

function matchRules(rules: Lexicon, reading: Reading, { directions, text }: RuleScope): readonly Candidate[] {
  return matchLexicon(rules, reading.tokens, ...directions).map((hit) => {
    const { category, level } = hit.rule
    const spans = spanOf(reading, hit, { type: category, text })
    return { rail: 'injection', category, score: level === 'sure' ? 1 : likelyScore, variant: reading.variant.name, spans }
  })
}

function scoreMessage(model: LinearModel, reading: Reading): number {
  if (reading.tokens.length < fewestMessageWords) return 0
  let best = scoreFeatures(model, reading.features)
  for (const { features } of readWindows(reading)) {
    const score = scoreFeatures(model, features)
    if (score >= windowFloor && score > best) best = score
  }
  return best
}

/** Rules over the whole text; the model over each sentence and cell. Every finding stays: each sentence is put aside on its own. */
function checkDocument({ rules, instruction }: InjectionResources, variants: readonly Variant[], text: string): readonly Candidate[] {
  const found: Candidate[] = []
  for (const reading of readVariants(variants)) {
    found.push(...matchRules(rules, reading, { directions: ['in', 'tool'], text }))
    const { variant } = reading
    const counts = countWords(reading.tokens.map(({ word }) => word))
    const sentences = splitSentences(variant.lower)
    let next = 0
    for (const [index, sentence] of sentences.entries()) {
      const words: string[] = []
      for (let token = reading.tokens[next]; token && token.start < sentence.end; token = reading.tokens[next]) {
        if (token.start >= sentence.start) words.push(token.word)
        next += 1
      }
      if (words.length < fewestSentenceWords) continue
      const score = scoreFeatures(instruction, extractInstructionFeatures(sentence.text, words, { counts, index, of: sentences.length }))
      if (score === 0) continue
      const spans = place(variant, sentence.start, sentence.end, { type: 'instruction', text })
      found.push({ rail: 'injection', category: 'instruction', score, variant: variant.name, spans })
    }
  }
  return found
}

/** The highest score of each category and variant is enough for a message: it is stopped as a whole. */
function keepBest(found: readonly Candidate[]): readonly Candidate[] {
  const best = new Map<string, Candidate>()
  for (const candidate of found) {
    const before = best.get(candidate.category)
    if (!before || candidate.score > before.score) best.set(candidate.category, candidate)
  }
  return [...best.values()]
}

interface Where {
  readonly type: string
  /** As it was given. */
  readonly text: string
}

function spanOf({ variant, tokens }: Reading, { first, last }: LexiconHit, at: Where): readonly Span[] {
  const [from, to] = [tokens[first], tokens[last]]
  return from && to ? place(variant, from.start, to.end, at) : []
}

function place(variant: Variant, start: number, end: number, at: Where): readonly Span[] {
  return [{ type: at.type, ...originalSpan(variant, start, end, at.text) }]
}
