import type { Locale } from '../contracts/household.ts'

const SENTENCE_END = /[.!?…]+(?:\s|$)|\n+/u
const WORD = /\p{L}[\p{L}\p{M}'’-]*/gu
const VOWELS: Readonly<Record<Locale, RegExp>> = { en: /[aeiouy]+/gu, de: /(?:ie|ei|ai|eu|äu|au|[aeiouyäöü])/gu }
/** A sentence or two say nothing of how hard a text is. */
const FEWEST_WORDS = 20
/** Children begin to read at about six. */
const SCHOOL_AGE = 6

/**
 * The age from which a text is read with ease, in years; undefined for texts too short to tell. English: Flesch-Kincaid grade level
 * (Kincaid and others, 1975); German: first Wiener Sachtextformel (Bamberger and Vanecek, 1984). Syllables are counted by groups of
 * vowels, which is right for about nine words in ten.
 */
export function readingAge(text: string, locale: Locale): number | undefined {
  const words = text.match(WORD) ?? []
  if (words.length < FEWEST_WORDS) return undefined
  const sentences = text.split(SENTENCE_END).filter((sentence) => /\p{L}/u.test(sentence)).length
  const perSentence = words.length / Math.max(1, sentences)
  const syllables = words.map((word) => syllablesIn(word, locale))
  if (locale === 'en') {
    const perWord = syllables.reduce((sum, count) => sum + count, 0) / words.length
    return SCHOOL_AGE - 1 + (0.39 * perSentence + 11.8 * perWord - 15.59)
  }
  const share = (test: (word: string, index: number) => boolean): number => (100 * words.filter(test).length) / words.length
  const threeAndMore = share((_, index) => (syllables[index] ?? 0) >= 3)
  const single = share((_, index) => syllables[index] === 1)
  const long = share((word) => word.length > 6)
  return SCHOOL_AGE - 1 + (0.1935 * threeAndMore + 0.1672 * perSentence + 0.1297 * long - 0.0327 * single - 0.875)
}

function syllablesIn(word: string, locale: Locale): number {
  const lower = word.toLowerCase()
  // a silent e at the end of an English word
  const spoken = locale === 'en' ? lower.replace(/(?<=[^aeiouyl])e$/u, '') : lower
  return Math.max(1, (spoken.match(VOWELS[locale]) ?? []).length)
}
