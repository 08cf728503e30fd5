import type { Locale } from '../contracts/household.ts'

const SENTENCE_END = /[.!?…]+(?:\s|$)|\n+/u
const WORD = /\p{L}[\p{L}\p{M}'’-]*/gu
const ENGLISH_VOWELS = /[aeiouy]+/gu
/** Each of these pairs is one sound; other neighbours, as in "Bauer" or "Radio", are two. */
const GERMAN_VOWELS = /aa|ee|oo|ie|ei|ai|ey|ay|eu|äu|au|[aeiouyäöü]/gu
/** "make", "makes" and "jumped" end silently, "table", "wishes" and "wanted" do not. */
const SILENT = /(?:(?<![^aeiouy]l)(?<=[^aeiouy])e|(?<=[^aeiouysxzcgh])es|(?<=[^aeiouytd])ed)$/u
/** A sentence or two say nothing of how hard a text is. */
const FEWEST_WORDS = 20
/** Both formulas answer with a year of school; in its first year a child is six. */
const FIRST_YEAR = 6
/** More than six letters make a word long for the German formula. */
const LONG_LETTERS = 7

/**
 * The age from which a text is read with ease, in years; undefined for texts of fewer than 20 words. English: Flesch-Kincaid grade
 * level (Kincaid, Fishburne, Rogers and Chissom, 1975); German: first Wiener Sachtextformel (Bamberger and Vanecek, 1984). Syllables
 * are counted by groups of vowels, which is right for about nine words in ten: enough to tell a text for children from one for
 * grown-ups, too coarse for a single year.
 */
export function readingAge(text: string, locale: Locale): number | undefined {
  const words = text.match(WORD) ?? []
  if (words.length < FEWEST_WORDS) return undefined
  const sentences = text.split(SENTENCE_END).filter((sentence) => /\p{L}/u.test(sentence)).length
  const perSentence = words.length / Math.max(1, sentences)
  const year = locale === 'en' ? englishYear(words, perSentence) : germanYear(words, perSentence)
  return FIRST_YEAR - 1 + year
}

function englishYear(words: readonly string[], perSentence: number): number {
  const syllables = words.reduce((sum, word) => sum + countSyllables(word, 'en'), 0)
  return 0.39 * perSentence + 11.8 * (syllables / words.length) - 15.59
}

function germanYear(words: readonly string[], perSentence: number): number {
  const percent = (test: (word: string) => boolean): number => (100 * words.filter(test).length) / words.length
  const threeAndMore = percent((word) => countSyllables(word, 'de') >= 3)
  const single = percent((word) => countSyllables(word, 'de') === 1)
  const long = percent((word) => word.length >= LONG_LETTERS)
  return 0.1935 * threeAndMore + 0.1672 * perSentence + 0.1297 * long - 0.0327 * single - 0.875
}

function countSyllables(word: string, locale: Locale): number {
  const lower = word.toLowerCase()
  const found = locale === 'en' ? lower.replace(SILENT, '').match(ENGLISH_VOWELS) : lower.match(GERMAN_VOWELS)
  return Math.max(1, found?.length ?? 0)
}
