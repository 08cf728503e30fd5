import { extractFeatures } from './features.ts'
import type { Reading } from './reading.ts'

/** Words of a window, and of the step to the next: each stretch of 30 words stands whole in one of them. */
const windowWords = 60
const stepWords = 30
/** Up to so many words a text is its own window. */
export const shortText = 90
/** Beyond this windows no longer overlap: a message of 64 KiB must stay below 50 ms. */
const longText = 2000

/** Words [first, end) of a long text. */
export interface TextWindow {
  readonly first: number
  readonly end: number
  readonly features: Uint16Array
}

/** Two rails ask for the same windows. */
const known = new WeakMap<Reading, readonly TextWindow[]>()

/**
 * Overlapping windows of a long text, none for a short one. A few bad lines inside a long harmless text
 * weigh little in the whole; in their window they weigh all.
 */
export function readWindows(reading: Reading): readonly TextWindow[] {
  const { tokens } = reading
  if (tokens.length <= shortText) return []
  const before = known.get(reading)
  if (before) return before
  const windows: TextWindow[] = []
  const step = tokens.length > longText ? windowWords : stepWords
  for (let start = 0; start < tokens.length; start += step) {
    const end = Math.min(tokens.length, start + windowWords)
    windows.push({ first: start, end, features: extractFeatures(tokens.slice(start, end).map(({ word }) => word)) })
    if (start + windowWords >= tokens.length) break
  }
  known.set(reading, windows)
  return windows
}
