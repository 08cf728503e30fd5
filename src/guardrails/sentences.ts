/** A sentence, a line or a cell of a table, with where it stands. */
export interface Sentence {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** Ends of sentences, lines and table cells; a point inside a number, a link or an abbreviation does not end one. */
const boundary = /[.!?]+["'”’)\]]*(?=\s|$)|[\n|;\t]+|\s{3,}/g
/** Around a sentence or cell. */
const separators = /^[\s|;]+|[\s|;]+$/g
/** A longer piece without any end is cut: it would dilute what stands in it. */
const longestSentence = 400
/** Beyond this the rest of a document counts as one more sentence each 400 characters. */
const mostSentences = 4000

/** The sentences and cells of a document, in order, without empty ones. */
export function splitSentences(text: string): readonly Sentence[] {
  const sentences: Sentence[] = []
  let start = 0
  for (const match of text.matchAll(boundary)) {
    const end = match.index + match[0].length
    addSentence(sentences, text, start, end)
    start = end
    if (sentences.length >= mostSentences) break
  }
  addSentence(sentences, text, start, text.length)
  return sentences
}

function addSentence(sentences: Sentence[], text: string, from: number, to: number): void {
  for (let start = from; start < to; start += longestSentence) {
    const piece = text.slice(start, Math.min(to, start + longestSentence))
    const trimmed = piece.replace(separators, '')
    if (trimmed.length < 2) continue
    const first = start + piece.indexOf(trimmed)
    sentences.push({ text: trimmed, start: first, end: first + trimmed.length })
  }
}
