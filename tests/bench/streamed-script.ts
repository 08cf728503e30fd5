import type { Script } from '../fakes/upstream-script.ts'

const CHUNKS = 60
const CHUNK_MS = 50
/** The first sentence ends with this piece, counted from 1. */
const FIRST_SENTENCE_CHUNKS = 6

/** Sixty pieces in three seconds, one every 50 ms; sentences of six pieces, as a model writes them: the blank comes with the next word. */
const streamedPieces: readonly string[] = Array.from({ length: CHUNKS }, (_, index) => {
  const word = `word${String(index + 1)}`
  const isEnd = (index + 1) % FIRST_SENTENCE_CHUNKS === 0
  return `${index === 0 ? '' : ' '}${word}${isEnd ? '.' : ''}`
})

export const firstSentence = streamedPieces.slice(0, FIRST_SENTENCE_CHUNKS).join('')

export const streamedScript: Script = {
  kind: 'text',
  text: streamedPieces.join(''),
  chunks: streamedPieces,
  firstDelayMs: CHUNK_MS,
  chunkDelayMs: CHUNK_MS,
}

/** When the upstream sent the last character of the text that was shown; the mark that more is coming is not its text. */
export function emittedAt(chunks: readonly { readonly at: number; readonly text: string }[], shown: string): number {
  const length = shown.replace(/\s*…$/u, '').length
  let sent = 0
  for (const chunk of chunks) {
    sent += chunk.text.length
    if (sent >= length) return chunk.at
  }
  return Number.NaN
}
