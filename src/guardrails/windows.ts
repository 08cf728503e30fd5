import { extractFeatures } from './features.ts'
import type { Reading } from './reading.ts'

/** Words of a window, and of the step to the next: each stretch of 30 words stands whole in one of them. */
const windowWords = 60
const stepWords = 30
/** Up to here the text is its own window. */
const shortText = 90

/**
 * The features of overlapping windows of a long text, none for a short one. A few bad lines inside a long harmless text
 * weigh little in the whole; in their window they weigh all.
 */
export function readWindows({ tokens }: Reading): readonly Uint16Array[] {
  if (tokens.length <= shortText) return []
  const windows: Uint16Array[] = []
  for (let start = 0; start < tokens.length; start += stepWords) {
    windows.push(extractFeatures(tokens.slice(start, start + windowWords).map(({ word }) => word)))
    if (start + windowWords >= tokens.length) break
  }
  return windows
}
