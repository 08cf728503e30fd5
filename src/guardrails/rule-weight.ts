import type { Direction } from '../contracts/rails.ts'
import { findLanguage } from './language.ts'
import { matchLexicon } from './lexicon.ts'
import type { Lexicon, LexiconHit } from './lexicon.ts'
import type { Token } from './tokens.ts'

/** Rules of this category say that a text is about a game, a story, an animal … */
export const harmless = 'harmless'

/**
 * What rules add to the raw score of the models, chosen on rows that no rule was written from: a rule that is sure is
 * right in six of seven of its hits there, so a model that is certain of the opposite may still doubt it.
 */
const sureWeight = 2
const likelyWeight = 1
const harmlessWeight = -1

/** The rules of the language a text is in, and of all where that is not known. */
export function matchByLanguage(lexicons: readonly Lexicon[], tokens: readonly Token[], direction: Direction): readonly LexiconHit[] {
  const language = findLanguage(tokens)
  const fitting = lexicons.filter((lexicon) => lexicon.language === language)
  return (fitting.length > 0 ? fitting : lexicons).flatMap((lexicon) => matchLexicon(lexicon, tokens, direction))
}

/** What the rules that hold add to the raw score of the models. */
export function weighRules(hits: readonly LexiconHit[]): number {
  const against = hits.filter(({ rule }) => rule.category !== harmless)
  const calm = against.length < hits.length ? harmlessWeight : 0
  if (against.some(({ rule }) => rule.level === 'sure')) return sureWeight + calm
  return (against.length > 0 ? likelyWeight : 0) + calm
}
