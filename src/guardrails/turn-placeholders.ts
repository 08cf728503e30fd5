import type { RailVerdict } from '../contracts/rails.ts'
import { restorePlaceholders } from './pii/redaction.ts'

/** The placeholders of one turn: the same words have the same placeholder in everything the model reads, and come back in its reply. */
export interface TurnPlaceholders {
  /** The redacted text of a verdict, with this turn's placeholders; the text itself where nothing was redacted. */
  apply(text: string, verdict: Pick<RailVerdict, 'redacted' | 'placeholders'>): string
  restore(text: string): string
}

const placeholder = /\[([A-Z][A-Z_]{1,20})_\d{1,4}\]/gu

/** Empty at the start of a turn, forgotten at its end. */
export function createTurnPlaceholders(): TurnPlaceholders {
  const words = new Map<string, string>()
  const byWords = new Map<string, string>()
  const nameFor = (kind: string, original: string, text: string): string => {
    const key = `${kind} ${original.toLowerCase().replace(/\s+/gu, ' ')}`
    const known = byWords.get(key)
    if (known !== undefined) return known
    for (let count = 1; ; count += 1) {
      const name = `[${kind}_${String(count)}]`
      if (words.has(name) || text.includes(name)) continue
      words.set(name, original)
      byWords.set(key, name)
      return name
    }
  }
  return {
    apply(text, { redacted, placeholders }) {
      if (redacted === undefined) return text
      return redacted.replace(placeholder, (found, kind: string) => {
        const original = placeholders.get(found)
        return original === undefined ? found : nameFor(kind, original, text)
      })
    },
    restore: (text) => restorePlaceholders(text, words),
  }
}
